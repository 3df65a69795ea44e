import { internal } from "../../_generated/api";
import type { Doc, Id } from "../../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../../_generated/server";
import { refusal } from "../../errors";
import { raiseOrClose } from "../alerts";
import { resolveKnownUsers } from "../userNames";

/** The life of a run: started, cancelled, read. */

type Run = Doc<"job_runs">;
type JobKind = Run["kind"];
type Reader = Pick<QueryCtx, "db">;

/** Users that may be named one by one. */
export const MAX_NAMED_USERS = 1_000;

export const NO_OPTIONS: Run["options"] = { isDryRun: false, repairs: false, sample: null };

/** Kinds whose failed users nobody would look for otherwise. */
const WATCHED_KINDS = ["backfill", "validation", "drift", "upgrade"] as const;
const ALERT_WINDOW_MS = 5 * 60_000;

/** The run of a kind that is in progress. */
export async function findRunning(ctx: Reader, kind: JobKind): Promise<Run | null> {
  return await ctx.db
    .query("job_runs")
    .withIndex("by_kind_status", (q) => q.eq("kind", kind).eq("status", "running"))
    .first();
}

export async function latestRun(ctx: Reader, kind: JobKind): Promise<Run | null> {
  return await ctx.db
    .query("job_runs")
    .withIndex("by_kind_started_at", (q) => q.eq("kind", kind))
    .order("desc")
    .first();
}

/**
 * Starts a run; nothing of it is done yet when this returns.
 *
 * @param userIds null for all users there are.
 * @throws ALREADY_RUNNING, BATCH_TOO_LARGE
 */
export async function startRun(
  ctx: MutationCtx,
  kind: JobKind,
  options: Run["options"],
  userIds: readonly string[] | null,
): Promise<Id<"job_runs">> {
  const running = await findRunning(ctx, kind);
  if (running !== null) throw alreadyRunning(running);
  if (userIds !== null) requireUserIds(userIds);
  const named = userIds === null ? null : await resolveKnownUsers(ctx, userIds);
  const now = Date.now();
  const runId = await ctx.db.insert("job_runs", {
    kind,
    stepId: null,
    status: "running",
    options,
    isOfNamedUsers: named !== null,
    cursor: null,
    isCounted: named !== null,
    isListed: false,
    total: named?.length ?? 0,
    outstanding: 0,
    done: 0,
    failed: 0,
    counts: {},
    marks: [{ at: now, finished: 0 }],
    startedAt: now,
    updatedAt: now,
    finishedAt: null,
  });
  for (const userId of named ?? []) {
    await ctx.db.insert("job_tasks", {
      runId,
      userId,
      status: "waiting",
      workId: null,
      attempts: 0,
      error: null,
      updatedAt: now,
    });
  }
  await ctx.db.patch("job_runs", runId, {
    stepId: await scheduleStep(ctx, { _id: runId, kind }, 0),
  });
  await ctx.scheduler.runAfter(0, internal.jobs.deleteOld, { kind });
  // Another run of the kind takes the place of the one that had failures.
  await noteFailedJobs(ctx);
  return runId;
}

/** Schedules a run's next step. Whoever calls it keeps the id as `stepId`: one is pending at most. */
export async function scheduleStep(
  ctx: Pick<MutationCtx, "scheduler">,
  { _id: runId, kind }: Pick<Run, "_id" | "kind">,
  delayMs: number,
): Promise<Id<"_scheduled_functions">> {
  const step = kind === "adoption" ? internal.backfill.adoptPage : internal.jobs.feed;
  return await ctx.scheduler.runAfter(delayMs, step, { runId });
}

/** Raises the alert of users who failed in the latest run of a job, or closes it. */
export async function noteFailedJobs(ctx: Pick<MutationCtx, "db">): Promise<void> {
  const failed: string[] = [];
  for (const kind of WATCHED_KINDS) {
    const run = await latestRun(ctx, kind);
    if (run !== null && run.failed > 0) failed.push(`${String(run.failed)} in the ${kind}`);
  }
  await raiseOrClose(ctx, failed.length > 0, {
    cause: "jobs-failed",
    message: `users failed after all attempts: ${failed.join(", ")} (jobs:status lists them)`,
    windowMs: ALERT_WINDOW_MS,
    now: Date.now(),
  });
}

function alreadyRunning({ kind, startedAt, done, total, isCounted }: Run) {
  const progress = isCounted ? `${done} of ${total} users done` : "counting users";
  return refusal(
    "ALREADY_RUNNING",
    `Nothing was started: a run of this kind (${kind}) has been at work since ${new Date(startedAt).toISOString()}, ${progress}. One of a kind runs at a time: wait for it, or cancel it.`,
  );
}

function requireUserIds(userIds: readonly string[]): void {
  if (userIds.length > MAX_NAMED_USERS) {
    throw refusal(
      "BATCH_TOO_LARGE",
      `Nothing was started: userIds has ${userIds.length} entries; at most ${MAX_NAMED_USERS} may be named. Without userIds it is about all users.`,
      { length: userIds.length, maxLength: MAX_NAMED_USERS },
    );
  }
  if (userIds.length > 0 && !userIds.includes("")) return;
  throw refusal(
    "NOT_FOUND",
    "Nothing was started: userIds must name users by their ids or the subjects of their tokens. Leave it out for all users.",
  );
}

/**
 * Ends a run early: no more users are begun, those in progress complete.
 *
 * @returns whether one was running.
 */
export async function cancelRun(ctx: MutationCtx, kind: JobKind): Promise<boolean> {
  const run = await findRunning(ctx, kind);
  if (run === null) return false;
  const now = Date.now();
  await ctx.db.patch("job_runs", run._id, {
    status: "cancelled",
    // It would keep naming a user, who may have everything erased.
    cursor: null,
    updatedAt: now,
    finishedAt: now,
  });
  // Not here: users end while their work is taken back, and a call is tried five times only.
  await ctx.scheduler.runAfter(0, internal.jobs.takeBack, { runId: run._id });
  return true;
}
