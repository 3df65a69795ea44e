import { v } from "convex/values";
import {
  addDays,
  AGGREGATION_TYPES,
  AGGREGATION_VERSIONS,
  canonicalizeFilters,
  CorruptColumnsError,
  filterHash,
  InvalidFiltersError,
  isDate,
  startOfLocalDay,
  type AggregationResults,
  type AggregationType,
  type FilterOptions,
} from "../src/engine";
import { cutText } from "../src/text";
import type { Doc } from "./_generated/dataModel";
import type { MutationCtx, QueryCtx } from "./_generated/server";
import { refusal } from "./errors";
import { patientMutation, userQuery } from "./functions";
import { answerableDays, answerFromSegments, type AnswerDay } from "./model/answer";
import { hasWaitingChanges } from "./model/changeLog";
import { UserColumns } from "./model/columns";
import { computeFilters, takeSnapshot } from "./model/compute";
import { readPointer, type Pointer } from "./model/pointer";
import { isCurrent } from "./model/results";
import {
  ensureRunScheduled,
  ensureState,
  isLeftToNewerCode,
  nextDriftCheck,
  requestRun,
} from "./model/schedule";
import { localDayAt, timeZoneOf } from "./model/settings";
import { touchTracked } from "./model/trackedFilters";
import {
  byAggregationType,
  requestedFiltersValidator,
  resultDataValidator,
  resultValidators,
} from "./validators";

/** A user with more records gets an unseen filter from the recompute action, not from `request`. */
const MAX_RECORDS_INLINE = 200_000;
/** Log rows `status` counts at most; beyond, its count is a lower bound. */
const MAX_COUNTED_LOG_ROWS = 1_000;

const rowFields = {
  computedAt: v.number(),
  expiresAt: v.number(),
  version: v.number(),
  asOf: v.string(),
  timeZone: v.string(),
  changesPending: v.boolean(),
};

type Row = Doc<"precomputed_aggregations">;

/** What a result was taken from. */
const basisValidator = v.union(v.literal("results"), v.literal("segments"));
type Basis = typeof basisValidator.type;

/** What `getMany` returns: the asked types, null where there is nothing to answer from. */
type RowsByType = { [T in AggregationType]?: AnsweredRow<AggregationResults[T]> | null };

interface AnsweredRow<Data> extends DescribedRow<Data> {
  basis: Basis;
}

interface DescribedRow<Data> {
  data: Data;
  computedAt: number;
  expiresAt: number;
  version: number;
  asOf: string;
  timeZone: string;
  changesPending: boolean;
}

/**
 * The stored result of one aggregation for one filter, or null where none is stored. It is stale
 * when `changesPending` or past `expiresAt`: the reader decides, `request` brings a new one.
 */
export const get = userQuery({
  args: { type: v.string(), filters: requestedFiltersValidator },
  returns: v.union(v.null(), v.object({ data: resultDataValidator, ...rowFields })),
  handler: async (ctx, { type, filters }) => {
    const row = await findRow(ctx, ctx.userId, requireType(type), filterHash(canonical(filters)));
    return row === null ? null : describeRow(row, await readFreshness(ctx, ctx.userId));
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
    const [timeZone, ...rows] = await Promise.all([
      timeZoneOf(ctx, userId),
      ...wanted.map((type) => findRow(ctx, userId, type, hash)),
    ]);
    const stored = new Map(wanted.map((type, index) => [type, rows[index] ?? null]));
    // The tables couple data to type; their union validators cannot say so.
    if (asOf === undefined) {
      const hasChanges = await hasWaitingChanges(ctx, userId);
      const describe = (row: Row) => withBasis(describeRow(row, { hasChanges, timeZone }));
      return byType(stored, (row) => (row === null ? null : describe(row)));
    }
    const pointer = await readPointer(ctx, userId);
    requireAnswerable(asOf, pointer);
    const day = { asOf, timeZone };
    const lacking = wanted.filter((type) => !isOfDay(stored.get(type) ?? null, day));
    const computed =
      lacking.length === 0 ? {} : await answerFromSegments(ctx, pointer, asked, day, lacking);
    return byType(stored, (row, type) => {
      if (isOfDay(row, day)) return withBasis(describeRow(row, { hasChanges: false, timeZone }));
      const data = computed?.[type];
      if (data !== undefined) return answeredRow(type, data, day, pointer);
      if (row === null) return null;
      return {
        ...withBasis(describeRow(row, { hasChanges: false, timeZone })),
        changesPending: true,
      };
    });
  },
});

function byType(
  stored: ReadonlyMap<AggregationType, Row | null>,
  answer: (row: Row | null, type: AggregationType) => AnsweredRow<unknown> | null,
): RowsByType {
  return Object.fromEntries([...stored].map(([type, row]) => [type, answer(row, type)]));
}

function withBasis(row: DescribedRow<unknown>): AnsweredRow<unknown> {
  return { ...row, basis: "results" };
}

function answeredRow(
  type: AggregationType,
  data: unknown,
  { asOf, timeZone }: AnswerDay,
  { recomputedAt }: Pointer,
): AnsweredRow<unknown> {
  return {
    data,
    // Before the first recompute there are no records.
    computedAt: recomputedAt ?? startOfLocalDay(asOf, timeZone),
    expiresAt: startOfLocalDay(addDays(asOf, 1), timeZone),
    version: AGGREGATION_VERSIONS[type],
    asOf,
    timeZone,
    changesPending: false,
    basis: "segments",
  };
}

