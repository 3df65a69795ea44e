import { v } from "convex/values";
import { internal } from "./_generated/api";
import { internalMutation } from "./functions";
import { ensureRunScheduled, readState, scheduleRun } from "./model/schedule";
import { dropTracked } from "./model/trackedFilters";

/** What crons do so that nothing stays stuck, turns stale unseen, or is kept for ever. */

const BATCH = 50;
const LOG_BATCH = 500;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** A change this old without a run has been lost by everything else. */
const STUCK_AFTER_MS = 5 * MINUTE_MS;
const KEEP_PROCESSED_MS = DAY_MS;
const KEEP_UNASKED_MS = 30 * DAY_MS;
const SEEN_LATELY_MS = 7 * DAY_MS;

/**
 * Takes over runs that died or were lost: leases that ran out, scheduled starts long past,
 * unprocessed changes whose user is not even scheduled, and erasures that have stopped.
 */
export const sweep = internalMutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    const now = Date.now();
    const overdue = await ctx.db
      .query("aggregation_state")
      .withIndex("by_due_at", (q) => q.gt("dueAt", null).lte("dueAt", now))
      .take(BATCH);
    for (const state of overdue) await scheduleRun(ctx, state, 0);
    const stuck = await ctx.db
      .query("data_change_log")
      .withIndex("by_processed_changed_at", (q) =>
        q.eq("processed", false).lt("changedAt", now - STUCK_AFTER_MS),
      )
      .take(LOG_BATCH);
    for (const userId of new Set(stuck.map((row) => row.userId))) {
      await ensureRunScheduled(ctx, userId);
    }
    const stopped = await ctx.db
      .query("account_erasures")
      .withIndex("by_updated_at", (q) => q.lt("updatedAt", now - STUCK_AFTER_MS))
      .take(BATCH);
    for (const { userId } of stopped) {
      await ctx.scheduler.runAfter(0, internal.account.eraseStep, { userId });
    }
    if (overdue.length === BATCH) {
      await ctx.scheduler.runAfter(0, internal.maintenance.sweep, {});
    }
    return null;
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
