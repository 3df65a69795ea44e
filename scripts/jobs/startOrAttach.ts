import { isHourlySample } from "../../convex/model/jobs/hourlySample";
import { percentText } from "../../src/dashboard/operations/vocabulary";
import { RefusedError } from "../console/callDeployment";
import { CommandError } from "../console/commandError";
import type { Confirm } from "../console/confirm";
import { ConnectionLost, NeverSent } from "../console/reach";
import { numbers, plural, shortTime } from "../console/text";
import type { Job, Request, RunStatus } from "./job";

/** What a person may still do: end the command, or not agree to it. */
export interface Control {
  signal: AbortSignal;
  confirm: Confirm;
}

/** The run a command is about. */
export interface Attached {
  /** Tells it from others of its kind. */
  startedAt: number;
  /** Whether this command started it. */
  isNew: boolean;
}

/**
 * Starts a job, or attaches to the run that is in progress, and says so.
 *
 * @param confirm asked before one is started.
 * @throws CommandError where the run in progress is not what was asked for, or an answer was lost.
 */
export async function startOrAttach<Status extends RunStatus>(
  job: Job<Status>,
  request: Request,
  { signal, confirm }: Control,
): Promise<Attached> {
  const before = await job.read(signal);
  // The hourly sample gives way to a person's run.
  if (before.status === "running" && !isHourlySample(before)) return attach(job, request, before);
  await confirm();
  try {
    const started = await job.start(request, signal);
    if (started.status !== "never") return { startedAt: started.startedAt, isNew: true };
    throw new Error(`a ${job.name} was started, but its status knows of none`);
  } catch (error) {
    if (error instanceof ConnectionLost) throw unknownOutcome(job, error, "started");
    if (!(error instanceof RefusedError)) throw error;
    // Somebody else may have started one just now.
    const now = await job.read(signal);
    if (now.status !== "running") throw error;
    return attach(job, request, now);
  }
}

function attach(job: Job, request: Request, run: RunStatus): Attached {
  const inProgress = `Nothing was started: ${describeRun(job.name, run)} has been running since ${shortTime(run.startedAt)} UTC`;
  const differences = differencesOf(request, run);
  if (differences.length > 0) {
    throw new CommandError(
      `${inProgress}, and it differs from your request: ${differences.join(", ")}.\n` +
        `Wait for it (\`${job.command} -- --status\` shows it), or end it: ${job.command} -- --cancel`,
    );
  }
  console.log(`${inProgress}. Following it.`);
  return { startedAt: run.startedAt, isNew: false };
}

/**
 * How a run in progress differs from a request. Its status does not list the users it is for: the
 * same number is taken to be the same users, unless those that it does list say otherwise.
 */
function differencesOf({ userIds, options }: Request, run: RunStatus): string[] {
  const differences: string[] = [];
  if (options.isDryRun !== run.options.isDryRun) {
    differences.push(run.options.isDryRun ? "it is a dry run" : "it is not a dry run");
  }
  if (options.repairs !== run.options.repairs) {
    differences.push(run.options.repairs ? "it repairs" : "it does not repair");
  }
  if (options.sample !== run.options.sample) {
    const { sample } = run.options;
    differences.push(
      sample === null ? "it is not a sample" : `it is a sample of ${percentText(sample)}`,
    );
  }
  if (userIds === null && run.isOfNamedUsers) differences.push("it is for some users only");
  if (userIds !== null && !isAbout(userIds, run)) differences.push("it is for other users");
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
  return `a ${kind}${users}${options.sample === null ? "" : " chosen at random"}`;
}

/** Ends the runs in progress of some jobs, and says how far they came. */
export async function cancelAll(jobs: readonly Job[], { signal, confirm }: Control): Promise<void> {
  const states = await Promise.all(
    jobs.map(async (job) => ({ job, before: await job.read(signal) })),
  );
  const names = jobs.map(({ name }) => name).join(" or ");
  if (states.every(({ before }) => before.status !== "running")) {
    console.log(`No ${names} is running: nothing to cancel.`);
    return;
  }
  await confirm();
  for (const { job, before } of states) {
    if (before.status === "running") console.log(await cancel(job, before, signal));
  }
}

async function cancel(job: Job, { startedAt }: RunStatus, signal: AbortSignal): Promise<string> {
  try {
    const after = await job.cancel(signal);
    const isEnded = after.status === "cancelled" && after.startedAt === startedAt;
    return isEnded ? describeCancelled(job, after) : `The ${job.name} had already ended.`;
  } catch (error) {
    throw error instanceof ConnectionLost ? unknownOutcome(job, error, "cancelled") : error;
  }
}

function describeCancelled(job: Job, { done, failed, total }: RunStatus): string {
  const users = `${numbers.format(done + failed)} of ${plural(total, "user")}`;
  return `The ${job.name} was cancelled after ${users}. Finished users stay finished; those in progress will complete.`;
}

function unknownOutcome(job: Job, error: ConnectionLost, what: string): CommandError {
  if (error instanceof NeverSent) return new CommandError(`${error.message}. Nothing was changed.`);
  return new CommandError(
    `${error.message}. The ${job.name} may or may not have been ${what}: \`${job.command} -- --status\` shows it once the deployment answers.`,
  );
}
