import type { RunResult } from "@convex-dev/workpool";
import type { FunctionReference } from "convex/server";
import { v, type Infer } from "convex/values";
import { internal } from "../../_generated/api";
import type { Doc, Id } from "../../_generated/dataModel";
import type { MutationCtx } from "../../_generated/server";
import { isErasing } from "../erasure";
import { MAX_ATTEMPTS, maxOutstanding, pool } from "./pool";
import { noteFailedJobs, scheduleStep } from "./runs";
import type { UserPage } from "./sources";

/**
 * How the users of a run get into the queue and out of it. Only a few are queued at a time, so a
 * million users do not mean a million rows, and a cancelled run has little to take back.
 *
 *   waiting or not listed yet ──► queued ──► (no row)   done
 *                                   │  ▲
 *                                   │  └─ lost: the queue no longer knows it
 *                                   ├────► failed       after its last attempt
 *                                   └────► left         kept changing: nobody is to blame
 *
 * Many users end at once, so an end touches nothing that other users touch: it deletes or patches
 * the user's own task and inserts a row of `job_ends`, in one transaction. A run's steps follow one
 * another; each adds up the ends there are and queues more users. Only steps write the run's row
 * (and whoever starts or cancels it), and what others write they read from a snapshot.
 */

type Run = Doc<"job_runs">;
type Task = Doc<"job_tasks">;

const COUNTED_AT_ONCE = 2_000;
/** Ends that one step adds up: more than can come between two. */
const MAX_ENDS = 500;
/** The rate is told from so many marks, taken this far apart. */
const MAX_MARKS = 12;
const MARK_INTERVAL_MS = 5_000;
/** From one step of a run to the next while its users are in progress. */
const STEP_INTERVAL_MS = 500;
/** No attempt takes this long. What has not ended so long after its run was cancelled is lost. */
const LAST_END_MS = 15 * 60_000;

/** What a user's work came to. */
export const taskOutcomeValidator = v.object({
  /** Sums for the run. */
  counts: v.record(v.string(), v.number()),
  /** Why the user was left open, where they were: listed with the run, but no failure. */
  leftBecause: v.optional(v.string()),
  /** The work was not begun, as its run was over. */
  wasSkipped: v.optional(v.boolean()),
});
export type TaskOutcome = Infer<typeof taskOutcomeValidator>;

/** The user's changes never paused; their own runs do the work. */
export const LEFT_TO_CHANGES =
  "the user's own changes came first every time; their next run builds the results";
/** The user's records or results never stayed the same while they were read. */
export const KEPT_CHANGING = "the user's records or results changed every time: inconclusive";

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

/**
 * A run's next step: adds up the users that have ended, then counts some of its users, queues some,
 * or finishes the run. Schedules the step after it, as long as there is something left to do.
 */
export async function takeStep(ctx: MutationCtx, run: Run): Promise<void> {
  const ended = { ...run, ...(await addEnds(ctx, run)) };
  const next = ended.status === "running" ? await moveOn(ctx, ended) : ended;
  const { _id, _creationTime, ...fields } = next;
  const stepId = isOver(next) ? null : await scheduleStep(ctx, next, delayUntilNext(next));
  await ctx.db.replace("job_runs", _id, { ...fields, stepId });
  if (next.failed > run.failed) await noteFailedJobs(ctx);
}

function isOver({ status, outstanding, finishedAt }: Run): boolean {
  if (status === "running") return false;
  return outstanding === 0 || Date.now() - (finishedAt ?? 0) > LAST_END_MS;
}

/** At once while users are counted, and after a page of a sample that held nobody. */
function delayUntilNext({ isCounted, outstanding }: Run): number {
  return isCounted && outstanding > 0 ? STEP_INTERVAL_MS : 0;
}

/** Adds the ends there are to the run's sums, each once: whoever adds an end up deletes its row. */
async function addEnds(ctx: MutationCtx, run: Run): Promise<Partial<Run>> {
  const ids: Id<"job_ends">[] = await ctx.runQuery(
    internal.jobs.listEnds,
    { runId: run._id, limit: MAX_ENDS, now: Date.now() },
    // Users end all the time: with a read of the range that they insert into, a step would rarely
    // commit. What comes after the snapshot is the next step's.
    { useStaleSnapshot: true },
  );
  let { total, outstanding, done, failed, counts } = run;
  for (const id of ids) {
    const end = await ctx.db.get("job_ends", id);
    if (end === null) continue; // A step that ran at the same time has added it up.
    await ctx.db.delete("job_ends", id);
    outstanding -= 1;
    if (end.kind === "done") done += 1;
    if (end.kind === "failed") failed += 1;
    // A user who was erased is no user of the run any more.
    if (end.kind === "gone" && run.status === "running") total -= 1;
    counts = addCounts(counts, end.counts);
  }
  if (outstanding === run.outstanding) return {};
  const now = Date.now();
  const marks = addMark(run.marks, { at: now, finished: done + failed });
  return { total, outstanding, done, failed, counts, marks, updatedAt: now };
}

async function moveOn(ctx: MutationCtx, run: Run): Promise<Run> {
  if (!run.isCounted) return await countMore(ctx, run);
  const next = run.isListed ? run : await queueMore(ctx, run);
  return next.isListed && next.outstanding === 0 ? finished(next) : next;
}

