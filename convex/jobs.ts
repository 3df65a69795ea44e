import { vOnCompleteArgs } from "@convex-dev/workpool";
import { v } from "convex/values";
import { internal } from "./_generated/api";
import type { Doc } from "./_generated/dataModel";
import { internalQuery, type MutationCtx, type QueryCtx } from "./_generated/server";
import { internalMutation } from "./functions";
import { jobKindValidator, jobOptionsValidator } from "./jobTables";
import { pool } from "./model/jobs/pool";
import {
  advanceRun,
  completeTask,
  MAX_OUTSTANDING,
  requeue,
  taskOutcomeValidator,
} from "./model/jobs/queue";
import { cancelRun } from "./model/jobs/runs";
import { describeLatest, neverValidator, runStatusValidator } from "./model/jobs/status";
import { hasHeadroom } from "./model/headroom";

/** What moves the runs of all jobs on: see model/jobs/queue.ts. */

/** A run that nothing was heard of for so long may have lost some of its work. */
const QUIET_MS = 2 * 60_000;
const MAX_RUNNING = 10;
/** Runs kept of each kind. */
const MAX_KEPT_RUNS = 20;
const JOB_KINDS = ["adoption", "backfill", "validation", "drift", "upgrade"] as const;

const taskArgs = { runId: v.id("job_runs"), userId: v.string() };

/** The next step of a run: counting its users, then queueing the first. */
export const feed = internalMutation({
  args: { runId: v.id("job_runs") },
  returns: v.null(),
  handler: async (ctx, { runId }) => {
    const run = await ctx.db.get("job_runs", runId);
    if (run === null) return null;
    const isCounting = await advanceRun(ctx, run);
    if (isCounting) await ctx.scheduler.runAfter(0, internal.jobs.feed, { runId });
    return null;
  },
});

/** The queue tells the end of a user's work. */
export const complete = internalMutation({
  args: vOnCompleteArgs(v.null(), taskOutcomeValidator).fields,
  returns: v.null(),
  handler: async (ctx, { workId, result }) => {
    const task = await ctx.db
      .query("job_tasks")
      .withIndex("by_work", (q) => q.eq("workId", workId))
      .first();
    if (task !== null) await completeTask(ctx, task, result);
    return null;
  },
});

async function findTask(
  ctx: Pick<QueryCtx, "db">,
  { runId, userId }: Pick<Doc<"job_tasks">, "runId" | "userId">,
): Promise<Doc<"job_tasks"> | null> {
  return await ctx.db
    .query("job_tasks")
    .withIndex("by_run_user", (q) => q.eq("runId", runId).eq("userId", userId))
    .first();
}

/** How far the latest run of a kind is. `npx convex run jobs:status '{"kind": "drift"}' --watch` */
export const status = internalQuery({
  args: { kind: jobKindValidator },
  returns: v.union(neverValidator, runStatusValidator),
  handler: async (ctx, { kind }) => await describeLatest(ctx, kind),
});

/** Ends the run of a kind that is at work. */
export const cancel = internalMutation({
  args: { kind: jobKindValidator },
  returns: v.union(neverValidator, runStatusValidator),
  handler: async (ctx, { kind }) => {
    await cancelRun(ctx, kind);
    return await describeLatest(ctx, kind);
  },
});

/** What an attempt begins with; null where it is not to be made any more. */
export const openTask = internalQuery({
  args: taskArgs,
  returns: v.union(v.null(), v.object({ options: jobOptionsValidator, attempts: v.number() })),
  handler: async (ctx, args) => {
    const run = await ctx.db.get("job_runs", args.runId);
    const task = await findTask(ctx, args);
    if (run?.status !== "running" || task?.status !== "queued") return null;
    return { options: run.options, attempts: task.attempts };
  },
});

/** Keeps with the user why an attempt failed. */
export const noteFailure = internalMutation({
  args: { ...taskArgs, message: v.string() },
  returns: v.null(),
  handler: async (ctx, { message, ...args }) => {
    const task = await findTask(ctx, args);
    if (task?.status !== "queued") return null;
    await ctx.db.patch("job_tasks", task._id, {
      attempts: task.attempts + 1,
      error: message,
      updatedAt: Date.now(),
    });
    return null;
  },
});

/** Looks after runs that nothing was heard of, and deletes the oldest. */
export const watch = internalMutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    const now = Date.now();
    for (const kind of JOB_KINDS) {
      const running = await ctx.db
        .query("job_runs")
        .withIndex("by_kind_status", (q) => q.eq("kind", kind).eq("status", "running"))
        .take(MAX_RUNNING);
      for (const run of running) {
        if (now - run.updatedAt > QUIET_MS) await revive(ctx, run);
      }
      await deleteOldest(ctx, kind);
    }
    return null;
  },
});

/** Queues again what the queue knows nothing of, and takes the next step. */
async function revive(ctx: MutationCtx, run: Doc<"job_runs">): Promise<void> {
  const queued = await ctx.db
    .query("job_tasks")
    .withIndex("by_run_status", (q) => q.eq("runId", run._id).eq("status", "queued"))
    .take(MAX_OUTSTANDING);
  for (const task of queued) {
    // What was written as an id of the pool's is one.
    const workId = task.workId as Parameters<typeof pool.status>[1] | null;
    const isLost = workId === null || (await pool.status(ctx, workId)).state === "finished";
    if (isLost) await requeue(ctx, run, task);
  }
  const step = run.kind === "adoption" ? internal.backfill.adoptPage : internal.jobs.feed;
  await ctx.scheduler.runAfter(0, step, { runId: run._id });
}

async function deleteOldest(ctx: MutationCtx, kind: Doc<"job_runs">["kind"]): Promise<void> {
  const runs = await ctx.db
    .query("job_runs")
    .withIndex("by_kind_started_at", (q) => q.eq("kind", kind))
    .order("desc")
    .take(MAX_KEPT_RUNS + 2);
  for (const { _id, status } of runs.slice(MAX_KEPT_RUNS)) {
    if (status !== "running" && (await emptyRun(ctx, _id))) await ctx.db.delete("job_runs", _id);
  }
}

/** Deletes what a run has left, as much as the transaction bears; whether that was all. */
async function emptyRun(ctx: MutationCtx, runId: Doc<"job_runs">["_id"]): Promise<boolean> {
  const tasks = ctx.db.query("job_tasks").withIndex("by_run_status", (q) => q.eq("runId", runId));
  for await (const { _id } of tasks) {
    if (!(await hasHeadroom(ctx))) return false;
    await ctx.db.delete("job_tasks", _id);
  }
  const differences = ctx.db
    .query("validation_differences")
    .withIndex("by_run_user", (q) => q.eq("runId", runId));
  for await (const { _id } of differences) {
    if (!(await hasHeadroom(ctx))) return false;
    await ctx.db.delete("validation_differences", _id);
  }
  return true;
}
