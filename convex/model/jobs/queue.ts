import type { RunResult } from "@convex-dev/workpool";
import type { FunctionReference } from "convex/server";
import { v, type Infer } from "convex/values";
import { internal } from "../../_generated/api";
import type { Doc, Id } from "../../_generated/dataModel";
import type { MutationCtx } from "../../_generated/server";
import { MAX_ATTEMPTS, MAX_PARALLELISM, pool } from "./pool";
import { listUsers } from "./sources";

/**
 * How the users of a run get into the queue and out of it. At any time only a few are queued, so
 * that a million users are no million rows, and a cancelled run has little to take back.
 *
 *   waiting or not listed yet ──► queued ──► (no row)   done
 *                                   │  ▲
 *                                   │  └─ lost: its end was never heard of
 *                                   ├────► failed       after its last attempt
 *                                   └────► left         kept changing: nobody is to blame
 *
 * A user's end is counted in the transaction that takes the row away, so it is counted once,
 * however often it is told.
 */

type Run = Doc<"job_runs">;
type Task = Doc<"job_tasks">;

/** Users queued or at work at a time. */
export const MAX_OUTSTANDING = 2 * MAX_PARALLELISM;
/** More are queued once so many have ended: not with every single one. */
const LOW_OUTSTANDING = MAX_PARALLELISM + MAX_PARALLELISM / 2;
const COUNTED_AT_ONCE = 2_000;
/** Of a sample a few more may be queued. */
const MAX_CANCELLED = 10 * MAX_OUTSTANDING;
/** The rate is told from so many marks, taken this far apart. */
const MAX_MARKS = 12;
const MARK_INTERVAL_MS = 5_000;

/** What a user's work came to. */
export const taskOutcomeValidator = v.object({
  /** Sums for the run. */
  counts: v.record(v.string(), v.number()),
  /** Why the user was left open, where they were: listed with the run, but no failure. */
  leftBecause: v.optional(v.string()),
});
export type TaskOutcome = Infer<typeof taskOutcomeValidator>;

/** Whose changes never pause: their own runs do what is to be done. */
export const LEFT_TO_CHANGES = "changes went first every time: left to the user's own next run";
/** Whose records or results never stayed the same while they were read. */
export const KEPT_CHANGING =
  "the user's records or results changed every time: nothing can be said";

type WorkAction = FunctionReference<
  "action",
  "internal",
  { runId: Id<"job_runs">; userId: string },
  TaskOutcome
>;

function workOf(kind: Run["kind"]): WorkAction | null {
  switch (kind) {
    case "adoption":
      return null; // Walks the records itself: see backfill.ts.
    case "backfill":
      return internal.backfill.buildUser;
    case "validation":
      return internal.validation.validateUser;
    case "drift":
      return internal.drift.compareUser;
    case "upgrade":
      return internal.upgrade.refreshUser;
  }
}

/** One step of a run: counts some of its users, or queues some, or ends it. True while it counts. */
export async function advanceRun(ctx: MutationCtx, run: Run): Promise<boolean> {
  if (run.status !== "running" || run.kind === "adoption") return false;
  if (run.isCounted) {
    await queueMore(ctx, run);
    return false;
  }
  const { userIds, cursor } = await listUsers(ctx, run, run.cursor, COUNTED_AT_ONCE);
  await ctx.db.patch("job_runs", run._id, {
    total: run.total + userIds.length,
    cursor,
    isCounted: cursor === null,
    updatedAt: Date.now(),
  });
  return true;
}

async function queueMore(ctx: MutationCtx, run: Run): Promise<void> {
  if (run.outstanding > LOW_OUTSTANDING) return;
  let { isListed, cursor, outstanding } = run;
  if (!isListed) {
    const capacity = MAX_OUTSTANDING - outstanding;
    const page = run.isOfNamedUsers
      ? await takeWaiting(ctx, run._id, capacity)
      : await listUsers(ctx, run, cursor, lookedAt(capacity, run.options.sample));
    await enqueue(ctx, run, page.userIds);
    outstanding += page.userIds.length;
    cursor = page.cursor;
    isListed = page.cursor === null;
  }
  await ctx.db.patch("job_runs", run._id, { isListed, cursor, outstanding });
  if (isListed && outstanding === 0) await finishRun(ctx, run);
  // A page of a sample may hold nobody.
  else if (!isListed && outstanding === 0) {
    await ctx.scheduler.runAfter(0, internal.jobs.feed, { runId: run._id });
  }
}

/** Of a sample, more users are looked at to find as many. */
function lookedAt(wanted: number, sample: number | null): number {
  return sample === null ? wanted : Math.min(Math.ceil(wanted / sample), COUNTED_AT_ONCE);
}

