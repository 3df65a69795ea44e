import { isHourlySample } from "../../convex/model/jobs/hourlySample";
import { percentText } from "../../src/dashboard/operations/vocabulary";
import { RefusedError } from "../console/callDeployment";
import { ConnectionLost } from "../console/reach";
import { numbers, plural, shortTime } from "../console/text";
import { JobError, type Job, type Request, type RunStatus } from "./job";

/** The run a command is about. */
export interface Attached {
  /** Tells it from others of its kind. */
  startedAt: number;
  /** Started by this command; else it was at work already. */
  isNew: boolean;
}

/**
 * Starts a job, or finds the run of it that is at work already, which it says.
 *
 * @throws JobError where that one is not what was asked for, or an answer was lost.
 */
export async function startOrAttach<Status extends RunStatus>(
  job: Job<Status>,
  request: Request,
  signal: AbortSignal,
): Promise<Attached> {
  const before = await job.read(signal);
  // The hourly sample gives way to what a person starts.
  if (before.status === "running" && !isHourlySample(before)) return attach(job, request, before);
  try {
    const started = await job.start(request, signal);
    if (started.status !== "never") return { startedAt: started.startedAt, isNew: true };
    throw new Error(`a ${job.name} was started, but its status knows of none`);
  } catch (error) {
    if (error instanceof ConnectionLost) throw unknownOutcome(job, error, "started");
    if (!(error instanceof RefusedError)) throw error;
    // Somebody else may have been faster.
    const now = await job.read(signal);
    if (now.status !== "running") throw error;
    return attach(job, request, now);
  }
}

function attach(job: Job, request: Request, run: RunStatus): Attached {
  const atWork = `Nothing was started: ${describeRun(job.name, run)} has been at work since ${shortTime(run.startedAt)} UTC`;
  const differences = differencesOf(request, run);
  if (differences.length > 0) {
    throw new JobError(
      `${atWork}, and it is not what was asked for: ${differences.join(", ")}.\n` +
        `Wait for it (\`${job.command} -- --status\` shows it), or end it: ${job.command} -- --cancel`,
    );
  }
  console.log(`${atWork}; this shows it.`);
  return { startedAt: run.startedAt, isNew: false };
}

/**
 * What a run at work is not, of what is asked for. Its status does not tell who is named: as many
 * users are taken for the same ones, unless those that it lists say otherwise.
 */
function differencesOf({ userIds, options }: Request, run: RunStatus): string[] {
  const differences: string[] = [];
  if (options.isDryRun !== run.options.isDryRun) {
    differences.push(run.options.isDryRun ? "it is a dry run" : "it is no dry run");
  }
  if (options.repairs !== run.options.repairs) {
    differences.push(run.options.repairs ? "it repairs" : "it does not repair");
  }
  if (options.sample !== run.options.sample) {
    const { sample } = run.options;
    differences.push(
      sample === null ? "it is no sample" : `it is a sample of ${percentText(sample)}`,
    );
  }
  if (userIds === null && run.isOfNamedUsers) differences.push("it is about some users only");
  if (userIds !== null && !isAbout(userIds, run)) differences.push("it is about other users");
  return differences;
}

function isAbout(userIds: readonly string[], run: RunStatus): boolean {
  const seen = [...run.failures, ...run.retrying, ...run.left].map(({ userId }) => userId);
  const isAsMany = run.isOfNamedUsers && run.total === userIds.length;
  return isAsMany && seen.every((userId) => userIds.includes(userId));
}

/** "a backfill of 12 users". */
function describeRun(name: string, { options, isCounted, total }: RunStatus): string {
  const kind = options.isDryRun ? `dry run of a ${name}` : name;
  const users = isCounted ? ` of ${plural(total, "user")}` : "";
  return `a ${kind}${users}${options.sample === null ? "" : " drawn by chance"}`;
}

/** Ends what is at work of some jobs, and says what became of it. */
export async function cancelAll(jobs: readonly Job[], signal: AbortSignal): Promise<void> {
  let wasAtWork = false;
  for (const job of jobs) {
    const before = await job.read(signal);
    if (before.status !== "running") continue;
    wasAtWork = true;
    console.log(await cancel(job, before, signal));
  }
  if (wasAtWork) return;
  console.log(`No ${jobs.map(({ name }) => name).join(" or ")} is at work: nothing to cancel.`);
}

async function cancel(job: Job, { startedAt }: RunStatus, signal: AbortSignal): Promise<string> {
  try {
    const after = await job.cancel(signal);
    const isEnded = after.status === "cancelled" && after.startedAt === startedAt;
    return isEnded ? describeCancelled(job, after) : `The ${job.name} ended before.`;
  } catch (error) {
    throw error instanceof ConnectionLost ? unknownOutcome(job, error, "cancelled") : error;
  }
}

function describeCancelled(job: Job, { done, failed, total }: RunStatus): string {
  const users = `${numbers.format(done + failed)} of ${plural(total, "user")}`;
  return `The ${job.name} was cancelled after ${users}; what is done stays done, those at work come to their end.`;
}

function unknownOutcome(job: Job, { message }: Error, what: string): JobError {
  return new JobError(
    `${message}: whether a ${job.name} was ${what} is not known. \`${job.command} -- --status\` tells, once it answers.`,
  );
}
