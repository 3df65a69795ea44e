import { v, type Infer } from "convex/values";
import { rolloutBucket } from "../../../src/engine";
import type { QueryCtx } from "../../_generated/server";

const BUCKETS = 10_000;

/** Whether a user belongs to a run's random share of all: the same answer whenever it is asked. */
export function isInSample(runId: string, userId: string, share: number): boolean {
  return rolloutBucket(runId, userId) < share * BUCKETS;
}

export const drawnUserValidator = v.object({
  userId: v.string(),
  /** When the user last opened a page, or their results were last computed. */
  lastActiveAt: v.number(),
});
export type DrawnUser = Infer<typeof drawnUserValidator>;

/**
 * A random share of the users who were changed or read since their last validation, without looking
 * at the others; at least one where there is any.
 *
 * @param start 0 to 1, drawn by the caller.
 */
export async function drawUsers(
  ctx: Pick<QueryCtx, "db">,
  start: number,
  share: number,
  maxUsers: number,
): Promise<DrawnUser[]> {
  const end = start + share;
  const drawn = await usersBetween(ctx, start, Math.min(end, 1), maxUsers);
  if (end > 1) drawn.push(...(await usersBetween(ctx, 0, end - 1, maxUsers)));
  if (drawn.length === 0) drawn.push(...(await usersBetween(ctx, start, 1, 1)));
  if (drawn.length === 0) drawn.push(...(await usersBetween(ctx, 0, 1, 1)));
  const byId = new Map(drawn.map((user) => [user.userId, user]));
  return [...byId.values()].slice(0, maxUsers);
}

async function usersBetween(
  ctx: Pick<QueryCtx, "db">,
  from: number,
  to: number,
  limit: number,
): Promise<DrawnUser[]> {
  const states = await ctx.db
    .query("aggregation_state")
    .withIndex("by_is_unvalidated_sample_key", (q) =>
      q.eq("isUnvalidated", true).gte("sampleKey", from).lte("sampleKey", to),
    )
    .take(limit);
  return states
    .filter(({ phase }) => phase !== "erasing")
    .map(({ userId, lastSeenAt, lastRecomputedAt }) => {
      return { userId, lastActiveAt: Math.max(lastSeenAt, lastRecomputedAt ?? 0) };
    });
}
