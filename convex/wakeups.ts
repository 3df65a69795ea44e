import { v } from "convex/values";
import { internalQuery } from "./_generated/server";
import { MAX_DUE_MS } from "./model/dueTimes";

/**
 * Whether a change needs a wake-up of its own. Apart from ./recompute, and without imports of the
 * engine: every mutation that writes records runs this, and Convex loads its module each time.
 */

/** A wake-up noted farther ahead was noted by a clock that was wrong. */
const MAX_WAKE_DELAY_MS = 1_000;

/**
 * Whether a run is coming that will see the user's latest changes, and when the next wake-up is.
 * Callers read it from a snapshot of its own (`useStaleSnapshot`), so that an ingest never
 * conflicts with a run. The answer may therefore be a moment old: a run that rests looks once more
 * two seconds later, and the sweep covers what even that misses.
 *
 * `now` is in epoch milliseconds: a query has no clock.
 */
export const pending = internalQuery({
  args: { userId: v.string(), now: v.number() },
  returns: v.object({ isRunComing: v.boolean(), wakesAt: v.union(v.number(), v.null()) }),
  handler: async (ctx, { userId, now }) => {
    const [state, newest] = await Promise.all([
      ctx.db
        .query("aggregation_state")
        .withIndex("by_user", (q) => q.eq("userId", userId))
        .first(),
      ctx.db
        .query("data_change_log")
        .withIndex("by_user_processed", (q) => q.eq("userId", userId).eq("processed", false))
        .order("desc")
        .first(),
    ]);
    const isRunComing =
      state !== null &&
      state.phase !== "idle" &&
      state.yieldsToChanges !== true &&
      isAhead(state.dueAt, now, MAX_DUE_MS);
    const wakesAt = newest?.wakesAt ?? null;
    return { isRunComing, wakesAt: isAhead(wakesAt, now, MAX_WAKE_DELAY_MS) ? wakesAt : null };
  },
});

function isAhead(at: number | null, now: number, maxMs: number): boolean {
  return at !== null && at > now && at - now <= maxMs;
}
