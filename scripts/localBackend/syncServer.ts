import { STATUS_CODES, type IncomingMessage, type Server } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer, type RawData, type WebSocket } from "ws";
import { identify, type Backend } from "./backend";
import { HttpError, pathOf, requireOrigin } from "./httpRequests";
import { MutationMemory } from "./mutationMemory";
import type { OriginPolicy } from "./origins";
import { parseClientMessage, ProtocolError } from "./syncProtocol";
import { SyncSession } from "./syncSession";

const PING_INTERVAL_MS = 15_000;
const MAX_MESSAGE_BYTES = 20 * 2 ** 20;
/** A client that reads nothing while this much waits for it is cut off. */
const MAX_UNREAD_BYTES = 64 * 2 ** 20;

/** Convex's sync protocol over WebSocket: what `ConvexClient` and `ConvexReactClient` speak. */
export function attachSync(server: Server, backend: Backend, policy: OriginPolicy): () => void {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES });
  const memory = new MutationMemory();
  server.on("upgrade", (request, socket, head) => {
    // A client may go away at any time: its session ends by the event "close".
    socket.on("error", () => socket.destroy());
    const refusal = refusalOf(policy, request);
    if (refusal !== null) {
      refuse(socket, refusal);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      openSession(webSocket, backend, memory);
    });
  });
  const ping = setInterval(() => {
    for (const socket of sockets.clients) sendTo(socket, { type: "Ping" });
  }, PING_INTERVAL_MS);
  return () => {
    clearInterval(ping);
    for (const socket of sockets.clients) socket.terminate();
    sockets.close();
  };
}

function refusalOf(policy: OriginPolicy, request: IncomingMessage): HttpError | null {
  try {
    requireOrigin(policy, request);
    if (/^\/api\/[^/]+\/sync$/.test(pathOf(request))) return null;
    return new HttpError(404, "NotFound", "The WebSocket is at /api/VERSION/sync.");
  } catch (error) {
    if (error instanceof HttpError) return error;
    throw error;
  }
}

function refuse(socket: Duplex, { status, message }: HttpError): void {
  socket.end(
    `HTTP/1.1 ${String(status)} ${STATUS_CODES[status] ?? ""}\r\n` +
      "Connection: close\r\nContent-Type: text/plain; charset=utf-8\r\n" +
      `Content-Length: ${String(Buffer.byteLength(message))}\r\n\r\n${message}`,
  );
}

function openSession(socket: WebSocket, backend: Backend, memory: MutationMemory): void {
  const session = new SyncSession(
    backend,
    (credentials) => identify(backend, credentials),
    memory,
    (message) => sendTo(socket, message),
    () => socket.close(),
  );
  socket.on("message", (data, isBinary) => {
    try {
      session.receive(parseClientMessage(textOf(data, isBinary)));
    } catch (error) {
      session.fail(error instanceof Error ? error.message : String(error));
    }
  });
  socket.on("close", () => session.close());
  // Malformed frames: "close" follows.
  socket.on("error", () => session.close());
}

function textOf(data: RawData, isBinary: boolean): string {
  if (isBinary) throw new ProtocolError("Unexpected binary message on websocket");
  return (data as Buffer).toString("utf8"); // the type of binaryType "nodebuffer", the default
}

function sendTo(socket: WebSocket, message: unknown): void {
  if (socket.readyState !== socket.OPEN) return;
  if (socket.bufferedAmount > MAX_UNREAD_BYTES) socket.terminate();
  else socket.send(JSON.stringify(message));
}
