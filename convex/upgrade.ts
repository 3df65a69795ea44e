import { v } from "convex/values";
import { AGGREGATION_TYPES, AGGREGATION_VERSIONS, ENGINE_VERSION } from "../src/engine";
import { internal } from "./_generated/api";
import type { Doc } from "./_generated/dataModel";
import {
  internalAction,
  internalQuery,
  type MutationCtx,
  type QueryCtx,
} from "./_generated/server";
import { internalMutation } from "./functions";
import { driveQuietly } from "./model/drive";
import { attemptTask } from "./model/jobs/attempt";
import { LEFT_TO_CHANGES, taskOutcomeValidator, type TaskOutcome } from "./model/jobs/queue";
import { findRunning, latestRun, NO_OPTIONS, startRun } from "./model/jobs/runs";
import { describeLatest, neverValidator, runStatusValidator } from "./model/jobs/status";
import { readState } from "./model/schedule";
import { findTracked } from "./model/trackedFilters";

/**
 * Recomputes in the background what older code has stored, for the users seen last first. Until then
 * such results read as stale, and a page that shows one asks for it itself.
 */

/** Rows of an older version that one look takes up, of each aggregation. */
const MAX_ROWS = 50;
/** Failed users are retried after an hour; if more than so many failed, all are at the next look. */
const RETRY_AFTER_MS = 3_600_000;
const MAX_FAILED = 200;

type Reader = Pick<QueryCtx, "db">;

const statusValidator = v.union(neverValidator, runStatusValidator);

/** Looks for results of older code, and has them recomputed; a cron calls it. */
export const look = internalMutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    const old: typeof oldValidator.type = await ctx.runQuery(
      internal.upgrade.findOld,
      { now: Date.now() },
      // Runs of these users rewrite what it reads.
      { useStaleSnapshot: true },
    );
    const isMarked = await markUsersOfOldRows(ctx, old.rows);
    if (!isMarked && !old.hasUsers) return null;
    if ((await findRunning(ctx, "upgrade")) === null) {
      await startRun(ctx, "upgrade", NO_OPTIONS, null);
    }
    return null;
  },
});

const oldValidator = v.object({
  rows: v.array(v.id("precomputed_aggregations")),
  /** More users than failed a short while ago. */
  hasUsers: v.boolean(),
});

/** The first results of older code, and whether there are users who should be upgraded. */
export const findOld = internalQuery({
  args: { now: v.number() },
  returns: oldValidator,
  handler: async (ctx, { now }) => {
    const rows = await listOldRows(ctx);
    const hasUsers =
      (await hasMoreOldUsers(ctx, 0)) &&
      (await hasMoreOldUsers(ctx, await countRecentlyFailed(ctx, now)));
    return { rows: rows.map(({ _id }) => _id), hasUsers };
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
 * A user's state has the version of their latest run; single rows may be older than that. Rows of
 * filters that are not kept up to date would stay old for ever: they are deleted. True where a user
 * was marked for an upgrade.
 */
async function markUsersOfOldRows(
  ctx: MutationCtx,
  rowIds: (typeof oldValidator.type)["rows"],
): Promise<boolean> {
  let isMarked = false;
  for (const rowId of rowIds) {
    const row = await ctx.db.get("precomputed_aggregations", rowId);
    const state = row === null ? null : await readState(ctx, row.userId);
    if (row === null || state?.engineVersion !== ENGINE_VERSION || state.phase !== "idle") continue;
    if ((await findTracked(ctx, row.userId, row.filterHash)) === null) {
      await ctx.db.delete("precomputed_aggregations", rowId);
    } else if (row.version < AGGREGATION_VERSIONS[row.aggregationType]) {
      await ctx.db.patch("aggregation_state", state._id, { engineVersion: ENGINE_VERSION - 1 });
      isMarked = true;
    }
  }
  return isMarked;
}

async function listOldRows(ctx: Reader): Promise<Doc<"precomputed_aggregations">[]> {
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

/** Users that failed in the latest run, as long as it is too soon to retry them. */
async function countRecentlyFailed(ctx: Reader, now: number): Promise<number> {
  const latest = await latestRun(ctx, "upgrade");
  const isRecent = now - (latest?.finishedAt ?? 0) < RETRY_AFTER_MS;
  return isRecent ? (latest?.failed ?? 0) : 0;
}

/** Whether more users have results of older code than so many: those are known to fail. */
async function hasMoreOldUsers(ctx: Reader, expected: number): Promise<boolean> {
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
      if (!isLast)
        throw new Error("the user's own changes go first; this user is tried again later");
      // Their own run recomputes what is of another version.
      return { counts: { leftToChanges: 1 }, leftBecause: LEFT_TO_CHANGES };
    }),
});
