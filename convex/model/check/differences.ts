import { v, type Infer } from "convex/values";
import type { Id } from "../../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../../_generated/server";
import { differenceFields } from "../../jobTables";
import { MAX_DIFFERENCES, type Difference } from "./report";

/** Differences that a status lists. */
const MAX_SHOWN = 50;

/** A difference as a status tells it. */
export const shownDifferenceValidator = v.object({
  userId: v.string(),
  ...differenceFields,
  isRepaired: v.boolean(),
});
export type ShownDifference = Infer<typeof shownDifferenceValidator>;

/** The first differences a run has found. */
export async function readDifferences(
  ctx: Pick<QueryCtx, "db">,
  runId: Id<"job_runs">,
): Promise<ShownDifference[]> {
  const rows = await ctx.db
    .query("validation_differences")
    .withIndex("by_run_user", (q) => q.eq("runId", runId))
    .take(MAX_SHOWN);
  return rows.map(({ _id, _creationTime, runId: _runId, ...difference }) => difference);
}

/**
 * Keeps what a run found wrong with a user. Where it finds nothing any more, what it found before
 * was repaired, and stays to be read.
 */
export async function noteDifferences(
  ctx: Pick<MutationCtx, "db">,
  runId: Id<"job_runs">,
  userId: string,
  differences: readonly Difference[],
): Promise<void> {
  const before = await ctx.db
    .query("validation_differences")
    .withIndex("by_run_user", (q) => q.eq("runId", runId).eq("userId", userId))
    .take(MAX_DIFFERENCES);
  for (const { _id } of before) {
    if (differences.length > 0) await ctx.db.delete("validation_differences", _id);
    else await ctx.db.patch("validation_differences", _id, { isRepaired: true });
  }
  for (const difference of differences) {
    const row = { runId, userId, ...difference, isRepaired: false };
    await ctx.db.insert("validation_differences", row);
  }
}
