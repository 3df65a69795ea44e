import { internal } from "../../convex/_generated/api";
import { callDeployment } from "../console/callDeployment";
import type { Deployment } from "../console/deployment";
import { seenAgainBy, type Job } from "../jobs/job";

export const COMMAND = "npm run backfill";

/** Builds stored results from the records. */
export function backfillJob(deployment: Deployment): Job {
  const { backfill } = internal;
  return {
    name: "backfill",
    command: COMMAND,
    seenAgain: seenAgainBy(COMMAND),
    read: (signal) => callDeployment(deployment, backfill.status, {}, signal),
    start: ({ userIds, options }, signal) => {
      const users = userIds === null ? {} : { userIds: [...userIds] };
      const args = { ...users, dryRun: options.isDryRun };
      return callDeployment(deployment, backfill.start, args, signal);
    },
    cancel: (signal) => callDeployment(deployment, backfill.cancel, {}, signal),
  };
}

/** Lists users who have records: a backfill goes through this list. */
export function adoptionJob(deployment: Deployment): Job {
  const { backfill, jobs } = internal;
  return {
    name: "listing of users",
    command: COMMAND,
    seenAgain: `The backfill has not started yet. Run the same command to continue with both, or \`${COMMAND} -- --cancel\` to end the listing.`,
    read: (signal) => callDeployment(deployment, jobs.status, { kind: "adoption" }, signal),
    start: (_request, signal) => callDeployment(deployment, backfill.adopt, {}, signal),
    cancel: (signal) => callDeployment(deployment, jobs.cancel, { kind: "adoption" }, signal),
  };
}
