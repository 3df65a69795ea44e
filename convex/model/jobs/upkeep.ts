import { vWorkId } from "@convex-dev/workpool";
import { v, type Infer } from "convex/values";
import type { Doc, Id } from "../../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../../_generated/server";
import { jobKindValidator } from "../../jobTables";
import { hasHeadroom } from "../headroom";
import { pool } from "./pool";
import { findRunning } from "./runs";

/** What keeps runs from getting stuck, and from being kept for ever. */

/** A run in which nothing happened for so long may have lost some of its work. */
const QUIET_MS = 2 * 60_000;
/** More than any run queues at a time. */
const MAX_QUEUED = 1_000;
/** Runs kept of each kind. */
const MAX_KEPT_RUNS = 20;

type Run = Doc<"job_runs">;

/** Work that the queue no longer knows, though its end was never noted. */
export const lostTaskValidator = v.object({
  taskId: v.id("job_tasks"),
  workId: v.union(vWorkId, v.null()),
});

export const stuckRunValidator = v.object({
  run: v.object({ _id: v.id("job_runs"), kind: jobKindValidator }),
  stepId: v.union(v.id("_scheduled_functions"), v.null()),
  /** The step that should come is neither scheduled nor running. */
  isStepLost: v.boolean(),
  lost: v.array(lostTaskValidator),
});

/** Runs in which nothing happened for a while, with what is lost of them; empty where all is well. */
export async function findStuckRuns(
  ctx: QueryCtx,
  now: number,
): Promise<Infer<typeof stuckRunValidator>[]> {
  const stuck: Infer<typeof stuckRunValidator>[] = [];
  for (const { value: kind } of jobKindValidator.members) {
    const run = await findRunning(ctx, kind);
    if (run === null || now - run.updatedAt < QUIET_MS) continue;
    const { _id, stepId } = run;
    const isStepLost = !(await isPending(ctx, stepId));
    const lost = await findLost(ctx, run);
    if (isStepLost || lost.length > 0) stuck.push({ run: { _id, kind }, stepId, isStepLost, lost });
  }
  return stuck;
}

/** Whether a scheduled function is still to run, or running. */
export async function isPending(
  ctx: Pick<QueryCtx, "db">,
  id: Id<"_scheduled_functions"> | null,
): Promise<boolean> {
  const scheduled = id === null ? null : await ctx.db.system.get("_scheduled_functions", id);
  return scheduled?.state.kind === "pending" || scheduled?.state.kind === "inProgress";
}

async function findLost(ctx: QueryCtx, run: Run): Promise<Infer<typeof lostTaskValidator>[]> {
  const lost: Infer<typeof lostTaskValidator>[] = [];
  for (const task of await listQueued(ctx, run._id)) {
    if (await isLost(ctx, task)) lost.push({ taskId: task._id, workId: task.workId });
  }
  return lost;
}

/** Whether the queue no longer knows the work of a user whose end is not noted. */
export async function isLost(
  ctx: QueryCtx | MutationCtx,
  { status, workId }: Doc<"job_tasks">,
): Promise<boolean> {
  if (status !== "queued") return false;
  return workId === null || (await pool().status(ctx, workId)).state === "finished";
}

/** Users of a run that are queued or in progress. */
export async function listQueued(
  ctx: Pick<QueryCtx, "db">,
  runId: Run["_id"],
): Promise<Doc<"job_tasks">[]> {
  return await ctx.db
    .query("job_tasks")
    .withIndex("by_run_status", (q) => q.eq("runId", runId).eq("status", "queued"))
    .take(MAX_QUEUED);
}

/** Runs of a kind that are no longer kept. */
export async function listOldRuns(
  ctx: Pick<QueryCtx, "db">,
  kind: Run["kind"],
): Promise<Run["_id"][]> {
  const runs = await ctx.db
    .query("job_runs")
    .withIndex("by_kind_started_at", (q) => q.eq("kind", kind))
    .order("desc")
    .take(MAX_KEPT_RUNS + 2);
  const old = runs.slice(MAX_KEPT_RUNS).filter(({ status }) => status !== "running");
  return old.map(({ _id }) => _id);
}

/** Deletes a run with all it has left, as far as the transaction bears; whether that was all. */
export async function deleteRun(ctx: MutationCtx, runId: Run["_id"]): Promise<boolean> {
  const tasks = ctx.db.query("job_tasks").withIndex("by_run_status", (q) => q.eq("runId", runId));
  const ends = ctx.db.query("job_ends").withIndex("by_run", (q) => q.eq("runId", runId));
  const differences = ctx.db
    .query("validation_differences")
    .withIndex("by_run_user", (q) => q.eq("runId", runId));
  for (const [table, rows] of [
    ["job_tasks", tasks],
    ["job_ends", ends],
    ["validation_differences", differences],
  ] as const) {
    for await (const { _id } of rows) {
      if (!(await hasHeadroom(ctx))) return false;
      await ctx.db.delete(table, _id);
    }
  }
  await ctx.db.delete("job_runs", runId);
  return true;
}