/** Users named one by one; their rows become those of the queued. */
async function takeWaiting(ctx: MutationCtx, runId: Id<"job_runs">, limit: number) {
  const waiting = await ctx.db
    .query("job_tasks")
    .withIndex("by_run_status", (q) => q.eq("runId", runId).eq("status", "waiting"))
    .take(limit + 1);
  const taken = waiting.slice(0, limit);
  for (const { _id } of taken) await ctx.db.delete("job_tasks", _id);
  const userIds = taken.map(({ userId }) => userId);
  return { userIds, cursor: waiting.length > limit ? "waiting" : null };
}

async function enqueue(ctx: MutationCtx, run: Run, userIds: readonly string[]): Promise<void> {
  const runId = run._id;
  const workIds = await sendToPool(ctx, run, userIds);
  const updatedAt = Date.now();
  for (const [index, userId] of userIds.entries()) {
    const workId = workIds[index] ?? null;
    const task = { runId, userId, status: "queued" as const, workId, updatedAt };
    await ctx.db.insert("job_tasks", { ...task, attempts: 0, error: null });
  }
}

async function sendToPool(ctx: MutationCtx, run: Run, userIds: readonly string[]) {
  const work = workOf(run.kind);
  if (work === null || userIds.length === 0) return [];
  const args = userIds.map((userId) => ({ runId: run._id, userId }));
  return await pool.enqueueActionBatch(ctx, work, args, {
    onComplete: internal.jobs.complete,
    context: null,
  });
}

/** Puts a user whose work was lost into the queue again; gives up where that happens too often. */
export async function requeue(ctx: MutationCtx, run: Run, task: Task): Promise<void> {
  const attempts = task.attempts + 1;
  const error = "the end of the work was never heard of: it was lost in a crash or a deploy";
  await ctx.db.patch("job_tasks", task._id, { attempts, error, updatedAt: Date.now() });
  if (attempts >= MAX_ATTEMPTS) {
    await completeTask(ctx, { ...task, attempts }, { kind: "failed", error });
    return;
  }
  const [workId = null] = await sendToPool(ctx, run, [task.userId]);
  await ctx.db.patch("job_tasks", task._id, { workId });
}

/** Counts a user's end, once, and queues more. */
export async function completeTask(
  ctx: MutationCtx,
  task: Task,
  result: RunResult<TaskOutcome>,
): Promise<void> {
  if (task.status !== "queued") return;
  const run = await ctx.db.get("job_runs", task.runId);
  const kept = keptOf(task, result);
  if (kept === null) await ctx.db.delete("job_tasks", task._id);
  else await ctx.db.patch("job_tasks", task._id, { ...kept, workId: null, updatedAt: Date.now() });
  if (run === null) return;
  const isDone = result.kind === "success";
  // Whose data were erased is no user any more.
  const isGone = result.kind === "canceled" && run.status === "running";
  const done = run.done + (isDone ? 1 : 0);
  const failed = run.failed + (result.kind === "failed" ? 1 : 0);
  const now = Date.now();
  const changes = {
    total: isGone ? run.total - 1 : run.total,
    outstanding: run.outstanding - 1,
    done,
    failed,
    counts: isDone ? addCounts(run.counts, result.returnValue.counts) : run.counts,
    marks: addMark(run.marks, { at: now, finished: done + failed }),
    updatedAt: now,
  };
  await ctx.db.patch("job_runs", run._id, changes);
  await advanceRun(ctx, { ...run, ...changes });
}

/** What is to be read of a user after their end; null for nothing. */
function keptOf(task: Task, result: RunResult<TaskOutcome>): Pick<Task, "status" | "error"> | null {
  if (result.kind === "failed") return { status: "failed", error: task.error ?? result.error };
  if (result.kind === "canceled" || result.returnValue.leftBecause === undefined) return null;
  return { status: "left", error: result.returnValue.leftBecause };
}

async function finishRun(ctx: MutationCtx, run: Run): Promise<void> {
  const now = Date.now();
  // Since they were counted users may have come, and others gone.
  const total = run.done + run.failed;
  const end = { status: "done" as const, total, updatedAt: now, finishedAt: now };
  await ctx.db.patch("job_runs", run._id, end);
}

/** Takes back what is queued of a cancelled run; what is at work comes to its end by itself. */
export async function cancelQueued(ctx: MutationCtx, runId: Id<"job_runs">): Promise<void> {
  const queued = await ctx.db
    .query("job_tasks")
    .withIndex("by_run_status", (q) => q.eq("runId", runId).eq("status", "queued"))
    .take(MAX_CANCELLED);
  for (const { workId } of queued) {
    // What was written as an id of the pool's is one.
    if (workId !== null) await pool.cancel(ctx, workId as Parameters<typeof pool.cancel>[1]);
  }
}

export function addCounts(
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>,
): Record<string, number> {
  const sums = { ...a };
  for (const [name, count] of Object.entries(b)) sums[name] = (sums[name] ?? 0) + count;
  return sums;
}

function addMark(marks: Run["marks"], mark: Run["marks"][number]): Run["marks"] {
  const last = marks.at(-1);
  if (last !== undefined && mark.at - last.at < MARK_INTERVAL_MS) return marks;
  return [...marks, mark].slice(-MAX_MARKS);
}
