import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { ConvexHttpClient } from "convex/browser";
import { UsageError } from "../console/usageError";
import { mintToken } from "../localBackend";
import type { ImportOptions } from "./options";

const ENV_FILE = join(import.meta.dirname, "../../.env.local");
const LOCAL_URL = "http://127.0.0.1:3210";
const LOOPBACK = new Set(["127.0.0.1", "localhost", "[::1]"]);
const DEFAULT_USER = "demo";

export type Environment = Readonly<Record<string, string | undefined>>;

/** How a client proves who it is. */
export type Credentials =
  { kind: "token"; token: string } | { kind: "admin"; adminKey: string } | { kind: "development" };

export interface Target {
  url: string;
  /** For people: who it is imported for. */
  user: string;
  credentials: Credentials;
}

/** The environment, and beneath it what Convex's CLI keeps in .env.local. */
export function readEnvironment(): Environment {
  const file = existsSync(ENV_FILE) ? parseEnv(readFileSync(ENV_FILE, "utf8")) : {};
  return { ...file, ...process.env };
}

/**
 * Where to import to, and as whom. An admin key is only ever sent to the deployment it stands
 * beside.
 *
 * @throws UsageError where nothing lets this user in.
 */
export function findTarget(
  { url: chosen, user }: Pick<ImportOptions, "url" | "user">,
  environment: Environment,
): Target {
  const selfHosted = valueOf(environment, "CONVEX_SELF_HOSTED_URL");
  const url = chosen ?? selfHosted ?? LOCAL_URL;
  const token = valueOf(environment, "CONVEX_AUTH_TOKEN");
  if (token !== null) {
    if (user !== null) {
      throw new UsageError("--user is named, but CONVEX_AUTH_TOKEN tells the user: leave one out");
    }
    return { url, user: "the token's user", credentials: { kind: "token", token } };
  }
  const adminKey = adminKeyFor(url, selfHosted, environment);
  if (adminKey !== null) {
    return { url, user: user ?? DEFAULT_USER, credentials: { kind: "admin", adminKey } };
  }
  if (isLoopback(url)) {
    return { url, user: user ?? DEFAULT_USER, credentials: { kind: "development" } };
  }
  throw new UsageError(
    `nothing signs in to ${url}: set CONVEX_AUTH_TOKEN to a token of the user, or CONVEX_DEPLOY_KEY ` +
      "to a key of the deployment (and name the user with --user)",
  );
}

function adminKeyFor(
  url: string,
  selfHosted: string | null,
  environment: Environment,
): string | null {
  if (url === selfHosted) return valueOf(environment, "CONVEX_SELF_HOSTED_ADMIN_KEY");
  return isLoopback(url) ? null : valueOf(environment, "CONVEX_DEPLOY_KEY");
}

/** Null where it is not set, or empty. */
function valueOf(environment: Environment, name: string): string | null {
  const value = environment[name];
  return value === undefined || value === "" ? null : value;
}

/** @param fetch what every request goes through. */
export async function openClient(
  { url, user, credentials }: Target,
  fetch: typeof globalThis.fetch,
): Promise<ConvexHttpClient> {
  const client = new ConvexHttpClient(url, { logger: false, fetch });
  switch (credentials.kind) {
    case "token":
      client.setAuth(credentials.token);
      break;
    case "development":
      client.setAuth(await mintToken(user));
      break;
    case "admin":
      actAs(client, credentials.adminKey, user);
      break;
  }
  return client;
}

/** As `npx convex run --identity` does; the client's types keep it to themselves. */
function actAs(client: ConvexHttpClient, adminKey: string, user: string): void {
  const { setAdminAuth } = client as unknown as {
    setAdminAuth?: (key: string, identity: { subject: string; issuer: string }) => void;
  };
  if (setAdminAuth === undefined) throw new Error("this version of convex cannot act as a user");
  setAdminAuth.call(client, adminKey, { subject: user, issuer: "https://import.invalid" });
}

function isLoopback(url: string): boolean {
  return LOOPBACK.has(new URL(url).hostname);
}
