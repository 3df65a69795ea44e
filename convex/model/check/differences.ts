import { v, type Infer, type ObjectType } from "convex/values";
import type { Doc, Id } from "../../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../../_generated/server";
import { differenceFields, layersValidator } from "../../jobTables";
import { readPage } from "../page";
import { MAX_DIFFERENCES, type Findings } from "./report";

/** Differences that a status lists, and that a page of all holds. */
const MAX_SHOWN = 50;
const PAGE_DIFFERENCES = 200;
/** Users whose differences a run keeps: where everything is wrong, the first show enough. */
export const MAX_FAULTY_USERS = 1_000;

/** A difference as a status tells it. */
export const shownDifferenceValidator = v.object({
  userId: v.string(),
  ...differenceFields,
  isRepaired: v.boolean(),
});
export type ShownDifference = Infer<typeof shownDifferenceValidator>;

export const shownDifferencesFields = {
  /** The users of these differences, and how the layers of each agreed: where it went wrong. */
  users: v.array(v.object({ userId: v.string(), layers: layersValidator })),
  /** The first 50. */
  differences: v.array(shownDifferenceValidator),
};
/** The first differences a run has found. */
export async function readDifferences(
  ctx: Pick<QueryCtx, "db">,
  runId: Id<"job_runs">,
): Promise<ObjectType<typeof shownDifferencesFields>> {
  const rows = await ctx.db
    .query("validation_differences")
    .withIndex("by_run_user", (q) => q.eq("runId", runId))
    .take(MAX_SHOWN);
  const users = new Map(rows.map(({ userId, layers }) => [userId, layers]));
  return {
    users: [...users].map(([userId, layers]) => ({ userId, layers })),
    differences: rows.map(describeRow),
  };
}

export const differencesPageValidator = v.object({
  differences: v.array(shownDifferenceValidator),
  /** Where the next page begins; null at the end. */
  cursor: v.union(v.string(), v.null()),
});

/** A page of all differences that a run keeps, of one user only where one is named. */
export async function readDifferencesPage(
  ctx: Pick<QueryCtx, "db">,
  runId: Id<"job_runs">,
  userId: string | undefined,
  cursor: string | null,
): Promise<Infer<typeof differencesPageValidator>> {
  const kept = ctx.db.query("validation_differences").withIndex("by_run_user", (q) => {
    const ofRun = q.eq("runId", runId);
    return userId === undefined ? ofRun : ofRun.eq("userId", userId);
  });
  const options = { cursor, numItems: PAGE_DIFFERENCES };
  const { page, isDone, continueCursor } = await readPage(kept, options);
  return { differences: page.map(describeRow), cursor: isDone ? null : continueCursor };
}

function describeRow(row: Doc<"validation_differences">): ShownDifference {
  const { _id, _creationTime, runId: _runId, layers: _layers, ...difference } = row;
  return difference;
}

/**
 * Keeps what a run found wrong with a user. Where it finds nothing any more, what it found before
 * was repaired, and stays to be read.
 */
export async function noteDifferences(
  ctx: Pick<MutationCtx, "db">,
  runId: Id<"job_runs">,
  userId: string,
  { differences, layers }: Findings,
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
    const row = { runId, userId, ...difference, layers, isRepaired: false };
    await ctx.db.insert("validation_differences", row);
  }
}
