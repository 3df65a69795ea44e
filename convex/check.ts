import { v } from "convex/values";
import { paginationOptsValidator } from "convex/server";
import { internalQuery, type MutationCtx } from "./_generated/server";
import { internalMutation, internalRecordMutation } from "./functions";
import { deleteDuplicates } from "./model/check/duplicates";
import { noteDifferences } from "./model/check/differences";
import { findingsFields, momentValidator } from "./model/check/report";
import {
  factsPageValidator,
  readFacts,
  readParts,
  segmentsPageValidator,
} from "./model/check/pages";
import {
  findUntracked,
  isStillAt,
  openCheck,
  openedValidator,
  readRows,
  storedRowValidator,
} from "./model/check/store";
import { readDictionary } from "./model/columns";
import { refuseWhileErasing } from "./model/erasure";
import { rollBackDiffering } from "./model/rollback";
import { addSample } from "./model/samples";
import { readState } from "./model/schedule";
import { noteOutcome } from "./model/validations";
import { aggregationTypeValidator, filtersValidator } from "./validators";

/** What a check of one user reads, a transaction each, and notes at its end: see model/check. */

/** What there is to compare; null where the user is not at rest. */
export const open = internalQuery({
  args: { userId: v.string() },
  returns: v.union(v.null(), openedValidator),
  handler: async (ctx, { userId }) => await openCheck(ctx, userId),
});

/** The records as the engine reads them, in order of time, with their keys. */
export const page = internalQuery({
  args: { userId: v.string(), paginationOpts: paginationOptsValidator },
  returns: factsPageValidator,
  handler: async (ctx, { userId, paginationOpts }) => await readFacts(ctx, userId, paginationOpts),
});

/** The parts of the segments in force, in order. */
export const segments = internalQuery({
  args: { userId: v.string(), epoch: v.number(), cursor: v.union(v.string(), v.null()) },
  returns: segmentsPageValidator,
  handler: async (ctx, { userId, epoch, cursor }) => await readParts(ctx, userId, epoch, cursor),
});

/** The parts of the dictionary in force, in order. */
export const dictionary = internalQuery({
  args: { userId: v.string(), epoch: v.number() },
  returns: v.array(v.bytes()),
  handler: async (ctx, { userId, epoch }) =>
    (await readDictionary(ctx, userId, epoch)).map(({ bytes }) => bytes),
});

/** A filter's stored results, and of which day they are; null where it is not tracked any more. */
export const stored = internalQuery({
  args: { userId: v.string(), filterHash: v.string() },
  returns: v.union(v.null(), v.array(storedRowValidator)),
  handler: async (ctx, { userId, filterHash }) => await readRows(ctx, userId, filterHash),
});

/** Results of filters that are not tracked: nothing keeps them up to date. */
export const untracked = internalQuery({
  args: { userId: v.string() },
  returns: v.array(
    v.object({
      aggregationType: aggregationTypeValidator,
      filterHash: v.string(),
      filters: filtersValidator,
    }),
  ),
  handler: async (ctx, { userId }) => {
    const rows = await findUntracked(ctx, userId);
    return rows.map(({ aggregationType, filterHash, metadata }) => {
      return { aggregationType, filterHash, filters: metadata.filters };
    });
  },
});

/**
 * Deletes the surplus copies of records that are there more than once, from a key on, where a copy
 * is the same in all it says: nothing is lost. Copies that differ are left to people.
 *
 * @returns the key to go on after; null at the end.
 */
export const dropDuplicates = internalRecordMutation({
  args: { userId: v.string(), after: v.union(v.string(), v.null()) },
  returns: v.object({ deleted: v.number(), after: v.union(v.string(), v.null()) }),
  handler: async (ctx, { userId, after }) => {
    await refuseWhileErasing(ctx, userId);
    return await deleteDuplicates(ctx, userId, after);
  },
});

/**
 * Notes the outcome, and rolls the user back where a result is wrong. False where the user's
 * records or results changed since: then nothing is noted.
 */
export const conclude = internalMutation({
  args: {
    userId: v.string(),
    runId: v.union(v.id("job_runs"), v.null()),
    moment: momentValidator,
    findings: v.object(findingsFields),
  },
  returns: v.boolean(),
  handler: async (ctx, { userId, runId, moment, findings }) => {
    if (!(await isStillAt(ctx, userId, moment))) return false;
    await markValidated(ctx, userId);
    const { compared, equal, differing } = findings;
    if (runId !== null) await noteDifferences(ctx, runId, userId, findings);
    // A user of whom nothing was ever computed has not passed.
    if (compared === 0) return true;
    await noteOutcome(ctx, userId, findings);
    await addSample(ctx, { kind: "validation", compared: equal + differing, differing });
    await rollBackDiffering(ctx, userId, findings);
    return true;
  },
});

/** Until the next change or visit another validation would find the same. */
async function markValidated(ctx: MutationCtx, userId: string): Promise<void> {
  const state = await readState(ctx, userId);
  if (state?.isUnvalidated !== true) return;
  await ctx.db.patch("aggregation_state", state._id, { isUnvalidated: false });
}
