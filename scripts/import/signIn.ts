import { ConvexHttpClient } from "convex/browser";
import { adminKeyFor, findUrl, isLoopback, valueOf, type Environment } from "../console/deployment";
import { UsageError } from "../console/usageError";
import { mintToken } from "../localBackend";
import type { ImportOptions } from "./options";

const DEFAULT_USER = "demo";

/** How a client proves who it is. */
export type Credentials =
  { kind: "token"; token: string } | { kind: "admin"; adminKey: string } | { kind: "development" };

export interface Target {
  url: string;
  /** For people: who it is imported for. */
  user: string;
  credentials: Credentials;
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
  const url = findUrl(chosen, environment);
  const token = valueOf(environment, "CONVEX_AUTH_TOKEN");
  if (token !== null) {
    if (user !== null) {
      throw new UsageError("--user is named, but CONVEX_AUTH_TOKEN tells the user: leave one out");
    }
    return { url, user: "the token's user", credentials: { kind: "token", token } };
  }
  const adminKey = adminKeyFor(url, environment);
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
