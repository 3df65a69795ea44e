import type { Hit } from "./readSet";

/** Which function runs, and who called it. */
export interface Call {
  /** "module:function"; in a component, its path comes before it. */
  name: string;
  kind: "query" | "mutation";
  /** The scheduler called it, not an action that the scheduler called. */
  isScheduled: boolean;
}

/** A transaction was refused because another one wrote what it had read. */
export interface Conflict extends Hit {
  call: Call;
  /** The function whose commit it was. */
  writer: string;
  /** How many attempts failed, this one included. */
  failures: number;
  /** It is not tried again: its caller fails. */
  isFinal: boolean;
}

export interface RetryPolicy {
  maxRetries: number;
  initialDelayMs: number;
  maxDelayMs: number;
}

// The values of the real backend: crates/common/src/knobs.rs for mutations and scheduled functions,
// crates/application/src/cron_jobs/mod.rs for crons.
export const CALLED: RetryPolicy = { maxRetries: 4, initialDelayMs: 100, maxDelayMs: 2_000 };
export const SCHEDULED: RetryPolicy = {
  maxRetries: Infinity,
  initialDelayMs: 100,
  maxDelayMs: 60_000,
};
export const CRON: RetryPolicy = { maxRetries: Infinity, initialDelayMs: 500, maxDelayMs: 15_000 };

/** How long to wait after so many failures: a random part of a delay that doubles each time. */
export function retryDelayMs(
  { initialDelayMs, maxDelayMs }: RetryPolicy,
  failures: number,
  random: () => number,
): number {
  return Math.min(initialDelayMs * 2 ** (failures - 1), maxDelayMs) * random();
}

/** The caller of a mutation gets this when all attempts were refused. */
export class ConflictError extends Error {
  constructor({ call, writer, table, documentId }: Conflict) {
    const source = writer === call.name ? "Another call to this mutation" : `A call to "${writer}"`;
    super(
      `Documents read from or written to the "${table}" table changed while this mutation was ` +
        `being run and on every subsequent retry. ${source} changed the document with ID ` +
        `"${documentId}". See https://docs.convex.dev/error#1`,
    );
  }
}

/** A line for the log. */
export function describeConflict({
  call,
  writer,
  table,
  index,
  failures,
  isFinal,
}: Conflict): string {
  const end = isFinal ? "and failed" : "and is retried";
  return (
    `[WARN] ${call.name} conflicted with ${writer} on ${table}.${index} ` +
    `(attempt ${String(failures)}) ${end}`
  );
}
