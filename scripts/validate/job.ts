import type { FunctionReturnType } from "convex/server";
import { internal } from "../../convex/_generated/api";
import { callDeployment } from "../console/callDeployment";
import type { Deployment } from "../console/deployment";
import { seenAgainBy, type Job } from "../jobs/job";

export const COMMAND = "npm run validate";

type Answer = FunctionReturnType<typeof internal.validation.status>;
export type Validation = Exclude<Answer, { status: "never" }>;
export type Difference = Validation["differences"][number];
/** How the stored data of a user agrees, layer by layer. */
export type Layers = Validation["users"][number]["layers"];

/** Compares stored results with the records. */
export function validationJob(deployment: Deployment): Job<Validation> {
  const { validation } = internal;
  return {
    name: "validation",
    command: COMMAND,
    seenAgain: seenAgainBy(COMMAND),
    read: (signal) => callDeployment(deployment, validation.status, {}, signal),
    start: ({ userIds, options }, signal) => {
      const { sample, repairs } = options;
      const users = userIds === null ? {} : { userIds: [...userIds] };
      const share = sample === null ? {} : { sample };
      const args = { ...users, ...share, repair: repairs };
      return callDeployment(deployment, validation.start, args, signal);
    },
    cancel: (signal) => callDeployment(deployment, validation.cancel, {}, signal),
  };
}

/** Whether users with a wrong result are rolled back automatically. */
export async function takesUsersOff(deployment: Deployment, signal: AbortSignal): Promise<boolean> {
  const { thresholds } = await callDeployment(deployment, internal.monitoring.report, {}, signal);
  return thresholds.rollsBackUsers;
}
