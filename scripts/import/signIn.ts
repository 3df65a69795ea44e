import { ConvexHttpClient } from "convex/browser";
import { internal } from "../../convex/_generated/api";
import { callDeployment } from "../console/callDeployment";
import { CommandError } from "../console/commandError";
import { findPlace, isLoopback, LOCAL_URL, placeAt, type Place } from "../console/deployment";
import { valueOf } from "../console/settings";
import type { Surroundings } from "../console/surroundings";
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

/**
 * Signs in. `user` is the full id where an admin key acts for somebody.
 *
 * @param fetch every request of the client goes through it.
 * @throws CommandError where the deployment does not know the user, or several of that name.
 */
export async function openClient(
  { place, user, credentials }: ImportTarget,
  fetch: typeof globalThis.fetch,
): Promise<{ client: ConvexHttpClient; user: string }> {
  const client = new ConvexHttpClient(place.url, { logger: false, fetch });
  switch (credentials.kind) {
    case "token":
      client.setAuth(credentials.token);
      return { client, user };
    case "development":
      client.setAuth(await mintToken(user));
      return { client, user };
    case "admin": {
      const { adminKey } = credentials;
      // The subject alone may name a user: the deployment knows whom.
      const deployment = { url: place.url, adminKey };
      const named = { user, mayBeNew: true };
      const { userId } = await callDeployment(deployment, internal.users.resolve, named);
      actAs(client, adminKey, identityOf(userId));
      return { client, user: userId };
    }
  }
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