async function countMore(ctx: MutationCtx, run: Run): Promise<Run> {
  const { userIds, cursor } = await listPage(ctx, run, COUNTED_AT_ONCE);
  const total = run.total + userIds.length;
  return { ...run, total, cursor, isCounted: cursor === null, updatedAt: Date.now() };
}

async function queueMore(ctx: MutationCtx, run: Run): Promise<Run> {
  const capacity = maxOutstanding() - run.outstanding;
  if (capacity <= 0) return run;
  const { userIds, cursor } = run.isOfNamedUsers
    ? await takeWaiting(ctx, run._id, capacity)
    : await listPage(ctx, run, lookedAt(capacity, run.options.sample));
  const queued = await enqueue(ctx, run, userIds);
  const outstanding = run.outstanding + queued;
  return { ...run, outstanding, cursor, isListed: cursor === null };
}

async function listPage(ctx: MutationCtx, run: Run, limit: number): Promise<UserPage> {
  return await ctx.runQuery(
    internal.jobs.listUsers,
    { runId: run._id, cursor: run.cursor, limit },
    // Every recompute rewrites the rows that users are listed by.
    { useStaleSnapshot: true },
  );
}

/** Of a sample, more users are looked at to find as many. */
function lookedAt(wanted: number, sample: number | null): number {
  return sample === null ? wanted : Math.min(Math.ceil(wanted / sample), COUNTED_AT_ONCE);
}

/** Users named one by one; their rows become those of the queued. */
async function takeWaiting(
  ctx: MutationCtx,
  runId: Id<"job_runs">,
  limit: number,
): Promise<UserPage> {
  const waiting = await ctx.db
    .query("job_tasks")
    .withIndex("by_run_status", (q) => q.eq("runId", runId).eq("status", "waiting"))
    .take(limit + 1);
  const taken = waiting.slice(0, limit);
  for (const { _id } of taken) await ctx.db.delete("job_tasks", _id);
  const userIds = taken.map(({ userId }) => userId);
  return { userIds, cursor: waiting.length > limit ? "waiting" : null };
}

/** @returns how many: a listed user may have begun to erase everything. */
async function enqueue(ctx: MutationCtx, run: Run, listed: readonly string[]): Promise<number> {
  const runId = run._id;
  const userIds: string[] = [];
  for (const userId of listed) if (!(await isErasing(ctx, userId))) userIds.push(userId);
  const workIds = await sendToPool(ctx, run, userIds);
  const updatedAt = Date.now();
  for (const [index, userId] of userIds.entries()) {
    const workId = workIds[index] ?? null;
    const task = { runId, userId, status: "queued" as const, workId, updatedAt };
    await ctx.db.insert("job_tasks", { ...task, attempts: 0, error: null });
  }
  return userIds.length;
}

async function sendToPool(ctx: MutationCtx, run: Run, userIds: readonly string[]) {
  const work = workOf(run.kind);
  if (work === null || userIds.length === 0) return [];
  const args = userIds.map((userId) => ({ runId: run._id, userId }));
  return await pool().enqueueActionBatch(ctx, work, args, {
    onComplete: internal.jobs.complete,
    context: null,
  });
}

/** Puts a user whose work was lost into the queue again; gives up where that happens too often. */
export async function requeue(ctx: MutationCtx, task: Task): Promise<void> {
  const run = await ctx.db.get("job_runs", task.runId);
  if (run?.status !== "running") return;
  const attempts = task.attempts + 1;
  const error = "the work was lost in a crash or a deploy: the queue no longer knows it";
  await ctx.db.patch("job_tasks", task._id, { attempts, error, updatedAt: Date.now() });
  if (attempts >= MAX_ATTEMPTS) {
    await endTask(ctx, { ...task, attempts }, { kind: "failed", error });
    return;
  }
  const [workId = null] = await sendToPool(ctx, run, [task.userId]);
  await ctx.db.patch("job_tasks", task._id, { workId });
}

/** Notes a user's end, once, however often it is told: the run's next step adds it up. */
export async function endTask(
  ctx: Pick<MutationCtx, "db">,
  task: Task,
  result: RunResult<TaskOutcome>,
): Promise<void> {
  if (task.status !== "queued") return;
  const kept = keptOf(task, result);
  if (kept === null) await ctx.db.delete("job_tasks", task._id);
  else await ctx.db.patch("job_tasks", task._id, { ...kept, workId: null, updatedAt: Date.now() });
  const counts = result.kind === "success" ? result.returnValue.counts : {};
  await ctx.db.insert("job_ends", { runId: task.runId, kind: endKindOf(result), counts });
}

function endKindOf(result: RunResult<TaskOutcome>): Doc<"job_ends">["kind"] {
  if (result.kind === "failed") return "failed";
  return result.kind === "canceled" || result.returnValue.wasSkipped === true ? "gone" : "done";
}

/** What stays readable of a user after their end; null for nothing. */
function keptOf(task: Task, result: RunResult<TaskOutcome>): Pick<Task, "status" | "error"> | null {
  if (result.kind === "failed") return { status: "failed", error: task.error ?? result.error };
  if (result.kind === "canceled" || result.returnValue.leftBecause === undefined) return null;
  return { status: "left", error: result.returnValue.leftBecause };
}

/** The total is set to what there was: since they were counted users have come, and others gone. */
function finished(run: Run): Run {
  const now = Date.now();
  return { ...run, status: "done", total: run.done + run.failed, updatedAt: now, finishedAt: now };
}

function addCounts(
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
