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
    generation: 0,
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

/**
 * Sees to it that a run comes for changed records. Writes nothing while one is on its way or at
 * work (it looks for new changes before it rests); replaces one that is overdue.
 */
export async function ensureRunScheduled(ctx: SchedulingCtx, userId: string): Promise<void> {
  const state = await ensureState(ctx, userId);
  const isAlive = state.phase !== "idle" && state.dueAt !== null && state.dueAt > Date.now();
  if (!isAlive) await scheduleSpaced(ctx, state);
}

/** The same for a change that leaves no log row (time zone, a filter never seen). */
export async function requestRun(ctx: SchedulingCtx, userId: string): Promise<void> {
  await ensureRunScheduled(ctx, userId);
  const state = await ensureState(ctx, userId);
  if (state.phase === "running") {
    await ctx.db.patch("aggregation_state", state._id, { rerunRequested: true });
  }
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

/** Keeps the lease of a run that is making progress; writes only when half of it is gone. */
export async function renewLease(ctx: Pick<MutationCtx, "db">, state: State): Promise<void> {
  const now = Date.now();
  if (state.dueAt !== null && state.dueAt - now > LEASE_MS / 2) return;
  await ctx.db.patch("aggregation_state", state._id, { dueAt: now + LEASE_MS });
}
