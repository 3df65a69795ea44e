import { vOnCompleteArgs } from "@convex-dev/workpool";
import { v } from "convex/values";
import { internal } from "./_generated/api";
import type { Doc } from "./_generated/dataModel";
import { internalQuery, type QueryCtx } from "./_generated/server";
import { internalMutation } from "./functions";
import { jobKindValidator, jobOptionsValidator } from "./jobTables";
import { pool } from "./model/jobs/pool";
import { endTask, requeue, takeStep, taskOutcomeValidator } from "./model/jobs/queue";
import { cancelRun, scheduleStep } from "./model/jobs/runs";
import { readUserPage, userPageValidator } from "./model/jobs/sources";
import { describeLatest, neverValidator, runStatusValidator } from "./model/jobs/status";
import {
  deleteRun,
  findStuckRuns,
  isLost,
  listOldRuns,
  listQueued,
  lostTaskValidator,
  stuckRunValidator,
} from "./model/jobs/upkeep";
import { noteWatch } from "./model/silence";

/** What moves the runs of all jobs on: see model/jobs/queue.ts. */

const runArgs = { runId: v.id("job_runs") };
const taskArgs = { ...runArgs, userId: v.string() };

/** A run's next step: adds up ends, counts users, queues users, finishes the run. */
export const feed = internalMutation({
  args: runArgs,
  returns: v.null(),
  handler: async (ctx, { runId }) => {
    const run = await ctx.db.get("job_runs", runId);
    if (run !== null) await takeStep(ctx, run);
    return null;
  },
});

/** An end this young may have been written while the step that asks was already running. */
const SETTLE_MS = 250;

/** Settled ends that no step has added up yet, oldest first. `now` is in epoch milliseconds. */
export const listEnds = internalQuery({
  args: { ...runArgs, limit: v.number(), now: v.number() },
  returns: v.array(v.id("job_ends")),
  handler: async (ctx, { runId, limit, now }) => {
    const ends = await ctx.db
      .query("job_ends")
      .withIndex("by_run", (q) => q.eq("runId", runId))
      .take(limit);
    // An end from the future was written by a clock that was wrong: it counts.
    const isSettled = (ageMs: number) => ageMs < 0 || ageMs >= SETTLE_MS;
    return ends.filter((end) => isSettled(now - end._creationTime)).map(({ _id }) => _id);
  },
});

/** A page of the users that a run is about. */
export const listUsers = internalQuery({
  args: { ...runArgs, cursor: v.union(v.string(), v.null()), limit: v.number() },
  returns: userPageValidator,
  handler: async (ctx, { runId, cursor, limit }) => {
    const run = await ctx.db.get("job_runs", runId);
    if (run === null) return { userIds: [], cursor: null };
    return await readUserPage(ctx, run, cursor, limit);
  },
});

/** The queue calls this at the end of a user's work. */
export const complete = internalMutation({
  args: vOnCompleteArgs(v.null(), taskOutcomeValidator).fields,
  returns: v.null(),
  handler: async (ctx, { workId, result }) => {
    const task = await ctx.db
      .query("job_tasks")
      .withIndex("by_work", (q) => q.eq("workId", workId))
      .first();
    if (task !== null) await endTask(ctx, task, result);
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

/** Cancels the run of a kind that is in progress. */
export const cancel = internalMutation({
  args: { kind: jobKindValidator },
  returns: v.union(neverValidator, runStatusValidator),
  handler: async (ctx, { kind }) => {
    await cancelRun(ctx, kind);
    return await describeLatest(ctx, kind);
  },
});

/** Takes back what is queued of a cancelled run; users in progress complete. */
export const takeBack = internalMutation({
  args: runArgs,
  returns: v.null(),
  handler: async (ctx, { runId }) => {
    for (const { workId } of await listQueued(ctx, runId)) {
      if (workId !== null) await pool().cancel(ctx, workId);
    }
    return null;
  },
});

/** What an attempt begins with; null where it should not be made any more. */
export const openTask = internalQuery({
  args: taskArgs,
  returns: v.union(
    v.null(),
    v.object({
      options: jobOptionsValidator,
      counts: v.record(v.string(), v.number()),
      attempts: v.number(),
    }),
  ),
  handler: async (ctx, args) => {
    const run = await ctx.db.get("job_runs", args.runId);
    const task = await findTask(ctx, args);
    if (run?.status !== "running" || task?.status !== "queued") return null;
    return { options: run.options, counts: run.counts, attempts: task.attempts };
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

/**
 * Looks after runs that are stuck, and after the monitoring: crons do not need a place among the
 * scheduled functions. What is stuck is found in a snapshot, so users in progress do not get in the
 * way of this.
 */
export const watch = internalMutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    const now = Date.now();
    await noteWatch(ctx, now);
    const stuck: (typeof stuckRunValidator.type)[] = await ctx.runQuery(
      internal.jobs.listStuck,
      { now },
      { useStaleSnapshot: true },
    );
    for (const { run, stepId, isStepLost, lost } of stuck) {
      if (lost.length > 0) await ctx.scheduler.runAfter(0, internal.jobs.requeueLost, { lost });
      const present = isStepLost ? await ctx.db.get("job_runs", run._id) : null;
      if (present?.status !== "running" || present.stepId !== stepId) continue;
      await ctx.db.patch("job_runs", run._id, { stepId: await scheduleStep(ctx, run, 0) });
    }
    return null;
  },
});

/** What is stuck of the runs in progress. */
export const listStuck = internalQuery({
  args: { now: v.number() },
  returns: v.array(stuckRunValidator),
  handler: async (ctx, { now }) => await findStuckRuns(ctx, now),
});

/**
 * Queues lost work again. The queue may have forgotten work whose end is still waiting for a place
 * among the scheduled functions. This waits in the same line, behind that end: whatever is still
 * open when its turn comes is lost.
 */
export const requeueLost = internalMutation({
  args: { lost: v.array(lostTaskValidator) },
  returns: v.null(),
  handler: async (ctx, { lost }) => {
    for (const { taskId, workId } of lost) {
      const task = await ctx.db.get("job_tasks", taskId);
      if (task?.workId === workId && (await isLost(ctx, task))) await requeue(ctx, task);
    }
    return null;
  },
});

/** Deletes the runs of a kind that are no longer kept; scheduled by the start of another. */
export const deleteOld = internalMutation({
  args: { kind: jobKindValidator },
  returns: v.null(),
  handler: async (ctx, { kind }) => {
    const old: Doc<"job_runs">["_id"][] = await ctx.runQuery(
      internal.jobs.listOld,
      { kind },
      { useStaleSnapshot: true },
    );
    for (const runId of old) {
      if ((await ctx.db.get("job_runs", runId)) === null || (await deleteRun(ctx, runId))) continue;
      await ctx.scheduler.runAfter(0, internal.jobs.deleteOld, { kind });
      break;
    }
    return null;
  },
});

/** Runs of a kind that are no longer kept. */
export const listOld = internalQuery({
  args: { kind: jobKindValidator },
  returns: v.array(v.id("job_runs")),
  handler: async (ctx, { kind }) => await listOldRuns(ctx, kind),
});
