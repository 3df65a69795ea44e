import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { CommandError } from "../console/commandError";
import { authEnvironment, DEVELOPMENT_ISSUER, developmentKey, signToken } from "./auth";
import { startBackend } from "./backend";
import type { Engine } from "./engine";
import { serveApi } from "./httpServer";
import { OriginPolicy } from "./origins";
import { serveSite } from "./siteServer";
import { attachSync } from "./syncServer";

const ROOT = join(import.meta.dirname, "../..");
const HOST = "127.0.0.1";

export { DEVELOPMENT_ISSUER };

export interface LocalBackendOptions {
  /** 0, the default, takes any free port; the site port is then another one, else the next. */
  port?: number;
  /** The modules to run; this project's by default. */
  convexDirectory?: string;
  /** Where the development key is kept. */
  stateDirectory?: string;
  adminKey?: string;
  /** Whether cron jobs run. */
  withCrons?: boolean;
  /** Origins of web pages that may use it, besides those on this machine. */
  origins?: readonly string[];
  /** Takes each line that functions log. */
  onLog?: (line: string) => void;
}

export interface LocalBackend {
  /** Of Convex's API and sync protocol. */
  url: string;
  /** Of HTTP actions. */
  siteUrl: string;
  adminKey: string;
  /** What runs behind it, for measurements from the same process. */
  engine: Engine;
  /** A sign-in token for a user id. */
  mintToken: (userId: string, claims?: Record<string, unknown>) => Promise<string>;
  close: () => Promise<void>;
}

/**
 * Runs the Convex modules in this process, in memory, for development and tests: see the README
 * beside this file. Listens on this machine only.
 *
 * @throws PortTaken, AuthConfigError
 */
export async function startLocalBackend(options: LocalBackendOptions = {}): Promise<LocalBackend> {
  const { port = 0, stateDirectory = defaultStateDirectory() } = options;
  const key = await developmentKey(stateDirectory);
  const servers = [createServer(answerStarting), createServer(answerStarting)] as const;
  const [api, site] = servers;
  const close = async () => await Promise.all(servers.map(closeServer));
  try {
    const url = await listen(api, port);
    const siteUrl = await listen(site, port === 0 ? 0 : port + 1);
    // Convex sets the addresses on every deployment. convex/auth.config.ts and convex/userId.ts
    // read that of the site: Convex Auth signs its tokens as it.
    const addresses = { CONVEX_CLOUD_URL: url, CONVEX_SITE_URL: siteUrl };
    Object.assign(process.env, authEnvironment(key), addresses);
    const backend = await startBackend({
      convexDirectory: options.convexDirectory ?? join(ROOT, "convex"),
      adminKey: options.adminKey ?? `local|${randomBytes(24).toString("hex")}`,
      withCrons: options.withCrons ?? true,
      onLog: options.onLog ?? (() => undefined),
    });
    for (const server of servers) server.off("request", answerStarting);
    const policy = new OriginPolicy(options.origins);
    serveApi(api, backend, policy);
    serveSite(site, backend, policy);
    const closeSync = attachSync(api, backend, policy);
    return {
      url,
      siteUrl,
      adminKey: backend.adminKey,
      engine: backend.engine,
      mintToken: (userId, claims = {}) => signToken(key, userId, claims),
      close: async () => {
        closeSync();
        await close();
        await backend.stop();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function answerStarting(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(503).end("The local backend is starting.");
}

/** A sign-in token for a user id, signed with the development key. */
export async function mintToken(
  userId: string,
  claims: Record<string, unknown> = {},
  ttlSeconds?: number,
): Promise<string> {
  return await signToken(await developmentKey(defaultStateDirectory()), userId, claims, ttlSeconds);
}

/** The full id of a user whom `mintToken` signs in. */
export function developmentUserId(subject: string): string {
  return `${DEVELOPMENT_ISSUER}|${subject}`;
}

function defaultStateDirectory(): string {
  return join(ROOT, ".convex/local-backend");
}

/** Something else listens on a port that the local backend should. */
export class PortTaken extends CommandError {
  override name = "PortTaken";
}

async function listen(server: Server, port: number): Promise<string> {
  server.listen(port, HOST);
  try {
    await once(server, "listening");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException; // as servers report them
    if (code !== "EADDRINUSE") throw error;
    throw new PortTaken(`${message}. Choose another port with --port, or stop what listens there.`);
  }
  const address = server.address() as AddressInfo; // a server that listens on a port has one
  return `http://${HOST}:${String(address.port)}`;
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  if (server.listening) await new Promise((resolve) => server.close(resolve));
}
