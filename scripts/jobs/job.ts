import type { FunctionReturnType } from "convex/server";
import type { internal } from "../../convex/_generated/api";

/** How far the latest run of a job is, or that there never was one. */
export type JobAnswer = FunctionReturnType<typeof internal.backfill.status>;
export type RunStatus = Exclude<JobAnswer, { status: "never" }>;
export type NeverRun = Extract<JobAnswer, { status: "never" }>;

/** What is to be done with a job, and for whom. */
export interface Request {
  /** Null for all users. */
  userIds: readonly string[] | null;
  options: RunStatus["options"];
}

/** A job over users, as its command sees it. */
export interface Job<Status extends RunStatus = RunStatus> {
  /** As it stands in a sentence: "backfill". */
  name: string;
  /** What operators type to start it. */
  command: string;
  /** How it is seen again once nobody looks any more, in a sentence or two. */
  seenAgain: string;
  read: (signal: AbortSignal) => Promise<Status | NeverRun>;
  /** Returns at once. Refused where one is at work. */
  start: (request: Request, signal: AbortSignal) => Promise<JobAnswer>;
  cancel: (signal: AbortSignal) => Promise<JobAnswer>;
}

/** What keeps a command from doing what was asked; the message is all there is to say. */
export class JobError extends Error {
  override name = "JobError";
}

export const NO_OPTIONS: RunStatus["options"] = { isDryRun: false, repairs: false, sample: null };

/** How the run of a command with the options that all take is seen again. */
export function seenAgainBy(command: string): string {
  return `The same command shows it again, \`${command} -- --status\` once, \`${command} -- --cancel\` ends it.`;
}
