import { Workpool } from "@convex-dev/workpool";
import { components } from "../../_generated/api";

/** Users that are worked on at a time, by all jobs together. */
export const MAX_PARALLELISM = 8;
/** The second try comes after one second, the fifth and last after about a minute and a half. */
export const MAX_ATTEMPTS = 5;
const FIRST_BACKOFF_MS = 1_000;
const BACKOFF_BASE = 4;

/** The queue of all jobs over users: retries, back-off and bounded parallelism. */
export const pool = new Workpool(components.workpool, {
  maxParallelism: MAX_PARALLELISM,
  retryActionsByDefault: true,
  defaultRetryBehavior: {
    maxAttempts: MAX_ATTEMPTS,
    initialBackoffMs: FIRST_BACKOFF_MS,
    base: BACKOFF_BASE,
  },
  // Errors are kept with the user; the queue's own report of each minute is of no use here.
  logLevel: "ERROR",
});
