import { v } from "convex/values";
import { internal } from "./_generated/api";
import { internalMutation } from "./functions";
import { hasWaitingChanges } from "./model/changeLog";
import { dropEpochs } from "./model/columns";
import { refuseWhileErasing } from "./model/erasure";
import {
  ensureRunScheduled,
  ensureState,
  holdsRun,
  isAlive,
  isLeftToNewerCode,
  readState,
  requestRun,
  rest,
  takeLease,
} from "./model/schedule";
import { movePointer } from "./model/pointer";
import { isUser, requireUser } from "./model/users";
import { markPending } from "./model/validations";
import { planValidator } from "./model/work";

/**
 * Runs that nobody waits for: of a backfill, a repair or an upgrade. They take the steps of
 * recompute.ts; here is what sets them apart. model/drive.ts drives them.
 */

/**
 * idle → running, for a run that nobody waits for: the user's next change takes its place.
 * Returns its generation, or null where a run for changes is scheduled, running or due.
 */
export const begin = internalMutation({
  args: { userId: v.string(), plan: planValidator },
  returns: v.union(v.null(), v.number()),
  handler: async (ctx, { userId, plan }) => {
    await requireUser(ctx, userId);
    await refuseWhileErasing(ctx, userId);
    const state = await ensureState(ctx, userId);
    const isTaken = state.yieldsToChanges !== true && (await isAlive(ctx, state, Date.now()));
    if (isTaken) return null;
    if (await hasWaitingChanges(ctx, userId)) {
      await ensureRunScheduled(ctx, userId);
      return null;
    }
    if (isLeftToNewerCode(state, Date.now())) return null;
    if (state.epoch === 0) await markPending(ctx, userId);
    const generation = state.generation + 1;
    const isOfNewEpoch = state.epoch === 0 || state.rebuildRequested || plan === "rebuild";
    await takeLease(ctx, state, {
      ...{ generation, yieldsToChanges: true },
      ...(isOfNewEpoch ? { hasOtherEpochs: true } : {}),
    });
    return generation;
  },
});

/** Leaves the rebuild to the run that is on its way or at work, or to one that comes now. */
export const leaveRebuild = internalMutation({
  args: { userId: v.string() },
  returns: v.null(),
  handler: async (ctx, { userId }) => {
    // Who has had everything erased meanwhile is not listed again.
    if (!(await isUser(ctx, userId))) return null;
    await requestRun(ctx, userId, { rebuildRequested: true });
    return null;
  },
});

/**
 * running → idle after an error of a quiet run, whose driver decides what becomes of it. Without a
 * message nothing is wrong: other writers were faster.
 */
export const giveUp = internalMutation({
  args: { userId: v.string(), generation: v.number(), message: v.union(v.string(), v.null()) },
  returns: v.null(),
  handler: async (ctx, args) => {
    const { userId, message } = args;
    const state = await readState(ctx, userId);
    if (state === null || !holdsRun(state, args.generation)) return null;
    await rest(ctx, state, message === null ? {} : { lastError: { message, at: Date.now() } });
    if (message !== null) await movePointer(ctx, userId, { lastError: message });
    if (await hasWaitingChanges(ctx, args.userId)) await ensureRunScheduled(ctx, args.userId);
    return null;
  },
});

/**
 * Deletes segments and dictionaries of all epochs but the one in force. Scheduled whenever a user
 * comes to rest after a rebuild, whether that rebuild ended, died or was taken over. Those of a
 * later epoch may still be being written while a run is under way: they wait for the next rest.
 */
export const dropOtherEpochs = internalMutation({
  args: { userId: v.string() },
  returns: v.null(),
  handler: async (ctx, { userId }) => {
    const state = await readState(ctx, userId);
    if (state === null || state.phase === "erasing") return null;
    const isResting = state.phase === "idle";
    const isMoreLeft =
      (await dropEpochs(ctx, userId, { before: state.epoch })) ||
      (isResting && (await dropEpochs(ctx, userId, { after: state.epoch })));
    if (isMoreLeft) {
      await ctx.scheduler.runAfter(0, internal.quietRuns.dropOtherEpochs, { userId });
    } else if (isResting) {
      await ctx.db.patch("aggregation_state", state._id, { hasOtherEpochs: false });
    }
    return null;
  },
});
