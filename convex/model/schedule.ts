import { ENGINE_VERSION } from "../../src/engine";
import { internal } from "../_generated/api";
import type { Doc } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../_generated/server";
import { markPending } from "./validations";

/** A change at rest is recomputed this much later, so that what follows at once joins it. */
const REST_DELAY_MS = 100;
/** In a burst, runs are this far apart at first and twice as far each time, up to the maximum. */
const BUSY_DELAY_MS = 500;
const MAX_BUSY_DELAY_MS = 5_000;
/** A burst is over when no run was needed for this long. */
const REST_AFTER_MS = 10_000;
const FIRST_RETRY_DELAY_MS = 15_000;
const MAX_RETRY_DELAY_MS = 3_600_000;
/** A run that has not shown life for this long has died. */
export const LEASE_MS = 60_000;
/** A scheduled run that has not begun this long after its time has been lost. */
const START_GRACE_MS = 30_000;
/** Segments of active users are compared with the records this often: well within a day. */
const DRIFT_INTERVAL_MS = 20 * 3_600_000;
const DRIFT_SPREAD = 0.2;
/** No function of older code is at work any more this long after the newer has begun to work. */
const NEWER_CODE_GRACE_MS = 15 * 60_000;
/** Older code looks this often whether the newer is gone. */
export const NEWER_CODE_DELAY_MS = 30_000;
/** Failed runs after which the columns are built anew: they may be what is broken. */
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
  await ctx.db.patch("aggregation_state", state._id, {
    yieldsToChanges: false,
    ...changes,
    phase: "scheduled",
    generation,
    dueAt: Date.now() + delayMs + START_GRACE_MS,
  });
  await ctx.scheduler.runAfter(delayMs, internal.recompute.run, {
    userId: state.userId,
    generation,
  });
}

/** Whether a run is on its way or at work, and neither lost nor dead. */
export function isAlive(state: State, now: number): boolean {
  return state.phase !== "idle" && state.dueAt !== null && state.dueAt > now;
}

/**
 * Sees to it that a run comes for changed records. Writes nothing while one is on its way or at
 * work (it looks for new changes before it rests); replaces one that is overdue, and one that
 * nobody waits for: a change is never kept waiting by a backfill.
 */
export async function ensureRunScheduled(ctx: SchedulingCtx, userId: string): Promise<void> {
  const state = await ensureState(ctx, userId);
  if (state.phase === "erasing") return;
  const isOnItsWay = isAlive(state, Date.now()) && state.yieldsToChanges !== true;
  if (!isOnItsWay) await scheduleSpaced(ctx, state);
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

/** running → idle. */
export async function rest(
  ctx: Pick<MutationCtx, "db">,
  state: State,
  changes: Partial<State> = {},
): Promise<void> {
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
  return isNewer && now - (state.lastRecomputedAt ?? -Infinity) < NEWER_CODE_GRACE_MS;
}

/** Schedules a run soon where the user was at rest; in a burst, farther apart each time. */
export async function scheduleSpaced(ctx: SchedulingCtx, state: State): Promise<void> {
  const isBurst = Date.now() - (state.lastRecomputedAt ?? -Infinity) < REST_AFTER_MS;
  const busyDelayMs = Math.min(BUSY_DELAY_MS * 2 ** state.busyRuns, MAX_BUSY_DELAY_MS);
  await scheduleRun(ctx, state, isBurst ? busyDelayMs : REST_DELAY_MS, {
    busyRuns: isBurst ? state.busyRuns + 1 : 0,
    rerunRequested: false,
  });
}

/** After a run that failed: later each time, never given up, its error kept where it shows. */
export async function scheduleRetry(
  ctx: SchedulingCtx,
  state: State,
  message: string,
): Promise<void> {
  const attempts = state.attempts + 1;
  const delayMs = Math.min(FIRST_RETRY_DELAY_MS * 2 ** state.attempts, MAX_RETRY_DELAY_MS);
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
  if (state.dueAt !== null && state.dueAt - now > LEASE_MS / 2) return;
  await ctx.db.patch("aggregation_state", state._id, { dueAt: now + LEASE_MS });
}
