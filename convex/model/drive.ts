import { internal } from "../_generated/api";
import type { ActionCtx } from "../_generated/server";
import type { Work } from "./work";

/** The right to write a user's results: void once the state's generation is another. */
export interface Lease {
  userId: string;
  generation: number;
}

/**
 * Takes a run from its plan to its end, a transaction at a time.
 *
 * @param plan null where another run was faster.
 * @returns "superseded" where another run has taken its place: then this one wrote nothing since.
 * @throws what a transaction threw; the lease is still held.
 */
export async function driveRun(
  ctx: ActionCtx,
  lease: Lease,
  plan: Work | null,
): Promise<"done" | "superseded"> {
  if (plan === null) return "superseded";
  const isRebuild = plan.rebuild !== null;
  let work: Work | null = plan;
  while (work !== null) {
    const step: { status: "advanced" | "superseded"; work: Work | null } = await ctx.runMutation(
      internal.recompute.advance,
      { ...lease, work },
    );
    if (step.status === "superseded") {
      if (isRebuild) await dropOtherEpochs(ctx, lease.userId);
      return "superseded";
    }
    work = step.work;
  }
  await ctx.runMutation(internal.recompute.finish, lease);
  if (isRebuild) await dropOtherEpochs(ctx, lease.userId);
  return "done";
}

/** Drives a run that changes or a person wait for: one that fails is tried again later. */
export async function driveReporting(
  ctx: ActionCtx,
  lease: Lease,
): Promise<"done" | "superseded" | "failed"> {
  const startedAt = Date.now();
  try {
    return await driveRun(ctx, lease, await ctx.runMutation(internal.recompute.begin, lease));
  } catch (error) {
    const durationMs = Date.now() - startedAt;
    await ctx.runMutation(internal.recompute.fail, {
      ...lease,
      message: messageOf(error),
      durationMs,
    });
    return "failed";
  }
}

/** Rebuilds what is stored for a user, changes that wait included; takes over from a run under way. */
export async function rebuildNow(
  ctx: ActionCtx,
  userId: string,
): Promise<"done" | "superseded" | "failed"> {
  const generation: number = await ctx.runMutation(internal.recompute.takeOver, { userId });
  return await driveReporting(ctx, { userId, generation });
}

async function dropOtherEpochs(ctx: ActionCtx, userId: string): Promise<void> {
  let isLeft = true;
  while (isLeft) isLeft = await ctx.runMutation(internal.quietRuns.dropOtherEpochs, { userId });
}

/**
 * How a run ended that nobody waits for: "busy" where changes go first, "superseded" where one came
 * meanwhile.
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
  const begun: { generation: number; work: Work } | null = await ctx.runMutation(
    internal.quietRuns.begin,
    { userId, plan },
  );
  if (begun === null) return "busy";
  const { generation, work } = begun;
  try {
    return await driveRun(ctx, { userId, generation }, work);
  } catch (error) {
    const message = messageOf(error);
    await ctx.runMutation(internal.quietRuns.giveUp, { userId, generation, message });
    throw error;
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
