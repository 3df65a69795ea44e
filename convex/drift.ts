import { v } from "convex/values";
import { internal } from "./_generated/api";
import { internalAction, internalQuery, type MutationCtx } from "./_generated/server";
import { internalMutation } from "./functions";
import { logDrift } from "./model/changeLog";
import { momentValidator } from "./model/check/report";
import { isStillAt, type Opened } from "./model/check/store";
import { findDrift, type Drift } from "./model/drift/findDrift";
import {
  notesPageValidator,
  readNotes,
  readRecords,
  readStoredDays,
  recordsPageValidator,
  storedDaysValidator,
} from "./model/drift/reads";
import { isSeenLately, nextTurn, NO_TURN } from "./model/drift/turns";
import { attemptTask } from "./model/jobs/attempt";
import { KEPT_CHANGING, taskOutcomeValidator, type TaskOutcome } from "./model/jobs/queue";
import { findRunning, NO_OPTIONS, startRun } from "./model/jobs/runs";
import { describeLatest, neverValidator, runStatusValidator } from "./model/jobs/status";
import { readState, requestRun } from "./model/schedule";

/**
 * Finds records that were changed past the change log: in the Convex dashboard's editor, or by
 * `npx convex import`. Every segment carries a fingerprint of the records it was made of; here it is
 * compared with the records themselves, and only the days that differ are marked as changed, as if
 * the log had seen them. Users seen in the last week are compared within a day; the others when they
 * come back.
 */

/** Users whose turn it is that one look takes up. */
const MAX_DUE = 200;

const statusValidator = v.union(neverValidator, runStatusValidator);
const userArgs = { userId: v.string(), cursor: v.union(v.string(), v.null()) };

/** Compares the users whose turn it is, unless a comparison is running; a cron calls it hourly. */
export const compareHourly = internalMutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    if ((await findRunning(ctx, "drift")) !== null) return null;
    const now = Date.now();
    const due: (typeof dueValidator.type)[] = await ctx.runQuery(
      internal.drift.listDue,
      { now },
      { useStaleSnapshot: true },
    );
    const unseen = due.filter((user) => !isSeenLately(user, now));
    for (const { userId } of unseen) await giveUpTurn(ctx, userId, now);
    if (unseen.length < due.length) await startRun(ctx, "drift", NO_OPTIONS, null);
    else if (due.length === MAX_DUE) {
      await ctx.scheduler.runAfter(0, internal.drift.compareHourly, {});
    }
    return null;
  },
});

const dueValidator = v.object({ userId: v.string(), lastSeenAt: v.number() });

/** The first users whose turn it is. */
export const listDue = internalQuery({
  args: { now: v.number() },
  returns: v.array(dueValidator),
  handler: async (ctx, { now }) => {
    const states = await ctx.db
      .query("aggregation_state")
      .withIndex("by_drift_due_at", (q) => q.lte("driftDueAt", now))
      .take(MAX_DUE);
    return states.map(({ userId, lastSeenAt }) => ({ userId, lastSeenAt }));
  },
});

async function giveUpTurn(ctx: MutationCtx, userId: string, now: number): Promise<void> {
  const state = await readState(ctx, userId);
  if (state === null || isSeenLately(state, now)) return;
  await ctx.db.patch("aggregation_state", state._id, { driftDueAt: NO_TURN });
}

/** The same by hand: for the users whose turn it is, or for up to 1,000 named ones. */
export const start = internalMutation({
  args: { userIds: v.optional(v.array(v.string())) },
  returns: statusValidator,
  handler: async (ctx, { userIds = null }) => {
    await startRun(ctx, "drift", NO_OPTIONS, userIds);
    return await describeLatest(ctx, "drift");
  },
});

/** How far the latest comparison is: `counts` has the users and days that had drifted. */
export const status = internalQuery({
  args: {},
  returns: statusValidator,
  handler: async (ctx) => await describeLatest(ctx, "drift"),
});

/** One user of a comparison. */
export const compareUser = internalAction({
  args: { runId: v.id("job_runs"), userId: v.string() },
  returns: taskOutcomeValidator,
  handler: async (ctx, args): Promise<TaskOutcome> =>
    await attemptTask(ctx, args, async ({ isLast }) => {
      const { userId } = args;
      const opened: Opened | null = await ctx.runQuery(internal.check.open, { userId });
      // What was never built has not drifted: that is left to a backfill.
      const isComparable = opened !== null && opened.epoch > 0;
      const found = isComparable ? await findDrift(ctx, userId, opened.epoch) : NOTHING;
      const isNoted: boolean = await ctx.runMutation(internal.drift.conclude, {
        userId,
        moment: isComparable ? opened.moment : null,
        ...found,
      });
      if (isNoted) return { counts: countsOf(found) };
      if (isLast) return { counts: { inconclusive: 1 }, leftBecause: KEPT_CHANGING };
      throw new Error("the user's records changed meanwhile: this will be retried");
    }),
});

const NOTHING: Drift = { days: [], undatedBuckets: [], recordCount: 0, isUnreadable: false };

function countsOf({ days, undatedBuckets, isUnreadable }: Drift): Record<string, number> {
  const places = days.length + undatedBuckets.length;
  return { users: 1, driftedUsers: places > 0 || isUnreadable ? 1 : 0, driftedDays: places };
}

/** A page of the records, by day. */
export const records = internalQuery({
  args: userArgs,
  returns: recordsPageValidator,
  handler: async (ctx, { userId, cursor }) => await readRecords(ctx, userId, cursor),
});

/** A page of the fingerprints noted with the segments. */
export const notes = internalQuery({
  args: { ...userArgs, epoch: v.number() },
  returns: notesPageValidator,
  handler: async (ctx, { userId, epoch, cursor }) => await readNotes(ctx, userId, epoch, cursor),
});

/** What one segment holds, by day. */
export const storedDays = internalQuery({
  args: { userId: v.string(), epoch: v.number(), partition: v.string() },
  returns: storedDaysValidator,
  handler: async (ctx, { userId, epoch, partition }) =>
    await readStoredDays(ctx, userId, epoch, partition),
});

/**
 * Marks what has drifted as changed, and sets the user's next turn. False where the user's records
 * or results changed since; `moment` is null where nothing was compared.
 */
export const conclude = internalMutation({
  args: {
    userId: v.string(),
    moment: v.union(momentValidator, v.null()),
    days: v.array(v.number()),
    undatedBuckets: v.array(v.string()),
    recordCount: v.number(),
    isUnreadable: v.boolean(),
  },
  returns: v.boolean(),
  handler: async (ctx, { userId, moment, isUnreadable, ...drift }) => {
    const state = await readState(ctx, userId);
    if (state === null) return true;
    const isNoted = moment === null ? state.epoch === 0 : await isStillAt(ctx, userId, moment);
    // Until then it stays the user's turn: the next hour's comparison takes it up.
    if (!isNoted) return false;
    const driftDueAt = nextTurn(state, Date.now());
    // Older code has listed users without a sample key: no sample would ever draw them.
    const sampleKey = state.sampleKey ?? Math.random();
    await ctx.db.patch("aggregation_state", state._id, { driftDueAt, sampleKey });
    if (isUnreadable) await requestRun(ctx, userId, { rebuildRequested: true });
    else if (drift.recordCount > 0) await logDrift(ctx, userId, drift);
    return true;
  },
});