function isOfDay(row: Row | null, { asOf, timeZone }: AnswerDay): row is Row {
  return (
    row !== null &&
    row.metadata.asOf === asOf &&
    row.metadata.timeZone === timeZone &&
    row.version === AGGREGATION_VERSIONS[row.aggregationType]
  );
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
 * Asks for a filter's ten results, and has them kept up to date from now on (until nobody has
 * asked for 30 days). "ready": what is stored is of today and of all changes. "scheduled": a
 * recompute is on its way; the results arrive by the subscription to `get`.
 */
export const request = patientMutation({
  args: { filters: requestedFiltersValidator },
  returns: v.union(v.literal("ready"), v.literal("scheduled")),
  handler: async (ctx, args): Promise<"ready" | "scheduled"> => {
    const { userId } = ctx;
    // A page that is still open asks on; what is left is deleted, not computed.
    if (ctx.isErasing) return "scheduled";
    const tracked = await touchTracked(ctx, userId, canonical(args.filters));
    await noteSeen(ctx, userId);
    const hasChanges = await hasWaitingChanges(ctx, userId);
    // Heals a run that was lost, even if every cron is dead.
    if (hasChanges) await ensureRunScheduled(ctx, userId);
    const day = localDayAt(Date.now(), await timeZoneOf(ctx, userId));
    if (isCurrent(tracked, day)) return hasChanges ? "scheduled" : "ready";
    if (!(await canComputeInline(ctx, userId))) {
      await requestRun(ctx, userId);
      return "scheduled";
    }
    const { epoch } = await ensureState(ctx, userId);
    try {
      const snapshot = await takeSnapshot(ctx, userId, new UserColumns(ctx, userId, epoch));
      await computeFilters(ctx, [tracked], snapshot);
    } catch (error) {
      if (!(error instanceof CorruptColumnsError)) throw error;
      // Damaged columns are rebuilt from the records; the results follow.
      await requestRun(ctx, userId, { rebuildRequested: true });
      return "scheduled";
    }
    return hasChanges ? "scheduled" : "ready";
  },
});

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

async function findRow(
  ctx: QueryCtx,
  userId: string,
  type: AggregationType,
  hash: string,
): Promise<Row | null> {
  return await ctx.db
    .query("precomputed_aggregations")
    .withIndex("by_user_type", (q) =>
      q.eq("userId", userId).eq("aggregationType", type).eq("filterHash", hash),
    )
    // Not `unique`: a row that somebody's hand doubled is found by validation, not by the page.
    .first();
}

interface Freshness {
  hasChanges: boolean;
  timeZone: string;
}

async function readFreshness(ctx: QueryCtx, userId: string): Promise<Freshness> {
  const [hasChanges, timeZone] = await Promise.all([
    // So that staleness shows even if every cron is dead.
    hasWaitingChanges(ctx, userId),
    timeZoneOf(ctx, userId),
  ]);
  return { hasChanges, timeZone };
}

function describeRow(row: Row, { hasChanges, timeZone }: Freshness): DescribedRow<Row["data"]> {
  const { data, computedAt, expiresAt, version, metadata } = row;
  const changesPending =
    hasChanges ||
    metadata.timeZone !== timeZone ||
    version < AGGREGATION_VERSIONS[row.aggregationType];
  const { asOf } = metadata;
  return {
    data,
    computedAt,
    expiresAt,
    version,
    asOf,
    timeZone: metadata.timeZone,
    changesPending,
  };
}

const SEEN_INTERVAL_MS = 3_600_000;

/** Remembers, at most once an hour, that the user was here: the day's turn is then computed ahead. */
async function noteSeen(ctx: MutationCtx, userId: string): Promise<void> {
  const state = await ensureState(ctx, userId);
  const now = Date.now();
  const sinceSeenMs = now - state.lastSeenAt;
  const { endsAt } = localDayAt(now, await timeZoneOf(ctx, userId));
  const isNoted = sinceSeenMs >= 0 && sinceSeenMs < SEEN_INTERVAL_MS;
  // A day's turn that lies beyond the present day was noted by a clock that was wrong.
  if (isNoted && state.refreshAt !== null && state.refreshAt <= endsAt) return;
  // A user who comes back after a long time is checked within a day, like all active users.
  const driftDueAt = Math.min(state.driftDueAt ?? now, nextDriftCheck(now));
  await ctx.db.patch("aggregation_state", state._id, {
    lastSeenAt: now,
    refreshAt: endsAt,
    driftDueAt,
    isUnvalidated: true,
  });
}

/** Whether the segments in force are there, or rightly empty, and of a size for one mutation. */
async function canComputeInline(ctx: MutationCtx, userId: string): Promise<boolean> {
  const state = await ensureState(ctx, userId);
  if (isLeftToNewerCode(state, Date.now())) return false;
  if (state.rebuildRequested || state.recordCount > MAX_RECORDS_INLINE) return false;
  if (state.epoch > 0) return true;
  const record = await ctx.db
    .query("watch_records")
    .withIndex("by_user_record_key", (q) => q.eq("userId", userId))
    .first();
  return record === null;
}
