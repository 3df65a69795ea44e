import { DEPLOYMENT_USAGE, TARGET_FLAGS, targetOf, type Target } from "../console/target";
import { plural } from "../console/text";
import { UsageError } from "../console/usageError";

/** The options that all job commands take. */

export const JOB_FLAGS = {
  users: { type: "string", multiple: true },
  status: { type: "boolean" },
  cancel: { type: "boolean" },
  ...TARGET_FLAGS,
} as const;

export const JOB_USAGE = `  --status             show the latest one and exit
  --cancel             end the running one; finished users stay finished
${DEPLOYMENT_USAGE}

The job runs in the deployment and continues after this command ends. Ctrl-C only stops showing it;
run the same command to follow it again. Exit code 0: all is well. 1: something is not, or you did not
confirm. 2: the command line or the settings cannot be used.`;

export type JobAction = "run" | "status" | "cancel";

interface JobValues {
  users?: string[] | undefined;
  status?: boolean | undefined;
  cancel?: boolean | undefined;
  url?: string | undefined;
  yes?: boolean | undefined;
}

export interface JobOptions extends Target {
  action: JobAction;
  /** Null for all users. */
  userIds: string[] | null;
}

/**
 * @param others the flags of the command alone that were given.
 * @throws UsageError
 */
export function jobOptionsOf(values: JobValues, others: readonly string[]): JobOptions {
  const { status = false, cancel = false, users } = values;
  const alone = [...(status ? ["--status"] : []), ...(cancel ? ["--cancel"] : [])];
  const given = [...alone, ...(users === undefined ? [] : ["--users"]), ...others];
  if (alone.length > 0 && given.length > 1) {
    throw new UsageError(`${given.join(" and ")} cannot be used together: use ${alone[0]!} alone`);
  }
  return {
    action: status ? "status" : cancel ? "cancel" : "run",
    userIds: users === undefined ? null : userIdsOf(users),
    ...targetOf(values),
  };
}

/** Each text may list several users, separated by commas. Repeated ones count once. */
function userIdsOf(texts: readonly string[]): string[] {
  const userIds = texts.flatMap((text) => text.split(",")).map((userId) => userId.trim());
  if (userIds.every((userId) => userId !== "")) return [...new Set(userIds)];
  throw new UsageError(
    `--users is "${texts.join(" ")}"; it must list user ids, separated by commas`,
  );
}

/** "all users", "2 users". */
export function usersText(userIds: readonly string[] | null): string {
  return userIds === null ? "all users" : plural(userIds.length, "user");
}
