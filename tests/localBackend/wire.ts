import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, expect } from "vitest";
import type { LocalBackend } from "../../scripts/localBackend";
import { api } from "../fixtures/rulesConvex/_generated/api";
import { makeBackend, syncClient, Updates } from "./support";

const CONVEX_DIRECTORY = join(import.meta.dirname, "../fixtures/rulesConvex");

export async function makeRulesBackend(
  options: Parameters<typeof makeBackend>[0] = {},
): Promise<LocalBackend> {
  return await makeBackend({ convexDirectory: CONVEX_DIRECTORY, ...options });
}

/** Fails each test of a file in which an error stays uncaught: it would have ended the process. */
export function noteUncaughtErrors(): void {
  const uncaught: unknown[] = [];
  const note = (error: unknown) => uncaught.push(error);
  beforeEach(() => {
    process.on("uncaughtException", note).on("unhandledRejection", note);
  });
  afterEach(() => {
    process.off("uncaughtException", note).off("unhandledRejection", note);
    expect(uncaught.splice(0)).toEqual([]);
  });
}

/** A well-behaved client is served in full. */
export async function expectService(backend: LocalBackend): Promise<void> {
  const client = syncClient(backend, "ann");
  const updates = new Updates<string[]>();
  const text = randomBytes(4).toString("hex");
  client.onUpdate(api.calls.list, {}, updates.push);
  await client.mutation(api.calls.note, { text });
  await updates.until((notes) => notes.includes(`ann: ${text}`));
  await client.close();
}

export async function openTcp(url: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

/** Everything the backend sends before it ends the connection. */
export async function exchange(url: string, request: string | Buffer): Promise<string> {
  const socket = await openTcp(url);
  const parts: Buffer[] = [];
  socket.on("data", (part: Buffer) => parts.push(part));
  const closed = once(socket, "close");
  socket.write(request);
  await closed;
  return Buffer.concat(parts).toString("latin1");
}
