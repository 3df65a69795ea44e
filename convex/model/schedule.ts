import { ENGINE_VERSION } from "../../src/engine";
import { internal } from "../_generated/api";
import type { Doc } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../_generated/server";
import { LEASE_MS, MAX_DUE_MS, MAX_RETRY_DELAY_MS } from "./dueTimes";
import { movePointer } from "./pointer";
import { markPending } from "./validations";

/** In a burst, runs are this far apart at first and twice as far each time, up to the maximum. */
const BUSY_DELAY_MS = 500;
const MAX_BUSY_DELAY_MS = 2_000;
/** A burst is over when no run was needed for this long. */
const REST_AFTER_MS = 10_000;
/** A run that lost all its tries against other writers begins again this much later. */
const CONFLICT_DELAY_MS = 1_000;
const FIRST_RETRY_DELAY_MS = 15_000;
/** A scheduled run that has not begun this long after its time may have been lost. */
const START_GRACE_MS = 30_000;
/** Segments of active users are compared with the records this often: well within a day. */
const DRIFT_INTERVAL_MS = 20 * 3_600_000;
const DRIFT_SPREAD = 0.2;
/** No function of older code is at work any more this long after the newer has begun to work. */
const NEWER_CODE_GRACE_MS = 15 * 60_000;
/** Older code looks this often whether the newer is gone. */
export const NEWER_CODE_DELAY_MS = 30_000;
/** Failed runs after which the columns are rebuilt: they may be what is broken. */
const REBUILD_AFTER_ATTEMPTS = 3;

type State = Doc<"aggregation_state">;
type SchedulingCtx = Pick<MutationCtx, "db" | "scheduler">;

export async function readState(ctx: Pick<QueryCtx, "db">, userId: string): Promise<State | null> {
  return await ctx.db
    .query("aggregation_state")
    .withIndex("by_user", (q) => q.eq("userId", userId))
    .unique();
}

/** The user's state, made on first sight. */
export async function ensureState(ctx: Pick<MutationCtx, "db">, userId: string): Promise<State> {
  const existing = await readState(ctx, userId);
  if (existing !== null) return existing;
  const id = await ctx.db.insert("aggregation_state", {
    userId,
    phase: "idle",
    // Beyond all there ever were, should the user have been erased: a run of then may still wake.
    generation: Date.now(),
    dueAt: null,
    attempts: 0,
    busyRuns: 0,
    epoch: 0,
    rebuildRequested: false,
    rerunRequested: false,
    recordCount: 0,
    lastRecomputedAt: null,
    lastError: null,
    lastSeenAt: Date.now(),
    refreshAt: null,
    engineVersion: ENGINE_VERSION,
    sampleKey: Math.random(),
    driftDueAt: nextDriftCheck(Date.now()),
  });
  const created = await ctx.db.get("aggregation_state", id);
  if (created === null) throw new Error("aggregation_state: a row just inserted is missing");
  return created;
}

/** Schedules a run under a new generation: whatever ran or was scheduled before is void. */
export async function scheduleRun(
  ctx: SchedulingCtx,
  state: State,
  delayMs: number,
  changes: Partial<State> = {},
): Promise<void> {
  const generation = state.generation + 1;
  if (state.epoch === 0) await markPending(ctx, state.userId);
  const scheduledRunId = await ctx.scheduler.runAfter(delayMs, internal.recompute.run, {
    userId: state.userId,
    generation,
  });
  await ctx.db.patch("aggregation_state", state._id, {
    yieldsToChanges: false,
    ...changes,
    phase: "scheduled",
    generation,
    dueAt: Date.now() + delayMs + START_GRACE_MS,
    scheduledRunId,
  });
}

/** Whether a run is scheduled or running, and neither lost nor dead. */
export async function isAlive(
  ctx: Pick<QueryCtx, "db">,
  state: State,
  now: number,
): Promise<boolean> {
  if (state.phase === "idle" || state.dueAt === null) return false;
  const isDueAhead = state.dueAt > now && state.dueAt - now <= MAX_DUE_MS;
  return isDueAhead || (await isStillScheduled(ctx, state, now));
}

/**
 * Whether the scheduled function of an overdue run is still waiting for its turn. Scheduling a
 * second one would only make the queue longer.
 */
async function isStillScheduled(
  ctx: Pick<QueryCtx, "db">,
  { phase, scheduledRunId }: State,
  now: number,
): Promise<boolean> {
  if (phase !== "scheduled" || scheduledRunId === undefined) return false;
  const scheduled = await ctx.db.system.get("_scheduled_functions", scheduledRunId);
  if (scheduled?.state.kind !== "pending") return false;
  return scheduled.scheduledTime - now <= MAX_DUE_MS;
}

/** Takes over an overdue run, unless it only waits for its turn: then it gets more time. */
export async function takeOverOverdue(ctx: SchedulingCtx, state: State): Promise<void> {
  const now = Date.now();
  if (await isStillScheduled(ctx, state, now)) {
    await ctx.db.patch("aggregation_state", state._id, { dueAt: now + START_GRACE_MS });
  } else {
    await scheduleRun(ctx, state, 0);
  }
}

/**
 * Makes sure that a run comes for changed records. Writes nothing while one is scheduled or running
 * (it looks for new changes before it rests). Replaces one that is overdue, and one of a backfill,
 * which never keeps a change waiting.
 */
