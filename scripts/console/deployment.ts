import { CommandError } from "./commandError";
import { askAddress, isAddressOf, type DeployKey } from "./deployKey";
import { ConnectionLost } from "./reach";
import { chooseDeployment, valueOf, type Choice } from "./settings";
import type { Surroundings } from "./surroundings";

/** Where commands go, and how they say so. */
export interface Place {
  /** For messages: "happy-animal-123 (production)". */
  label: string;
  url: string;
  /** Whether a command that changes something asks first. */
  isProduction: boolean;
  /** Null where the settings hold no key for it. */
  adminKey: string | null;
}

export interface Deployment extends Place {
  adminKey: string;
}

type Named = Pick<Place, "label" | "isProduction">;
type Around = Pick<Surroundings, "sources" | "environment" | "signal">;

/** Where the local backend listens. */
export const LOCAL_URL = "http://127.0.0.1:3210";

/**
 * The deployment an operator's command talks to. Prints its name, which is the command's first line.
 *
 * @param chosen what `--url` says; null without it.
 * @throws CommandError where the settings name none or two, or its address cannot be found out.
 */
export async function openDeployment(chosen: string | null, around: Around): Promise<Deployment> {
  const place = await findPlace(chosen, around);
  if (place === null) {
    throw new CommandError(
      "No deployment is set. Start the local backend with `npm run backend`, or set CONVEX_DEPLOY_KEY to a deploy key of yours. Nothing was changed.",
      2,
    );
  }
  const { adminKey } = place;
  if (adminKey === null) throw new CommandError(`${noKeyFor(place)} Nothing was changed.`, 2);
  announce(place);
  return { ...place, adminKey };
}

/** Prints the first line of a command. */
export function announce({ label, url }: Pick<Place, "label" | "url">): void {
  console.log(`Deployment: ${label} at ${url}`);
}

/**
 * The deployment that `--url` or the settings name, with the key that they hold for it; null where
 * they name none.
 *
 * @throws CommandError
 */
export async function findPlace(chosen: string | null, around: Around): Promise<Place | null> {
  const choice = chooseDeployment(around.sources);
  switch (choice.kind) {
    case "deployKey":
      return await placeOfKey(choice, chosen, around);
    case "selfHosted": {
      const url = chosen ?? choice.url;
      return { ...placeAt(url), adminKey: url === choice.url ? choice.adminKey : null };
    }
    case "none":
      return chosen === null ? null : placeAt(chosen);
  }
}

/** An address of which the settings say nothing else. */
export function placeAt(url: string): Place {
  const { host } = new URL(url);
  return isLoopback(url)
    ? { label: "local backend", url, isProduction: false, adminKey: null }
    : { label: `${host} (production)`, url, isProduction: true, adminKey: null };
}

export function isLoopback(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d+){3}$/.test(hostname);
}

/** A deploy key goes to its own deployment only, whatever `--url` says. */
async function placeOfKey(
  { key, origin }: Extract<Choice, { kind: "deployKey" }>,
  chosen: string | null,
  around: Around,
): Promise<Place> {
  const named = nameOf(key);
  const withKey = (url: string) => ({ ...named, url, adminKey: key.secret });
  // This also works while Convex cannot be asked.
  if (chosen !== null && isAddressOf(chosen, key.name)) return withKey(chosen);
  const url = await addressOf(key, named, around);
  if (chosen === null || chosen === url) return withKey(url);
  throw new CommandError(
    `--url is ${chosen}, but ${origin} belongs to ${key.name} at ${url}. Leave out --url, or set a key of the deployment you mean. Nothing was changed.`,
    2,
  );
}

/** Asks for the address; where that fails, the deployment is named all the same. */
async function addressOf(key: DeployKey, named: Named, around: Around): Promise<string> {
  const provisionHost = valueOf(around.environment, "CONVEX_PROVISION_HOST");
  try {
    return (await askAddress(key, provisionHost, around.signal)).replace(/\/+$/, "");
  } catch (error) {
    around.signal.throwIfAborted();
    console.log(`Deployment: ${named.label}, address unknown`);
    if (!(error instanceof ConnectionLost || error instanceof CommandError)) throw error;
    const reason = error.message.replace(/\.?$/, ".");
    throw new CommandError(
      error instanceof ConnectionLost
        ? `${reason} It knows the address of ${key.name}. If you know it too, name it: --url https://${key.name}.convex.cloud. Nothing was changed.`
        : `${reason} Nothing was changed.`,
    );
  }
}

function nameOf({ name, isDevelopment }: DeployKey): Named {
  return {
    label: `${name} (${isDevelopment ? "development" : "production"})`,
    isProduction: !isDevelopment,
  };
}

function noKeyFor({ url }: Place): string {
  return isLoopback(url)
    ? `There is no admin key for ${url}. \`npm run backend\` writes one to .env.local while it runs.`
    : `There is no admin key for ${url}. Set CONVEX_DEPLOY_KEY to a key of the deployment, or CONVEX_SELF_HOSTED_ADMIN_KEY beside CONVEX_SELF_HOSTED_URL.`;
}
