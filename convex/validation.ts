import { v } from "convex/values";
import { paginationOptsValidator, paginationResultValidator } from "convex/server";
import {
  aggregateHistory,
  AGGREGATION_TYPES,
  AGGREGATIONS_VERSION,
  decodeHistory,
  encodeSegment,
  HistoryDictionary,
  prepareHistory,
  type HistoryColumns,
  type WatchRecord,
} from "../src/engine";
import { internal } from "./_generated/api";
import { internalAction, internalQuery, type ActionCtx } from "./_generated/server";
import { internalMutation } from "./functions";
import { differencesBetween } from "./model/compare";
import { toEngineRecord } from "./model/records";
import { rollBackDiffering } from "./model/rollback";
import { addSample } from "./model/samples";
import { readState } from "./model/schedule";
import { readValidation } from "./model/validations";
import { aggregationTypeValidator, engineRecordValidator, filtersValidator } from "./validators";

/**
 * Computes a user's results from the records themselves, not from the segments, and compares them
 * with what is stored. Reads in pages and keeps columns, so memory stays bounded; a change of the
 * records meanwhile makes the outcome inconclusive, and the run it leads to asks again.
 */

/** Records of one page: some 2 MB read. */
const PAGE_RECORDS = 4_000;
/** Differences kept, of one result and in all. */
const MAX_OF_RESULT = 5;
const MAX_DIFFERENCES = 50;
/** Filters of one user: the six defaults and those asked for. */
const MAX_FILTERS = 64;

const momentValidator = v.object({
  generation: v.number(),
  lastRecomputedAt: v.union(v.number(), v.null()),
});

const openedValidator = v.object({
  moment: momentValidator,
  filters: v.array(v.object({ filterHash: v.string(), filters: filtersValidator })),
});

const differenceValidator = v.object({
  filterHash: v.string(),
  aggregationType: aggregationTypeValidator,
  path: v.string(),
  stored: v.string(),
  expected: v.string(),
});
type Difference = typeof differenceValidator.type;

const storedRowValidator = v.object({
  aggregationType: aggregationTypeValidator,
  // To be compared: a damaged one must be reported, not refused here.
  data: v.any(),
  version: v.number(),
  asOf: v.string(),
  timeZone: v.string(),
});
type StoredRow = typeof storedRowValidator.type;

const reportValidator = v.object({
  outcome: v.union(v.literal("passed"), v.literal("failed"), v.literal("inconclusive")),
  /** Results compared: ten a filter. */
  compared: v.number(),
  differing: v.number(),
  differences: v.array(differenceValidator),
});
type Report = typeof reportValidator.type;

const INCONCLUSIVE: Report = {
  outcome: "inconclusive",
  compared: 0,
  differing: 0,
  differences: [],
};

/** Validates one user. `npx convex run validation:checkUser '{"userId": "…"}'` */
export const checkUser = internalAction({
  args: { userId: v.string() },
  returns: reportValidator,
  handler: async (ctx, { userId }): Promise<Report> => {
    const opened = await ctx.runQuery(internal.validation.open, { userId });
    if (opened === null) return INCONCLUSIVE;
    const history = await loadRecords(ctx, userId);
    const report = await compareAll(ctx, userId, history, opened.filters);
    const { moment } = opened;
    const isConclusive = await ctx.runMutation(internal.validation.conclude, {
      userId,
      moment,
      ...report,
    });
    return isConclusive ? report : INCONCLUSIVE;
  },
});

/** What there is to compare, if the user is at rest: nothing waiting, nothing running. */
export const open = internalQuery({
  args: { userId: v.string() },
  returns: v.union(v.null(), openedValidator),
  handler: async (ctx, { userId }) => {
    const state = await readState(ctx, userId);
    if (state === null || state.phase !== "idle") return null;
    const tracked = await ctx.db
      .query("tracked_filters")
      .withIndex("by_user_filter_hash", (q) => q.eq("userId", userId))
      .take(MAX_FILTERS);
    const { generation, lastRecomputedAt } = state;
    return {
      moment: { generation, lastRecomputedAt },
      filters: tracked.map(({ filterHash, filters }) => ({ filterHash, filters })),
    };
  },
});

/** The records as the engine reads them, in order of time. */
export const page = internalQuery({
  args: { userId: v.string(), paginationOpts: paginationOptsValidator },
  returns: paginationResultValidator(engineRecordValidator),
  handler: async (ctx, { userId, paginationOpts }) => {
    const result = await ctx.db
      .query("watch_records")
      .withIndex("by_user_watched_at_record_key", (q) => q.eq("userId", userId))
      .paginate(paginationOpts);
    const records = result.page.map((record) => {
      const { topics, ...rest } = toEngineRecord(record);
      return { ...rest, topics: [...topics] };
    });
    return { ...result, page: records };
  },
});

