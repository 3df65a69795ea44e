import type { Server } from "node:http";
import { WebSocketServer, type WebSocket } from "ws";
import { identify, type Backend } from "./backend";
import { parseClientMessage } from "./syncProtocol";
import { SyncSession, type MutationMemory } from "./syncSession";

const PING_INTERVAL_MS = 15_000;
const MAX_MESSAGE_BYTES = 20 * 2 ** 20;

/** Convex's sync protocol over WebSocket: what `ConvexClient` and `ConvexReactClient` speak. */
export function attachSync(server: Server, backend: Backend): () => void {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES });
  const memory: MutationMemory = new Map();
  server.on("upgrade", (request, socket, head) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    if (!/^\/api\/[^/]+\/sync$/.test(pathname)) {
      socket.destroy();
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      openSession(webSocket, backend, memory);
    });
  });
  const ping = setInterval(() => {
    for (const socket of sockets.clients) socket.send(JSON.stringify({ type: "Ping" }));
  }, PING_INTERVAL_MS);
  return () => {
    clearInterval(ping);
    for (const socket of sockets.clients) socket.terminate();
    sockets.close();
  };
}

function openSession(socket: WebSocket, backend: Backend, memory: MutationMemory): void {
  const session = new SyncSession(
    backend,
    (credentials) => identify(backend, credentials),
    memory,
    (message) => {
      if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message));
    },
    () => socket.close(),
  );
  socket.on("message", (data: Buffer) => {
    try {
      session.receive(parseClientMessage(data.toString("utf8")));
    } catch (error) {
      session.fail(error instanceof Error ? error.message : String(error));
    }
  });
  socket.on("close", () => session.close());
  socket.on("error", () => session.close());
}
