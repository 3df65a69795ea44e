import { ConvexHttpClient } from "convex/browser";
import { internal } from "../../convex/_generated/api";
import { runAsAdmin } from "../adminClient";
import { CommandError } from "../console/commandError";
import { findPlace, isLoopback, LOCAL_URL, placeAt, type Place } from "../console/deployment";
import { valueOf } from "../console/settings";
import type { Surroundings } from "../console/surroundings";
import { ConnectionLost } from "../console/reach";
import { mintToken } from "../localBackend";
import type { ImportOptions } from "./options";

const DEFAULT_USER = "demo";
const TOKEN = "CONVEX_AUTH_TOKEN";

/** How a client proves who it is. */
export type Credentials =
  { kind: "token"; token: string } | { kind: "admin"; adminKey: string } | { kind: "development" };

export interface ImportTarget {
  place: Place;
  /** As named on the command line; for people. */
  user: string;
  credentials: Credentials;
}

/**
 * Where to import to, and as whom. An admin key only ever goes to the deployment it belongs to, and
 * a user's token to the one that is named with it.
 *
 * @throws CommandError where nothing signs this user in.
 */
export async function findTarget(
  { url: chosen, user: named }: Pick<ImportOptions, "url" | "user">,
  around: Pick<Surroundings, "sources" | "environment" | "signal">,
): Promise<ImportTarget> {
  const token = valueOf(around.environment, TOKEN);
  if (token !== null) {
    if (named === null) return await targetOfToken(token, chosen, around);
    throw new CommandError(
      `--user and ${TOKEN} both name a user. Leave out --user, or unset ${TOKEN}. Nothing was imported.`,
      2,
    );
  }
  const user = named ?? DEFAULT_USER;
  const place = (await findPlace(chosen, around)) ?? placeAt(LOCAL_URL);
  const { adminKey, url } = place;
  if (adminKey !== null) return { place, user, credentials: { kind: "admin", adminKey } };
  if (isLoopback(url)) return { place, user, credentials: { kind: "development" } };
  throw new CommandError(
    `Nothing signs in to ${url}. Set ${TOKEN} to a token of the user, or CONVEX_DEPLOY_KEY to a key of the deployment, and name the user with --user. Nothing was imported.`,
    2,
  );
}

/** A token does not say which deployment it is for, so the address stands beside it. */
async function targetOfToken(
  token: string,
  chosen: string | null,
  around: Pick<Surroundings, "sources" | "environment" | "signal">,
): Promise<ImportTarget> {
  const beside = { ...around, sources: around.sources.slice(0, 1) };
  const place = chosen === null ? await findPlace(null, beside) : placeAt(chosen);
  if (place !== null) {
    return { place, user: "the token's user", credentials: { kind: "token", token } };
  }
  throw new CommandError(
    `${TOKEN} does not say which deployment it is for: name the deployment with --url. Nothing was imported.`,
    2,
  );
}

/** @param fetch every request goes through it. */
export async function openClient(
  { place, user, credentials }: ImportTarget,
  fetch: typeof globalThis.fetch,
): Promise<ConvexHttpClient> {
  const client = new ConvexHttpClient(place.url, { logger: false, fetch });
  switch (credentials.kind) {
    case "token":
      client.setAuth(credentials.token);
      break;
    case "development":
      client.setAuth(await mintToken(user));
      break;
    case "admin":
      actAs(client, credentials.adminKey, identityOf(await fullUserId(user, place, fetch)));
      break;
  }
  return client;
}

/** The id of a user who may be named by the subject alone: the deployment knows its users. */
async function fullUserId(
  user: string,
  { url, adminKey }: Place,
  fetch: typeof globalThis.fetch,
): Promise<string> {
  if (adminKey === null) return user;
  try {
    return (await runAsAdmin({ url, adminKey }, internal.users.resolve, { user }, fetch)).userId;
  } catch (error) {
    if (error instanceof ConnectionLost) throw error;
    throw new CommandError(`--user is ${user}. ${messageOf(error)} Nothing was imported.`, 2);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

interface ActingIdentity {
  issuer: string;
  subject: string;
}

/**
 * The identity whose user id this is; the subject may contain more of the separator.
 *
 * @throws CommandError where there is no issuer in it.
 */
export function identityOf(userId: string): ActingIdentity {
  const [, issuer, subject] = /^([^|]+)\|(.+)$/s.exec(userId) ?? [];
  if (issuer !== undefined && subject !== undefined) return { issuer, subject };
  throw new CommandError(
    `--user is ${userId}; it must be a full user id, issuer|subject. Nothing was imported.`,
    2,
  );
}

/** As `npx convex run --identity` does. The client has this method, but its types do not. */
function actAs(client: ConvexHttpClient, adminKey: string, identity: ActingIdentity): void {
  const { setAdminAuth } = client as unknown as {
    setAdminAuth?: (key: string, identity: ActingIdentity) => void;
  };
  if (setAdminAuth === undefined) throw new Error("this version of convex cannot act as a user");
  setAdminAuth.call(client, adminKey, identity);
}
