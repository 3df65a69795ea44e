import { checkUrl, type Environment } from "../console/deployment";
import { UsageError } from "../console/usageError";

/** The options that all commands for jobs over users take. */

export const JOB_FLAGS = {
  users: { type: "string", multiple: true },
  status: { type: "boolean" },
  cancel: { type: "boolean" },
  url: { type: "string" },
} as const;

export const JOB_USAGE = `  --status             shows the latest one, and ends
  --cancel             ends the one at work: users that are done stay done
  --url URL            the deployment (default: CONVEX_SELF_HOSTED_URL, from the environment or
                       .env.local; else the local backend, http://127.0.0.1:3210)

It goes on in the deployment when this command ends: Ctrl-C ends only what is shown, and the same
command shows it again. Exit code 0 where all is well, 1 where not, 2 for a wrong command line.

Needs the deployment's admin key: CONVEX_SELF_HOSTED_ADMIN_KEY beside its URL (npm run backend writes
both to .env.local), or CONVEX_DEPLOY_KEY.`;

export type JobAction = "run" | "status" | "cancel";

interface JobValues {
  users?: string[] | undefined;
  status?: boolean | undefined;
  cancel?: boolean | undefined;
  url?: string | undefined;
}

export interface JobOptions {
  action: JobAction;
  /** Null for all users. */
  userIds: string[] | null;
  url: string | null;
}

/**
 * @param others the flags of the command alone that were given.
 * @throws UsageError
 */
export function jobOptionsOf(values: JobValues, others: readonly string[]): JobOptions {
  const { status = false, cancel = false, users, url } = values;
  const alone = [...(status ? ["--status"] : []), ...(cancel ? ["--cancel"] : [])];
  const given = [...alone, ...(users === undefined ? [] : ["--users"]), ...others];
  if (alone.length > 0 && given.length > 1) {
    throw new UsageError(`${given.join(" and ")} do not go together: ${alone[0]!} goes alone`);
  }
  return {
    action: status ? "status" : cancel ? "cancel" : "run",
    userIds: users === undefined ? null : userIdsOf(users),
    url: url === undefined ? null : checkUrl(url),
  };
}

/** Each of the texts may name several users, between commas; who is named twice counts once. */
function userIdsOf(texts: readonly string[]): string[] {
  const userIds = texts.flatMap((text) => text.split(",")).map((userId) => userId.trim());
  if (userIds.every((userId) => userId !== "")) return [...new Set(userIds)];
  throw new UsageError(
    `--users is "${texts.join(" ")}"; it must name users by their ids, with commas between them`,
  );
}

/**
 * Options that are written before `--` are npm's: it keeps them, and the command would do something
 * else than was asked for.
 *
 * @throws UsageError
 */
export function refuseTakenByNpm(
  flags: Readonly<Record<string, unknown>>,
  command: string,
  environment: Environment,
): void {
  for (const flag of Object.keys(flags)) {
    if (environment[`npm_config_${flag.replaceAll("-", "_")}`] === undefined) continue;
    throw new UsageError(
      `--${flag} went to npm, not to this command: it comes after two dashes, ${command} -- --${flag}`,
    );
  }
}
