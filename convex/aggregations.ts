import { v } from "convex/values";
import {
  AGGREGATION_TYPES,
  canonicalizeFilters,
  filterHash,
  InvalidFiltersError,
  isDate,
  type AggregationResults,
  type AggregationType,
  type FilterOptions,
} from "../src/engine";
import { cutText } from "../src/text";
import { refusal } from "./errors";
import { patientMutation, userQuery } from "./functions";
import { answerableDays, answerFromSegments } from "./model/answer";
import {
  columnsValidator,
  findTrustedPointer,
  listColumns,
  sendColumns,
} from "./model/browserColumns";
import { hasWaitingChanges } from "./model/changeLog";
import { readPointer, type Pointer } from "./model/pointer";
import { answerRequest } from "./model/request";
import {
  answeredRow,
  basisValidator,
  describeRow,
  findRow,
  isOfDay,
  readFreshness,
  rowFields,
  withBasis,
  type AnsweredRow,
  type Row,
} from "./model/rows";
import { findTracked } from "./model/trackedFilters";
import { localDay, resultDay, timeZoneOf } from "./model/settings";
import {
  byAggregationType,
  requestedFiltersValidator,
  resultDataValidator,
  resultValidators,
} from "./validators";

/** Log rows `status` counts at most; beyond, its count is a lower bound. */
const MAX_COUNTED_LOG_ROWS = 1_000;
/** Months, and parts of the dictionary, that `columns` sends at a time. */
const MAX_COLUMNS = 500;

/** What `getMany` returns: the asked types, null where there is nothing to answer from. */
type RowsByType = { [T in AggregationType]?: AnsweredRow<AggregationResults[T]> | null };

/**
 * The stored result of one aggregation for one filter, or null where none is stored. It is stale
 * when `changesPending` or past `expiresAt`: the reader decides, `request` brings a new one.
 */
export const get = userQuery({
  args: { type: v.string(), filters: requestedFiltersValidator },
  returns: v.union(v.null(), v.object({ data: resultDataValidator, ...rowFields })),
  handler: async (ctx, { type, filters }) => {
    const hash = filterHash(canonical(filters));
    const row = await findRow(ctx, ctx.userId, requireType(type), hash);
    return row === null ? null : describeRow(row, await readFreshness(ctx, ctx.userId, hash));
  },
});

/**
 * Results of several aggregations for one filter, by type.
 *
 * Without `asOf`, the stored ones, as `get` has them. With it, those of that local day: stored, or
 * computed from the segments (`basis`), so that any filter is answered by the first reply. Where
 * neither can be, the stored result of another day, or null. Such an answer does not read which
 * changes wait: `changesPending` tells of another day, zone or version only, and
 * `watchRecords:revision` of the changes.
 *
 * @throws INVALID_FILTERS, also for an `asOf` that is no date, before the day before the last
 *   recompute, or more than 366 days after it.
 */
export const getMany = userQuery({
  args: {
    types: v.optional(v.array(v.string())),
    filters: requestedFiltersValidator,
    asOf: v.optional(v.string()),
  },
  returns: v.object(
    byAggregationType((type) =>
      v.optional(
        v.union(
          v.null(),
          v.object({ data: resultValidators[type], ...rowFields, basis: basisValidator }),
        ),
      ),
    ),
  ),
  handler: async (ctx, { types, filters, asOf }): Promise<RowsByType> => {
    const { userId } = ctx;
    const wanted = [...new Set((types ?? AGGREGATION_TYPES).map(requireType))];
    const asked = canonical(filters);
    const hash = filterHash(asked);
    const [timeZone, tracked, ...rows] = await Promise.all([
      timeZoneOf(ctx, userId),
      findTracked(ctx, userId, hash),
      ...wanted.map((type) => findRow(ctx, userId, type, hash)),
    ]);
    const stored = new Map(wanted.map((type, index) => [type, rows[index] ?? null]));
    // The tables couple data to type; their union validators cannot say so.
    if (asOf === undefined) {
      const hasChanges = tracked?.isBehind === true || (await hasWaitingChanges(ctx, userId));
      const describe = (row: Row) => withBasis(describeRow(row, { hasChanges, timeZone }));
      return byType(stored, (row) => row && describe(row));
    }
    const pointer = await readPointer(ctx, userId);
    requireAnswerable(asOf, pointer);
    const day = resultDay(asked.timeframe, localDay(asOf, timeZone));
    const isBehind = tracked?.isBehind === true;
    const lacking = wanted.filter((type) => isBehind || !isOfDay(stored.get(type), day));
    const computed =
      lacking.length === 0
        ? {}
        : await answerFromSegments(ctx, pointer, asked, { asOf, timeZone }, lacking);
    return byType(stored, (row, type) => {
      const data = computed?.[type];
      if (data !== undefined) return answeredRow(type, data, day, pointer);
      if (row === null) return null;
      const described = withBasis(describeRow(row, { hasChanges: false, timeZone }));
      return { ...described, changesPending: lacking.includes(type) };
    });
  },
});

