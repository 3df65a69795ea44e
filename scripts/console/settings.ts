import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { CommandError } from "./commandError";
import { nameInKey, parseDeployKey, type DeployKey } from "./deployKey";

/**
 * Which deployment the settings name. They are read where Convex's CLI reads them: in the
 * environment, then in .env.local, then in .env. The first of these with a key or an address decides
 * alone, so an address and its key always come from one place. Where the CLI would go elsewhere, or
 * where one place names two deployments, nothing is chosen.
 */

export type Environment = Readonly<Record<string, string | undefined>>;

/** One place where settings are. */
export interface Source {
  /** As it stands in a sentence: "the environment", ".env.local". */
  name: string;
  values: Environment;
}

export type Choice =
  | { kind: "deployKey"; key: DeployKey; /** "CONVEX_DEPLOY_KEY in .env" */ origin: string }
  | { kind: "selfHosted"; url: string; adminKey: string }
  | { kind: "none" };

type Variable = keyof typeof RANKS;

/** A deployment that a place names, and the variables that name it. */
interface Mention {
  name: string;
  variables: readonly Variable[];
  source: string;
}

/** Lower ones win in Convex's CLI. It refuses a self-hosted pair beside CONVEX_DEPLOYMENT. */
const RANKS = {
  CONVEX_DEPLOY_KEY: 0,
  // Another name of the CLI for the same.
  CONVEX_DEPLOYMENT_TOKEN: 1,
  CONVEX_SELF_HOSTED_URL: 2,
  CONVEX_SELF_HOSTED_ADMIN_KEY: 2,
  // Written by `npx convex dev`: a name without a key.
  CONVEX_DEPLOYMENT: 2,
};
const KEYS = ["CONVEX_DEPLOY_KEY", "CONVEX_DEPLOYMENT_TOKEN"] as const;
const PAIR = ["CONVEX_SELF_HOSTED_URL", "CONVEX_SELF_HOSTED_ADMIN_KEY"] as const;
const ENVIRONMENT = "the environment";
const FILES = [".env.local", ".env"];

/**
 * The places, in the order in which they count.
 *
 * @throws CommandError where one cannot be read.
 */
export function readSources(environment: Environment, directory: string): Source[] {
  const files = FILES.map((name) => ({ name, path: join(directory, name) }))
    .filter(({ path }) => existsSync(path))
    .map(({ name, path }) => ({ name, values: parseEnv(readSettings(path, name)) }));
  return [{ name: ENVIRONMENT, values: environment }, ...files];
}

function readSettings(path: string, name: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code = "unknown reason" } = error as NodeJS.ErrnoException; // readFileSync throws these
    throw new CommandError(`${name} cannot be read (${code}). Nothing was changed.`, 2);
  }
}

/** A variable's value; null where it is not set, or empty. */
export function valueOf(environment: Environment, name: string): string | null {
  const value = environment[name]?.trim();
  return value === undefined || value === "" ? null : value;
}

/**
 * The deployment that the settings name.
 *
 * @throws CommandError for a key that cannot be used, half a pair, a deployment without a key, and
 *   settings that name two deployments.
 */
export function chooseDeployment(sources: readonly Source[]): Choice {
  const visible = withoutHidden(sources);
  const source = visible.find(({ values }) => [...KEYS, ...PAIR].some((name) => name in values));
  const mentions = visible.map(mentionsOf);
  if (source === undefined) {
    const [named] = mentions.flat();
    if (named === undefined) return { kind: "none" };
    throw withoutKey(named);
  }
  const choice = keyIn(source) ?? pairIn(source);
  refuseConflicts(mentions, visible.indexOf(source));
  return choice;
}

/** A key is sent as a header, which would show it in an error where it holds a line break. */
function requireSendable(secret: string, origin: string): void {
  if (/^[\x20-\x7e]+$/.test(secret)) return;
  throw new CommandError(
    `${origin} is not a key: it contains a line break or another character that keys do not have. Copy it again. Nothing was changed.`,
    2,
  );
}

/**
 * What each place says. An empty variable hides the same one in the places after it; half a pair
 * hides both, so that it never meets another place's other half.
 */
function withoutHidden(sources: readonly Source[]): Source[] {
  const hidden = new Set<string>();
  return sources.map(({ name, values }) => {
    const visible: Record<string, string> = {};
    for (const variable of Object.keys(RANKS)) {
      const value = valueOf(values, variable);
      if (value !== null && !hidden.has(variable)) visible[variable] = value;
    }
    const defined = Object.keys(RANKS).filter((variable) => values[variable] !== undefined);
    const halves = PAIR.some((half) => defined.includes(half)) ? PAIR : [];
    for (const variable of [...defined, ...halves]) hidden.add(variable);
    return { name, values: visible };
  });
}

function keyIn({ name: source, values }: Source): Choice | null {
  for (const variable of KEYS) {
    const secret = values[variable];
    if (secret === undefined) continue;
    const origin = `${variable} in ${source}`;
    return { kind: "deployKey", key: parseDeployKey(secret, origin), origin };
  }
  return null;
}