/** A filter's stored results, and of which day they are. */
export const stored = internalQuery({
  args: { userId: v.string(), filterHash: v.string() },
  returns: v.array(storedRowValidator),
  handler: async (ctx, { userId, filterHash }) => {
    const rows = [];
    for (const aggregationType of AGGREGATION_TYPES) {
      const documents = await ctx.db
        .query("precomputed_aggregations")
        .withIndex("by_user_type", (q) =>
          q
            .eq("userId", userId)
            .eq("aggregationType", aggregationType)
            .eq("filterHash", filterHash),
        )
        .take(2);
      for (const { data, version, metadata } of documents) {
        const { asOf, timeZone } = metadata;
        rows.push({ aggregationType, data, version, asOf, timeZone });
      }
    }
    return rows;
  },
});
async function loadRecords(ctx: ActionCtx, userId: string): Promise<HistoryColumns> {
  const dictionary = HistoryDictionary.decode([]);
  const segments: Uint8Array[] = [];
  let cursor: string | null = null;
  for (let isDone = false; !isDone;) {
    const paginationOpts = { numItems: PAGE_RECORDS, cursor };
    const result: { page: WatchRecord[]; isDone: boolean; continueCursor: string } =
      await ctx.runQuery(internal.validation.page, { userId, paginationOpts });
    const undated = result.page.filter(({ watchedAt }) => watchedAt === null);
    const dated = result.page.filter(({ watchedAt }) => watchedAt !== null);
    for (const records of [undated, dated]) {
      if (records.length > 0) segments.push(encodeSegment(records, dictionary));
    }
    ({ isDone, continueCursor: cursor } = result);
  }
  return decodeHistory(dictionary, segments);
}

async function compareAll(
  ctx: ActionCtx,
  userId: string,
  history: HistoryColumns,
  filters: (typeof openedValidator.type)["filters"],
): Promise<Report> {
  let differing = 0;
  const differences: Difference[] = [];
  for (const { filterHash, filters: asked } of filters) {
    const rows: StoredRow[] = await ctx.runQuery(internal.validation.stored, {
      userId,
      filterHash,
    });
    // A filter that has no row was asked for and not computed yet.
    if (rows.length === 0) continue;
    const { asOf, timeZone } = rows[0]!;
    const prepared = prepareHistory(history, { asOf, timeZone });
    const expected = aggregateHistory(prepared, [asked])[0]!;
    for (const aggregationType of AGGREGATION_TYPES) {
      const found = compareOne(
        rows.filter((row) => row.aggregationType === aggregationType),
        expected[aggregationType],
      );
      if (found.length > 0) differing += 1;
      differences.push(...found.map((leaf) => ({ filterHash, aggregationType, ...leaf })));
    }
  }
  return {
    outcome: differing === 0 ? "passed" : "failed",
    compared: filters.length * AGGREGATION_TYPES.length,
    differing,
    differences: differences.slice(0, MAX_DIFFERENCES),
  };
}

function compareOne(rows: readonly StoredRow[], expected: unknown) {
  const [row, second] = rows;
  if (row === undefined) return differencesBetween(undefined, expected, 1);
  if (second !== undefined) return [{ path: "$", stored: "two rows", expected: "one row" }];
  // Of an older version: stale, and rebuilt by the next run; not wrong.
  if (row.version !== AGGREGATIONS_VERSION) return [];
  return differencesBetween(row.data, expected, MAX_OF_RESULT);
}

/**
 * Notes the outcome, and rolls the user back where a result differs. False where the user's records
 * or results changed since: then nothing is noted, and the run that changed them asks again.
 */
export const conclude = internalMutation({
  args: { userId: v.string(), moment: momentValidator, ...reportValidator.fields },
  returns: v.boolean(),
  handler: async (ctx, { userId, moment, compared, differing, differences }) => {
    const state = await readState(ctx, userId);
    const isSame =
      state?.phase === "idle" &&
      state.generation === moment.generation &&
      state.lastRecomputedAt === moment.lastRecomputedAt;
    const waiting = await ctx.db
      .query("data_change_log")
      .withIndex("by_user_processed", (q) => q.eq("userId", userId).eq("processed", false))
      .first();
    if (!isSame || waiting !== null) return false;
    const status = differing === 0 ? ("passed" as const) : ("failed" as const);
    const now = Date.now();
    const outcome = { userId, status, askedAt: now, checkedAt: now, compared, differing };
    const before = await readValidation(ctx, userId);
    if (before === null) await ctx.db.insert("user_validations", outcome);
    else await ctx.db.replace("user_validations", before._id, outcome);
    await addSample(ctx, { kind: "validation", compared, differing });
    const [first] = differences;
    if (first !== undefined) await rollBackDiffering(ctx, userId, { compared, differing, first });
    return true;
  },
});
