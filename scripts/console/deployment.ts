import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { UsageError } from "./usageError";

const ENV_FILE = join(import.meta.dirname, "../../.env.local");
const LOCAL_URL = "http://127.0.0.1:3210";
const LOOPBACK = new Set(["127.0.0.1", "localhost", "[::1]"]);

export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment, and beneath it what Convex's CLI keeps in .env.local. */
export function readEnvironment(): Environment {
  const file = existsSync(ENV_FILE) ? parseEnv(readFileSync(ENV_FILE, "utf8")) : {};
  return { ...file, ...process.env };
}

/** The deployment a command is about: the chosen one, that of the environment, or the local one. */
export function findUrl(chosen: string | null, environment: Environment): string {
  return chosen ?? valueOf(environment, "CONVEX_SELF_HOSTED_URL") ?? LOCAL_URL;
}

/** The admin key of a deployment; one is only ever sent to the deployment it stands beside. */
export function adminKeyFor(url: string, environment: Environment): string | null {
  if (url === valueOf(environment, "CONVEX_SELF_HOSTED_URL")) {
    return valueOf(environment, "CONVEX_SELF_HOSTED_ADMIN_KEY");
  }
  return isLoopback(url) ? null : valueOf(environment, "CONVEX_DEPLOY_KEY");
}

export interface Deployment {
  url: string;
  adminKey: string;
}

/**
 * Where an operator's command goes, and the key that lets it in.
 *
 * @throws UsageError where there is no key.
 */
export function findDeployment(chosen: string | null, environment: Environment): Deployment {
  const url = findUrl(chosen, environment);
  const adminKey = adminKeyFor(url, environment);
  if (adminKey !== null) return { url, adminKey };
  throw new UsageError(
    isLoopback(url)
      ? `no admin key for ${url}: \`npm run backend\` writes one to .env.local while it runs`
      : `no admin key for ${url}: set CONVEX_DEPLOY_KEY to a key of the deployment, or CONVEX_SELF_HOSTED_ADMIN_KEY beside CONVEX_SELF_HOSTED_URL`,
  );
}

/** Null where it is not set, or empty. */
export function valueOf(environment: Environment, name: string): string | null {
  const value = environment[name];
  return value === undefined || value === "" ? null : value;
}

export function isLoopback(url: string): boolean {
  return LOOPBACK.has(new URL(url).hostname);
}

/** @throws UsageError for what is no address of a deployment. */
export function checkUrl(text: string): string {
  const isHttp = URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
  if (isHttp) return text.replace(/\/+$/, "");
  throw new UsageError(`--url is ${text}; it must look like https://happy-animal-123.convex.cloud`);
}