function byType(
  stored: ReadonlyMap<AggregationType, Row | null>,
  answer: (row: Row | null, type: AggregationType) => AnsweredRow<unknown> | null,
): RowsByType {
  return Object.fromEntries([...stored].map(([type, row]) => [type, answer(row, type)]));
}

function requireAnswerable(asOf: string, pointer: Pointer): void {
  const { first, last } = answerableDays(pointer);
  if (isDate(asOf) && asOf >= first && asOf <= last) return;
  throw refusal(
    "INVALID_FILTERS",
    `asOf is "${cutText(asOf, 50)}"; it must be a date from ${first} to ${last}.`,
  );
}

/**
 * Asks that a filter be answered. Makes the build that is missing, refreshes what is stored of it,
 * and remembers that the user was here. With `keep`, the filter's ten results are stored and kept
 * up to date from now on, until nobody has asked for 30 days: worth it where the same filter is
 * shown again and again. A user keeps at most ten filters beyond the six defaults.
 *
 * @returns "ready" where `getMany` answers the filter for the present day; "scheduled" where it will
 *   when a recompute has ended, which the subscription to it tells.
 * @throws LIMIT_REACHED where it is to be kept, and ten others were asked for within a day.
 */
export const request = patientMutation({
  args: { filters: requestedFiltersValidator, keep: v.optional(v.boolean()) },
  returns: v.union(v.literal("ready"), v.literal("scheduled")),
  handler: async (ctx, { filters, keep = false }): Promise<"ready" | "scheduled"> => {
    const asked = canonical(filters);
    // A page that is still open asks on; what is left is deleted, not computed.
    if (ctx.isErasing) return "scheduled";
    return await answerRequest(ctx, ctx.userId, asked, keep);
  },
});

/**
 * The user's history as the engine reads it, for computing in the browser: some 7 bytes a watch.
 *
 * Without arguments, the list of what there is: the months and the parts of the dictionary that
 * their numbers refer to, each with its length in bytes and a revision that changes with them. With
 * `months`, their bytes, and with `dictionary` those of parts by number: up to 500 of each and 4 MiB
 * in all. What does not fit, or is no longer there, is left out. Bytes count together only if all
 * are of one list's epoch and revisions.
 *
 * @returns null where there are no columns, or they are not to be trusted: before the first
 *   validation, after a rollback, a kill or a failed recompute, and beyond 8 MiB. Compute from
 *   `watchRecords:page` then.
 * @throws BATCH_TOO_LARGE
 */
export const columns = userQuery({
  args: { months: v.optional(v.array(v.string())), dictionary: v.optional(v.array(v.number())) },
  returns: columnsValidator,
  handler: async (ctx, { months, dictionary }) => {
    requireFew("months", months?.length ?? 0);
    requireFew("dictionary", dictionary?.length ?? 0);
    const pointer = await findTrustedPointer(ctx, ctx.userId);
    if (pointer === null) return null;
    if (months === undefined && dictionary === undefined) return await listColumns(ctx, pointer);
    return await sendColumns(ctx, pointer, months ?? [], dictionary ?? []);
  },
});

function requireFew(name: string, length: number): void {
  if (length <= MAX_COLUMNS) return;
  throw refusal(
    "BATCH_TOO_LARGE",
    `${name} has ${length} entries; at most ${MAX_COLUMNS} are allowed.`,
  );
}

/** Where the signed-in user's aggregations stand. */
export const status = userQuery({
  args: {},
  returns: v.object({
    /** Records that the stored results cover. */
    recordCount: v.number(),
    /** Record changes not yet in the stored results. */
    pendingChanges: v.number(),
    lastRecomputedAt: v.union(v.number(), v.null()),
    lastError: v.union(v.string(), v.null()),
    timeZone: v.string(),
  }),
  handler: async (ctx) => {
    const pointer = await readPointer(ctx, ctx.userId);
    const waiting = await ctx.db
      .query("data_change_log")
      .withIndex("by_user_processed", (q) => q.eq("userId", ctx.userId).eq("processed", false))
      .take(MAX_COUNTED_LOG_ROWS);
    return {
      recordCount: pointer.recordCount,
      pendingChanges: waiting.reduce((sum, row) => sum + row.recordCount, 0),
      lastRecomputedAt: pointer.recomputedAt,
      lastError: pointer.lastError,
      timeZone: await timeZoneOf(ctx, ctx.userId),
    };
  },
});

function canonical(filters: typeof requestedFiltersValidator.type): FilterOptions {
  try {
    return canonicalizeFilters(filters);
  } catch (error) {
    if (!(error instanceof InvalidFiltersError)) throw error;
    throw refusal("INVALID_FILTERS", error.message);
  }
}

function requireType(type: string): AggregationType {
  const known = AGGREGATION_TYPES.find((candidate) => candidate === type);
  if (known !== undefined) return known;
  throw refusal(
    "UNKNOWN_AGGREGATION",
    `"${cutText(type, 50)}" is not an aggregation; there are ${AGGREGATION_TYPES.join(", ")}.`,
  );
}
