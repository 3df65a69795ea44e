import { Workpool } from "@convex-dev/workpool";
import { components } from "../../_generated/api";
import { env } from "../../_generated/server";

/**
 * Users that all jobs together work on at a time, unless the environment variable JOB_PARALLELISM
 * says otherwise. Each may hold one of the deployment's places for scheduled functions (eight on the
 * smallest class) for as long as it takes; the queue's own steps hold one more for milliseconds. The
 * other places stay free for the recomputes that users wait for.
 */
const DEFAULT_PARALLELISM = 3;
/** The most that the queue takes. */
const MAX_PARALLELISM = 100;
/** The second attempt comes after one second, the fifth and last after about a minute and a half. */
export const MAX_ATTEMPTS = 5;
const FIRST_BACKOFF_MS = 1_000;
const BACKOFF_BASE = 4;
/** Queued for each user in progress: enough until the run's next step queues more. */
const QUEUED_PER_PLACE = 5;
/**
 * Users who wait for another attempt count as queued. With fewer, some thirty users who keep writing
 * would hold up everybody behind them until their last attempts.
 */
const MIN_OUTSTANDING = 50;

/** What is wrong with JOB_PARALLELISM; null where it is fine or not set. */
export function parallelismProblem(): string | null {
  const text = env["JOB_PARALLELISM"];
  if (text === undefined || isParallelism(Number(text))) return null;
  return `JOB_PARALLELISM is "${text}"; it must be a whole number from 1 to ${MAX_PARALLELISM}`;
}

function maxParallelism(): number {
  const value = Number(env["JOB_PARALLELISM"] ?? DEFAULT_PARALLELISM);
  return isParallelism(value) ? value : DEFAULT_PARALLELISM;
}

function isParallelism(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= MAX_PARALLELISM;
}

/** Users of one run that are queued or in progress at a time. */
export function maxOutstanding(): number {
  return Math.max(MIN_OUTSTANDING, QUEUED_PER_PLACE * maxParallelism());
}

/**
 * The queue of all jobs over users: retries, back-off and bounded parallelism. Made in each call, as
 * the environment can be read inside functions only; the queue takes on the parallelism of the
 * latest call that queued something.
 */
export function pool(): Workpool {
  return new Workpool(components.workpool, {
    maxParallelism: maxParallelism(),
    retryActionsByDefault: true,
    defaultRetryBehavior: {
      maxAttempts: MAX_ATTEMPTS,
      initialBackoffMs: FIRST_BACKOFF_MS,
      base: BACKOFF_BASE,
    },
    // Errors are kept with the user: the queue's own report of each minute adds nothing.
    logLevel: "ERROR",
  });
}
