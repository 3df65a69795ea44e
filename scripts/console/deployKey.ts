import { version } from "convex";
import { CommandError } from "./commandError";
import { reach, withBackOff } from "./reach";
import { plain, shorten } from "./text";

/** A key of one deployment, as `CONVEX_DEPLOY_KEY` holds it. */
export interface DeployKey {
  /** The deployment's name, such as happy-animal-123. */
  name: string;
  isDevelopment: boolean;
  /** The whole key. Never print it. */
  secret: string;
}

const DEPLOYMENT_KEY = /^(?:(?:dev|prod|custom):)?([a-z0-9][a-z0-9-]*)\|\S+$/i;
const PROVISION_HOST = "https://api.convex.dev";
const ATTEMPT_MS = 10_000;
/** An operator is waiting: one or two more tries, then they hear about it. */
const GIVE_UP_AFTER_MS = 2_000;
const MAX_MESSAGE_CHARACTERS = 300;

/**
 * Reads a deploy key. Keys without a type are of an older format and belong to production.
 *
 * @param origin where the key stands, for messages; they never show the key itself.
 * @throws CommandError for a key that is not of one deployment, or not a key at all.
 */
export function parseDeployKey(secret: string, origin: string): DeployKey {
  const [, kind] = /^(preview|project):/.exec(secret) ?? [];
  if (kind !== undefined) {
    throw new CommandError(
      `${origin} is a ${kind} key. ${KEY_KINDS[kind] ?? ""} ${HOW_TO_GET_ONE}`,
      2,
    );
  }
  const name = nameInKey(secret);
  if (name !== null) return { name, isDevelopment: secret.startsWith("dev:"), secret };
  const isCutByTheShell = /^[a-z]+:[a-z0-9-]+$/i.test(secret);
  throw new CommandError(
    `${origin} is not a deploy key; it must look like prod:happy-animal-123|…` +
      (isCutByTheShell ? " Put it in single quotes: the shell reads | as a pipe." : "") +
      ` ${HOW_TO_GET_ONE}`,
    2,
  );
}

/** The deployment whose key this is; null where it is not the key of one. */
export function nameInKey(secret: string): string | null {
  return DEPLOYMENT_KEY.exec(secret)?.[1] ?? null;
}

const KEY_KINDS: Readonly<Record<string, string>> = {
  preview: "It belongs to deployments that come and go with branches.",
  project: "It belongs to every deployment of a project, so it does not say which one you mean.",
};
const HOW_TO_GET_ONE =
  "Create a key for the deployment you mean in the Convex dashboard, under Settings. Nothing was changed.";

/** Whether an address is the one Convex gives to the deployment of this name, in any region. */
export function isAddressOf(url: string, name: string): boolean {
  const { protocol, hostname, port } = new URL(url);
  const [first, ...rest] = hostname.split(".");
  const isConvexCloud = /^(?:[a-z0-9-]+\.)?convex\.cloud$/.test(rest.join("."));
  return protocol === "https:" && port === "" && first === name && isConvexCloud;
}

/**
 * Asks Convex for the address of the deployment a key belongs to, as its CLI does: a deployment may
 * have a domain of its own, which the key does not contain.
 *
 * @param provisionHost `CONVEX_PROVISION_HOST`; null for Convex's own.
 * @throws ConnectionLost where Convex does not answer.
 * @throws CommandError where it refuses the key.
 */
export async function askAddress(
  { name, secret }: DeployKey,
  provisionHost: string | null,
  signal: AbortSignal,
): Promise<string> {
  const host = (provisionHost ?? PROVISION_HOST).replace(/\/+$/, "");
  const response = await withBackOff(
    () =>
      reach(host, [
        `${host}/api/deployment/url_for_key`,
        {
          method: "POST",
          headers: {
            "Content-Type": "application/json",
            Authorization: `Bearer ${secret}`,
            "Convex-Client": `npm-cli-${version}`,
          },
          body: JSON.stringify({ deployKey: secret }),
          // The key is for Convex, not for where an answer points to.
          redirect: "error",
          signal: AbortSignal.any([signal, AbortSignal.timeout(ATTEMPT_MS)]),
        },
      ]),
    { signal, giveUpAfterMs: GIVE_UP_AFTER_MS },
  );
  const answer = parseJson(await response.text());
  if (response.ok && typeof answer === "string" && isHttp(answer)) return answer;
  const reason = response.ok ? "the answer is not an address" : refusalOf(answer, response.status);
  throw new CommandError(`${host} did not give the address of ${name}: ${reason}.`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isHttp(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

function refusalOf(answer: unknown, status: number): string {
  const hasMessage = typeof answer === "object" && answer !== null && "message" in answer;
  const message = hasMessage ? answer.message : null;
  if (typeof message !== "string" || message === "") return `status ${status}`;
  return shorten(plain(message), MAX_MESSAGE_CHARACTERS).replace(/\.$/, "");
}
