import { internal } from "../_generated/api";
import type { ActionCtx } from "../_generated/server";
import { isConflict, isTimeOut, messageOf } from "./failures";
import type { Plan, Work } from "./work";

/** The right to write a user's results: void once the state's generation is another. */
export interface Lease {
  userId: string;
  generation: number;
}

/** Batches of waiting changes that a run merges before it plans; the rest is left to the next. */
const MAX_MERGES = 100;
/** Tries of one step that lost against other writers; Convex has tried each five times itself. */
const MAX_STEP_TRIES = 3;
/** A step is cut down to a 64th before its time-outs count as a failure. */
const MIN_SCALE = 1 / 64;

interface Step {
  status: "advanced" | "superseded";
  work: Work | null;
}

/**
 * Takes a run that holds the lease from its plan to its end, a transaction at a time.
 *
 * @returns "superseded" where another run has taken its place: then this one wrote nothing since.
 * @throws what a transaction threw; the lease is still held.
 */
async function driveRun(
  ctx: ActionCtx,
  lease: Lease,
  plan: Plan,
  startedAt: number,
): Promise<"done" | "superseded"> {
  for (let merges = 0; merges < MAX_MERGES; merges++) {
    if (!(await ctx.runMutation(internal.recompute.mergeChanges, lease))) break;
  }
  const planned: Work | null = await ctx.runQuery(internal.recompute.plan, {
    ...lease,
    plan,
    startedAt,
  });
  if (planned === null) return "superseded";
  for (let work: Work | null = planned; work !== null;) {
    const step: Step = await takeStep(ctx, lease, work);
    if (step.status === "superseded") return "superseded";
    work = step.work;
  }
  const { leavesChanges } = planned;
  await ctx.runMutation(internal.recompute.finish, { ...lease, leavesChanges });
  return "done";
}

/** One transaction of a run; one that timed out is repeated with half of the work. */
async function takeStep(ctx: ActionCtx, lease: Lease, work: Work): Promise<Step> {
  let { scale } = work;
  for (let tries = 1; ;) {
    try {
      return await ctx.runMutation(internal.recompute.advance, {
        ...lease,
        work: { ...work, scale },
      });
    } catch (error) {
      if (isTimeOut(error) && scale > MIN_SCALE) scale /= 2;
      else if (!isConflict(error) || tries++ >= MAX_STEP_TRIES) throw error;
    }
  }
}

/** Drives a run for changes, or one a person waits for. A failed run is retried later. */
export async function driveReporting(
  ctx: ActionCtx,
  lease: Lease,
): Promise<"done" | "superseded" | "failed"> {
  const startedAt = Date.now();
  try {
    if (!(await ctx.runMutation(internal.recompute.begin, lease))) return "superseded";
    return await driveRun(ctx, lease, "changes", startedAt);
  } catch (error) {
    if (isConflict(error)) {
      await ctx.runMutation(internal.recompute.postpone, lease);
      return "superseded";
    }
    const durationMs = Date.now() - startedAt;
    await ctx.runMutation(internal.recompute.fail, {
      ...lease,
      message: messageOf(error),
      durationMs,
    });
    return "failed";
  }
}

/** Rebuilds what is stored for a user, waiting changes included; takes over from a running run. */
export async function rebuildNow(
  ctx: ActionCtx,
  userId: string,
): Promise<"done" | "superseded" | "failed"> {
  const generation: number = await ctx.runMutation(internal.recompute.takeOver, { userId });
  return await driveReporting(ctx, { userId, generation });
}

/**
 * How a run ended that nobody waits for: "busy" where changes go first or other writers were
 * faster, "superseded" where a change came meanwhile.
 */
export type QuietEnd = "done" | "busy" | "superseded";

/**
 * Rebuilds or refreshes what is stored for a user, unless changes of theirs go first. Safe beside
 * live traffic: a change that comes meanwhile takes its place at once, and it writes no more.
 *
 * @throws what a transaction threw, kept as `lastError` of the state as well; the lease is free.
 */
export async function driveQuietly(
  ctx: ActionCtx,
  userId: string,
  plan: "refresh" | "rebuild",
): Promise<QuietEnd> {
  const startedAt = Date.now();
  const generation = await beginQuietly(ctx, userId, plan);
  if (generation === null) return "busy";
  try {
    return await driveRun(ctx, { userId, generation }, plan, startedAt);
  } catch (error) {
    const message = isConflict(error) ? null : messageOf(error);
    await ctx.runMutation(internal.quietRuns.giveUp, { userId, generation, message });
    if (message === null) return "busy";
    throw error;
  }
}

async function beginQuietly(
  ctx: ActionCtx,
  userId: string,
  plan: "refresh" | "rebuild",
): Promise<number | null> {
  try {
    return await ctx.runMutation(internal.quietRuns.begin, { userId, plan });
  } catch (error) {
    if (isConflict(error)) return null;
    throw error;
  }
}
