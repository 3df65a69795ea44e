import { v } from "convex/values";
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
import { isUser, requireUser } from "./model/users";
import { markPending } from "./model/validations";
import { planValidator, planWork, workValidator } from "./model/work";

/**
 * Runs that nobody waits for: a backfill's, a repair's, an upgrade's. What sets them apart from
 * those of recompute.ts, whose steps they take; model/drive.ts drives them.
 */

/**
 * idle → running, for a run that nobody waits for: the user's next change takes its place. Null
 * where a run that changes wait for is on its way or at work, or should be.
 */
export const begin = internalMutation({
  args: { userId: v.string(), plan: planValidator },
  returns: v.union(v.null(), v.object({ generation: v.number(), work: workValidator })),
  handler: async (ctx, { userId, plan }) => {
    await requireUser(ctx, userId);
    await refuseWhileErasing(ctx, userId);
    const state = await ensureState(ctx, userId);
    const isTaken = isAlive(state, Date.now()) && state.yieldsToChanges !== true;
    if (isTaken) return null;
    if (await hasWaitingChanges(ctx, userId)) {
      await ensureRunScheduled(ctx, userId);
      return null;
    }
    if (isLeftToNewerCode(state, Date.now())) return null;
    if (state.epoch === 0) await markPending(ctx, userId);
    const generation = state.generation + 1;
    await takeLease(ctx, state, { generation, yieldsToChanges: true });
    return { generation, work: await planWork(ctx, { ...state, generation }, plan) };
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

/** running → idle after an error of a quiet run: who drives it decides what comes of it. */
export const giveUp = internalMutation({
  args: { userId: v.string(), generation: v.number(), message: v.string() },
  returns: v.null(),
  handler: async (ctx, args) => {
    const state = await readState(ctx, args.userId);
    if (state === null || !holdsRun(state, args.generation)) return null;
    await rest(ctx, state, { lastError: { message: args.message, at: Date.now() } });
    if (await hasWaitingChanges(ctx, args.userId)) await ensureRunScheduled(ctx, args.userId);
    return null;
  },
});

/**
 * Deletes segments and dictionaries of other epochs than the one in force, once no run is at work
 * that may be writing them. True while some are left.
 */
export const dropOtherEpochs = internalMutation({
  args: { userId: v.string() },
  returns: v.boolean(),
  handler: async (ctx, { userId }) => {
    const state = await readState(ctx, userId);
    if (state === null || state.phase === "erasing") return false;
    if (await dropEpochs(ctx, userId, { before: state.epoch })) return true;
    if (state.phase !== "idle") return false;
    return await dropEpochs(ctx, userId, { after: state.epoch });
  },
});
