import { v, type Infer } from "convex/values";
import { internal } from "./_generated/api";
import { internalQuery, type QueryCtx } from "./_generated/server";
import { internalMutation } from "./functions";
import { ensureRunScheduled, readState, scheduleRun, takeOverOverdue } from "./model/schedule";
import { MAX_DUE_MS } from "./model/dueTimes";
import { dropTracked } from "./model/trackedFilters";

/** What crons do so that nothing stays stuck, turns stale unseen, or is kept for ever. */

const BATCH = 50;
const LOG_BATCH = 500;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** A change this old without a run has been missed by everything else. */
const STUCK_AFTER_MS = MINUTE_MS;
/** An erasure takes a step every few seconds; one that is silent for so long has stopped. */
const ERASURE_STOPPED_AFTER_MS = 5 * MINUTE_MS;
/** Users with unprocessed changes looked at in one transaction. */
const MAX_LOOKED_AT = 200;
const KEEP_PROCESSED_MS = DAY_MS;
const KEEP_UNASKED_MS = 30 * DAY_MS;
const SEEN_LATELY_MS = 7 * DAY_MS;

/**
 * Takes over runs that died or were lost: expired leases, scheduled runs that never began, changes
 * whose user has no run, and erasures that stopped. A run that only waits for its turn stays.
 */
export const sweep = internalMutation({
  args: { after: v.optional(v.string()) },
  returns: v.null(),
  handler: async (ctx, { after = "" }) => {
    const now = Date.now();
    const overdue = await listOverdue(ctx, now);
    for (const state of overdue) await takeOverOverdue(ctx, state);
    // From a snapshot of its own, so that no writer of records makes the sweep begin again.
    const stuck: Stuck = await ctx.runQuery(
      internal.maintenance.findStuck,
      { after, now },
      { useStaleSnapshot: true },
    );
    for (const userId of stuck.userIds) await ensureRunScheduled(ctx, userId);
    const stopped = await ctx.db
      .query("account_erasures")
      .withIndex("by_updated_at", (q) => q.lt("updatedAt", now - ERASURE_STOPPED_AFTER_MS))
      .take(BATCH);
    for (const { userId } of stopped) {
      await ctx.scheduler.runAfter(0, internal.account.eraseStep, { userId });
    }
    const next = stuck.next ?? (overdue.length >= BATCH ? "" : null);
    if (next !== null) await ctx.scheduler.runAfter(0, internal.maintenance.sweep, { after: next });
    return null;
  },
});

/** Runs past their time, and those whose time lies so far ahead that a wrong clock wrote it. */
async function listOverdue(ctx: Pick<QueryCtx, "db">, now: number) {
  const [past, farAhead] = await Promise.all([
    ctx.db
      .query("aggregation_state")
      .withIndex("by_due_at", (q) => q.gt("dueAt", null).lte("dueAt", now))
      .take(BATCH),
    ctx.db
      .query("aggregation_state")
      .withIndex("by_due_at", (q) => q.gt("dueAt", now + MAX_DUE_MS))
      .take(BATCH),
  ]);
  return [...past, ...farAhead];
}

const stuckValidator = v.object({
  userIds: v.array(v.string()),
  /** Where to go on; null at the end. */
  next: v.union(v.string(), v.null()),
});
type Stuck = Infer<typeof stuckValidator>;

/**
 * Users whose oldest unprocessed change has waited too long. Reads one row for each user with
 * unprocessed changes, however many each has, so that one user's backlog never hides another's.
 */
export const findStuck = internalQuery({
  args: { after: v.string(), now: v.number() },
  returns: stuckValidator,
  handler: async (ctx, { after, now }) => {
    const userIds: string[] = [];
    let last = after;
    for (let looked = 0; looked < MAX_LOOKED_AT; looked++) {
      const row = await ctx.db
        .query("data_change_log")
        .withIndex("by_processed_user", (q) => q.eq("processed", false).gt("userId", last))
        .first();
      if (row === null) return { userIds, next: null };
      last = row.userId;
      const waitedMs = now - row.changedAt;
      // A change from the future was noted by a clock that was wrong.
      if (waitedMs > STUCK_AFTER_MS || waitedMs < -STUCK_AFTER_MS) userIds.push(last);
    }
    return { userIds, next: last };
  },
});

/** Recomputes for the new day, where it has begun, the results of users seen in the last week. */
export const refreshDays = internalMutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    const now = Date.now();
    const due = await ctx.db
      .query("aggregation_state")
      .withIndex("by_refresh_at", (q) => q.gt("refreshAt", null).lte("refreshAt", now))
      .take(BATCH);
    for (const { _id, userId, lastSeenAt } of due) {
      await ctx.db.patch("aggregation_state", _id, { refreshAt: null });
      const state = await readState(ctx, userId);
      const isSeenLately = now - lastSeenAt < SEEN_LATELY_MS;
      if (isSeenLately && state?.phase === "idle") await scheduleRun(ctx, state, 0);
    }
    if (due.length === BATCH) {
      await ctx.scheduler.runAfter(0, internal.maintenance.refreshDays, {});
    }
    return null;
  },
});

/** Deletes processed log rows after a day, and filters with their results after 30 days unasked. */
export const cleanUp = internalMutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    const now = Date.now();
    const processed = await ctx.db
      .query("data_change_log")
      .withIndex("by_processed_changed_at", (q) =>
        q.eq("processed", true).lt("changedAt", now - KEEP_PROCESSED_MS),
      )
      .take(LOG_BATCH);
    for (const { _id } of processed) await ctx.db.delete("data_change_log", _id);
    const unasked = await ctx.db
      .query("tracked_filters")
      .withIndex("by_is_default_last_requested_at", (q) =>
        q.eq("isDefault", false).lt("lastRequestedAt", now - KEEP_UNASKED_MS),
      )
      .take(BATCH);
    for (const tracked of unasked) await dropTracked(ctx, tracked);
    if (processed.length === LOG_BATCH || unasked.length === BATCH) {
      await ctx.scheduler.runAfter(0, internal.maintenance.cleanUp, {});
    }
    return null;
  },
});
