import { v } from "convex/values";
import { AGGREGATION_TYPES, AGGREGATION_VERSIONS, ENGINE_VERSION } from "../src/engine";
import type { Doc } from "./_generated/dataModel";
import { internalAction, internalQuery, type MutationCtx } from "./_generated/server";
import { internalMutation } from "./functions";
import { driveQuietly } from "./model/drive";
import { attemptTask } from "./model/jobs/attempt";
import { LEFT_TO_CHANGES, taskOutcomeValidator, type TaskOutcome } from "./model/jobs/queue";
import { findRunning, latestRun, NO_OPTIONS, startRun } from "./model/jobs/runs";
import { describeLatest, neverValidator, runStatusValidator } from "./model/jobs/status";
import { readState } from "./model/schedule";
import { findTracked } from "./model/trackedFilters";

/**
 * Computes anew what older code has stored, in the background, for those first who were here last.
 * Until then such results read as stale, and a page that shows one asks for it by itself.
 */

/** Rows of an older version that one look takes up, of each aggregation. */
const MAX_ROWS = 50;
/** Who failed is tried again after an hour; where more than so many did, all are at the next look. */
const RETRY_AFTER_MS = 3_600_000;
const MAX_FAILED = 200;

const statusValidator = v.union(neverValidator, runStatusValidator);

/** Looks for results of older code, and has them computed anew; a cron calls it. */
export const look = internalMutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    await markUsersOfOldRows(ctx);
    if ((await findRunning(ctx, "upgrade")) !== null) return null;
    const expected = await countRecentlyFailed(ctx);
    if (!(await hasMoreOldUsers(ctx, expected))) return null;
    await startRun(ctx, "upgrade", NO_OPTIONS, null);
    return null;
  },
});

/** The same by hand, for all who have results of older code. @throws ALREADY_RUNNING */
export const start = internalMutation({
  args: { userIds: v.optional(v.array(v.string())) },
  returns: statusValidator,
  handler: async (ctx, { userIds = null }) => {
    await startRun(ctx, "upgrade", NO_OPTIONS, userIds);
    return await describeLatest(ctx, "upgrade");
  },
});

/** How far the latest upgrade is. */
export const status = internalQuery({
  args: {},
  returns: statusValidator,
  handler: async (ctx) => await describeLatest(ctx, "upgrade"),
});

/**
 * A user's state tells the version of their latest run; single rows may be older than that. Those of
 * filters that are not kept up to date would stay so for ever: they are deleted.
 */
async function markUsersOfOldRows(ctx: MutationCtx): Promise<void> {
  for (const { _id, userId, filterHash } of await listOldRows(ctx)) {
    const state = await readState(ctx, userId);
    if (state?.engineVersion !== ENGINE_VERSION || state.phase !== "idle") continue;
    if ((await findTracked(ctx, userId, filterHash)) === null) {
      await ctx.db.delete("precomputed_aggregations", _id);
    } else {
      await ctx.db.patch("aggregation_state", state._id, { engineVersion: ENGINE_VERSION - 1 });
    }
  }
}

async function listOldRows(ctx: MutationCtx): Promise<Doc<"precomputed_aggregations">[]> {
  const rows = await Promise.all(
    AGGREGATION_TYPES.map((type) =>
      ctx.db
        .query("precomputed_aggregations")
        .withIndex("by_aggregation_type_version", (q) =>
          q.eq("aggregationType", type).lt("version", AGGREGATION_VERSIONS[type]),
        )
        .take(MAX_ROWS),
    ),
  );
  return rows.flat();
}

/** Users that failed in the latest run, as long as it is too soon to try them again. */
async function countRecentlyFailed(ctx: MutationCtx): Promise<number> {
  const latest = await latestRun(ctx, "upgrade");
  const isRecent = Date.now() - (latest?.finishedAt ?? 0) < RETRY_AFTER_MS;
  return isRecent ? (latest?.failed ?? 0) : 0;
}

/** Whether more users have results of older code than so many: those are known to fail. */
async function hasMoreOldUsers(ctx: MutationCtx, expected: number): Promise<boolean> {
  const wanted = Math.min(expected, MAX_FAILED) + 1;
  const states = await ctx.db
    .query("aggregation_state")
    .withIndex("by_engine_version_last_seen_at_user_id", (q) =>
      q.lt("engineVersion", ENGINE_VERSION),
    )
    .take(wanted);
  return states.length === wanted;
}

/** One user of an upgrade. */
export const refreshUser = internalAction({
  args: { runId: v.id("job_runs"), userId: v.string() },
  returns: taskOutcomeValidator,
  handler: async (ctx, args): Promise<TaskOutcome> =>
    await attemptTask(ctx, args, async ({ isLast }) => {
      const end = await driveQuietly(ctx, args.userId, "refresh");
      if (end === "done") return { counts: { refreshed: 1 } };
      if (!isLast) throw new Error("changes of the user go first: to be tried again");
      // Their own run computes anew what is of another version.
      return { counts: { leftToChanges: 1 }, leftBecause: LEFT_TO_CHANGES };
    }),
});
