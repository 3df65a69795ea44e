import type { FunctionReturnType } from "convex/server";
import type { internal } from "../../convex/_generated/api";

/** The latest run of a job, or that there never was one. */
export type JobAnswer = FunctionReturnType<typeof internal.backfill.status>;
export type RunStatus = Exclude<JobAnswer, { status: "never" }>;
export type NeverRun = Extract<JobAnswer, { status: "never" }>;

/** What a job is asked to do, and for whom. */
export interface Request {
  /** Null for all users. */
  userIds: readonly string[] | null;
  options: RunStatus["options"];
}

/** A job over all users, as a command uses it. */
export interface Job<Status extends RunStatus = RunStatus> {
  /** As it stands in a sentence: "backfill". */
  name: string;
  /** What operators type to start it. */
  command: string;
  /** How to look at it again after Ctrl-C, in a sentence or two. */
  seenAgain: string;
  read: (signal: AbortSignal) => Promise<Status | NeverRun>;
  /** Returns at once. Refused while one is running. */
  start: (request: Request, signal: AbortSignal) => Promise<JobAnswer>;
  cancel: (signal: AbortSignal) => Promise<JobAnswer>;
}

export const NO_OPTIONS: RunStatus["options"] = { isDryRun: false, repairs: false, sample: null };

/** How to look again at what a command with the options of all job commands has started. */
export function seenAgainBy(command: string): string {
  return `Run the same command to follow it again, \`${command} -- --status\` to look once, or \`${command} -- --cancel\` to end it.`;
}