export async function ensureRunScheduled(ctx: SchedulingCtx, userId: string): Promise<void> {
  const state = await ensureState(ctx, userId);
  if (state.phase === "erasing") return;
  const isComing = state.yieldsToChanges !== true && (await isAlive(ctx, state, Date.now()));
  if (!isComing) await scheduleSpaced(ctx, state);
}

/** The same for a change that leaves no log row (time zone, a filter never seen). */
export async function requestRun(
  ctx: SchedulingCtx,
  userId: string,
  changes: { rebuildRequested?: true } = {},
): Promise<void> {
  await ensureRunScheduled(ctx, userId);
  const state = await ensureState(ctx, userId);
  if (state.phase === "erasing") return;
  const rerun = state.phase === "running" ? { rerunRequested: true } : {};
  const all = { ...changes, ...rerun };
  if (Object.keys(all).length > 0) await ctx.db.patch("aggregation_state", state._id, all);
}

/** Whether a run of this generation is scheduled or running. */
export function holdsRun(state: State, generation: number): boolean {
  const isActive = state.phase === "scheduled" || state.phase === "running";
  return isActive && state.generation === generation;
}

/** → running. */
export async function takeLease(
  ctx: Pick<MutationCtx, "db">,
  state: State,
  changes: Partial<State> = {},
): Promise<void> {
  const dueAt = Date.now() + LEASE_MS;
  await ctx.db.patch("aggregation_state", state._id, { ...changes, phase: "running", dueAt });
}

/** running → idle. What rebuilds have left behind is deleted next. */
export async function rest(
  ctx: SchedulingCtx,
  state: State,
  changes: Partial<State> = {},
): Promise<void> {
  if (state.hasOtherEpochs === true) {
    const { userId } = state;
    await ctx.scheduler.runAfter(0, internal.quietRuns.dropOtherEpochs, { userId });
  }
  await ctx.db.patch("aggregation_state", state._id, {
    ...changes,
    phase: "idle",
    dueAt: null,
    yieldsToChanges: false,
    isUnvalidated: true,
  });
}

/**
 * Whether results are there that newer code has stored lately. In a deploy the older of two
 * versions stands back; where the newer is gone for good, it takes over after a while.
 */
export function isLeftToNewerCode(state: State, now: number): boolean {
  const isNewer = (state.engineVersion ?? 0) > ENGINE_VERSION;
  const sinceLastMs = now - (state.lastRecomputedAt ?? -Infinity);
  return isNewer && sinceLastMs >= 0 && sinceLastMs < NEWER_CODE_GRACE_MS;
}

/** Schedules a run at once where the user was at rest; in a burst, farther apart each time. */
export async function scheduleSpaced(ctx: SchedulingCtx, state: State): Promise<void> {
  const sinceLastMs = Date.now() - (state.lastRecomputedAt ?? -Infinity);
  // A last run that lies ahead was noted by a clock that was wrong.
  const isBurst = sinceLastMs >= 0 && sinceLastMs < REST_AFTER_MS;
  const busyDelayMs = Math.min(BUSY_DELAY_MS * 2 ** state.busyRuns, MAX_BUSY_DELAY_MS);
  await scheduleRun(ctx, state, isBurst ? Math.max(0, busyDelayMs - sinceLastMs) : 0, {
    busyRuns: isBurst ? state.busyRuns + 1 : 0,
    rerunRequested: false,
  });
}

/** After a run that left changes behind because they were too many for one: at once. */
export async function scheduleRest(ctx: SchedulingCtx, state: State): Promise<void> {
  await scheduleRun(ctx, state, 0, { rerunRequested: false });
}

/**
 * After a run that lost all its tries against other writers. Nothing is wrong, so it counts as no
 * failure: no error shows, and the delay does not grow.
 */
export async function schedulePostponed(ctx: SchedulingCtx, state: State): Promise<void> {
  await scheduleRun(ctx, state, CONFLICT_DELAY_MS);
}

/** After a failed run: later each time, without end. The error is kept where it shows. */
export async function scheduleRetry(
  ctx: SchedulingCtx,
  state: State,
  message: string,
): Promise<void> {
  const attempts = state.attempts + 1;
  const delayMs = Math.min(FIRST_RETRY_DELAY_MS * 2 ** state.attempts, MAX_RETRY_DELAY_MS);
  await movePointer(ctx, state.userId, { lastError: message });
  await scheduleRun(ctx, state, delayMs, {
    attempts,
    rebuildRequested: state.rebuildRequested || attempts >= REBUILD_AFTER_ATTEMPTS,
    lastError: { message, at: Date.now() },
  });
}

/** Spreads the checks over the day, and each user's own over the hours. */
export function nextDriftCheck(now: number): number {
  return now + DRIFT_INTERVAL_MS * (1 - DRIFT_SPREAD * Math.random());
}

/** Keeps the lease of a run that is making progress; writes only when half of it is gone. */
export async function renewLease(ctx: Pick<MutationCtx, "db">, state: State): Promise<void> {
  const now = Date.now();
  const leftMs = (state.dueAt ?? now) - now;
  if (leftMs > LEASE_MS / 2 && leftMs <= LEASE_MS) return;
  await ctx.db.patch("aggregation_state", state._id, { dueAt: now + LEASE_MS });
}