function pairIn({ name: source, values }: Source): Choice {
  const { CONVEX_SELF_HOSTED_URL: url, CONVEX_SELF_HOSTED_ADMIN_KEY: adminKey } = values;
  if (url !== undefined && adminKey !== undefined) {
    requireSendable(adminKey, `${PAIR[1]} in ${source}`);
    return { kind: "selfHosted", url: checkUrl(url, `${PAIR[0]} in ${source}`), adminKey };
  }
  const [present, missing] = url === undefined ? [PAIR[1], PAIR[0]] : PAIR;
  throw new CommandError(
    `${present} is set in ${source}, but ${missing} is not. Set both in the same place, or neither. Nothing was changed.`,
    2,
  );
}

/**
 * The deployments that a place names, those first that win in Convex's CLI. What cannot be used is
 * named as well: it matters only where it would be chosen.
 */
function mentionsOf({ name: source, values }: Source): Mention[] {
  const mentions: Mention[] = [];
  for (const variable of KEYS) {
    const secret = values[variable];
    if (secret === undefined) continue;
    const name = nameInKey(secret) ?? "an unusable key";
    mentions.push({ name, variables: [variable], source });
  }
  const variables = PAIR.filter((variable) => variable in values);
  if (variables.length > 0) {
    const name = nameOfAddress(values[PAIR[0]]);
    mentions.push({ name, variables, source });
  }
  // "dev:happy-animal-123"; older ones have no type.
  const deployment = values["CONVEX_DEPLOYMENT"]?.replace(/^.*:/, "");
  if (deployment !== undefined) {
    mentions.push({ name: deployment, variables: ["CONVEX_DEPLOYMENT"], source });
  }
  return mentions;
}

function nameOfAddress(text: string | undefined): string {
  if (text === undefined) return "a self-hosted deployment";
  if (!URL.canParse(text)) return "an unusable address";
  const { origin, pathname } = new URL(text); // a password is not shown
  return `${origin}${pathname}`.replace(/\/+$/, "");
}

/**
 * Refuses another deployment beside the chosen one, in a place that counts before it, or where the
 * CLI prefers it: half of an operator's commands go through `npx convex`, and all must go to one
 * deployment.
 */
function refuseConflicts(mentions: readonly (readonly Mention[])[], chosen: number): void {
  const [winner] = mentions[chosen] ?? [];
  if (winner === undefined) return;
  const conflicting = mentions.flatMap((others, place) =>
    others.filter(
      (mention) => mention.name !== winner.name && (place <= chosen || overrides(mention, winner)),
    ),
  );
  if (conflicting.length > 0) throw conflict([winner, ...conflicting]);
}

/** Whether Convex's CLI goes to `other`, or to neither, though `winner` stands in a place before. */
function overrides(other: Mention, winner: Mention): boolean {
  const isRefused =
    winner.variables.some((variable) => PAIR.some((half) => half === variable)) &&
    other.variables.includes("CONVEX_DEPLOYMENT");
  return isRefused || rankOf(other) < rankOf(winner);
}

function rankOf({ variables }: Mention): number {
  return Math.min(...variables.map((variable) => RANKS[variable]));
}

function conflict(mentions: readonly Mention[]): CommandError {
  const named = mentions.map(
    ({ name, variables, source }) => `${name} (${variables[0] ?? ""} in ${source})`,
  );
  const advice = mentions.map((kept) => {
    const removed = mentions.filter(({ name }) => name !== kept.name).map(removal);
    return `For ${kept.name}, ${removed.join(" and ")}.`;
  });
  const count = mentions.length === 2 ? "Two" : "Several";
  return new CommandError(
    `${count} deployments are set: ${named.join(" and ")}.\n` +
      `${advice.join(" ")} Nothing was changed.`,
    2,
  );
}

function removal({ variables, source }: Mention): string {
  const names = variables.join(" and ");
  return source === ENVIRONMENT ? `unset ${names}` : `remove ${names} from ${source}`;
}

function withoutKey({ name, source }: Mention): CommandError {
  return new CommandError(
    `CONVEX_DEPLOYMENT in ${source} names ${name}, but there is no key to it. This command cannot use the login of \`npx convex dev\`: create a key with \`npx convex deployment token create operator\`, and set it as CONVEX_DEPLOY_KEY. Nothing was changed.`,
    2,
  );
}

/**
 * The address of a deployment, without slashes at its end.
 *
 * @param name what it is called in messages: "--url".
 * @throws CommandError where it is something else.
 */
export function checkUrl(text: string, name: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new CommandError(
      `${name} is ${text}; it must look like https://happy-animal-123.convex.cloud. Nothing was changed.`,
      2,
    );
  }
  // Not shown: it may contain a password.
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw new CommandError(
      `${name} must be an address alone, without a user name, a password, a query or a fragment. Nothing was changed.`,
      2,
    );
  }
  return url.href.replace(/\/+$/, "");
}
