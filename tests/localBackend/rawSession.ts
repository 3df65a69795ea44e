import { randomUUID } from "node:crypto";
import { WebSocket } from "ws";
import type { LocalBackend } from "../../scripts/localBackend";
import { Updates } from "./support";

export interface ServerMessage {
  type: string;
  requestId?: number;
  [field: string]: unknown;
}

/** A WebSocket that sends what a test gives it, and keeps what the backend answers. */
export class RawSession {
  readonly answers = new Updates<ServerMessage>();
  readonly closed: Promise<void>;

  private constructor(private readonly socket: WebSocket) {
    socket.on("message", (data: Buffer) => {
      this.answers.push(JSON.parse(data.toString()) as ServerMessage); // what our backend sends
    });
    socket.on("error", () => undefined);
    this.closed = new Promise((resolve) => socket.once("close", () => resolve()));
  }

  static async open(backend: LocalBackend): Promise<RawSession> {
    const socket = new WebSocket(syncUrl(backend));
    const session = new RawSession(socket);
    await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
    return session;
  }

  send(...messages: unknown[]): void {
    for (const message of messages) this.sendText(JSON.stringify(message));
  }

  sendText(text: string | Buffer): void {
    this.socket.send(text);
  }

  connect(sessionId: string = randomUUID(), fields: Record<string, unknown> = {}): void {
    this.send({ type: "Connect", sessionId, connectionCount: 0, lastCloseReason: null, ...fields });
  }

  /** The response to a mutation or an action. */
  async response(requestId: number): Promise<ServerMessage> {
    return await this.answers.until((message) => message.requestId === requestId);
  }

  drop(): void {
    this.socket.terminate();
  }
}

export function syncUrl(backend: LocalBackend): string {
  return `${backend.url.replace("http", "ws")}/api/1.48.0/sync`;
}

export function signIn(baseVersion: number, value: string) {
  return { type: "Authenticate", tokenType: "User", baseVersion, value };
}

export function call(
  type: "Mutation" | "Action",
  requestId: number,
  udfPath: string,
  args: Record<string, unknown> = {},
) {
  return { type, requestId, udfPath, args: [args] };
}
