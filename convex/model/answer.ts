import {
  addDays,
  AGGREGATION_TYPES,
  aggregateHistory,
  columnsFromRecords,
  CorruptColumnsError,
  dayOf,
  influenceStart,
  prepareHistory,
  type AggregationResults,
  type AggregationType,
  type FilterOptions,
  type HistoryColumns,
} from "../../src/engine";
import type { QueryCtx } from "../_generated/server";
import { readHistory, type HistoryPart } from "./columns";
import { readChannelAttributes } from "./compute";
import { monthOf } from "./partitions";
import type { Pointer } from "./pointer";
import type { LocalDay } from "./settings";

/** What one query computes from at most: with the rows it reads, half of what Convex lets it read. */
const MAX_BYTES = 8 * 2 ** 20;
/** All time over more records is left to the stored results: ten results take half a second then. */
const MAX_RECORDS_ALL_TIME = 500_000;

type Reader = Pick<QueryCtx, "db">;

/** The local day to answer for. */
export type AnswerDay = Pick<LocalDay, "asOf" | "timeZone">;

/**
 * Results of a filter on a day, computed from the segments in force. It reads neither the change log
 * nor the state of a run, so that a live query runs again when the segments have changed and at no
 * other time.
 *
 * @returns null where there is no build yet, it is too large for one query, or cannot be read.
 */
export async function answerFromSegments(
  ctx: Reader,
  pointer: Pointer,
  filters: FilterOptions,
  day: AnswerDay,
  types: readonly AggregationType[],
): Promise<Partial<AggregationResults> | null> {
  const loaded = await load(ctx, pointer, filters, day, types);
  if (typeof loaded === "string") return null;
  const asOf = dayOf(filters.timeframe, day.asOf);
  const prepared = prepareHistory(loaded, { ...day, asOf });
  return aggregateHistory(prepared, [filters], types)[0] ?? null;
}

/** Why there is no answer from the segments. */
export type Unanswerable = "unbuilt" | "unreadable" | "too-large";

/** Whether `answerFromSegments` has an answer, and why not. */
export async function testAnswer(
  ctx: Reader,
  pointer: Pointer,
  filters: FilterOptions,
  day: AnswerDay,
): Promise<"computed" | Unanswerable> {
  const loaded = await load(ctx, pointer, filters, day, AGGREGATION_TYPES);
  return typeof loaded === "string" ? loaded : "computed";
}

async function load(
  ctx: Reader,
  pointer: Pointer,
  filters: FilterOptions,
  day: AnswerDay,
  types: readonly AggregationType[],
): Promise<HistoryColumns | Unanswerable> {
  const { userId, epoch, recordCount } = pointer;
  if (epoch === 0) return (await hasRecords(ctx, userId)) ? "unbuilt" : columnsFromRecords([]);
  const isAllTime = filters.timeframe === "All";
  try {
    const part = isAllTime ? null : await endOfHistory(ctx, pointer, filters, day, types);
    if (part === null && recordCount > MAX_RECORDS_ALL_TIME) return "too-large";
    const whole = { from: null, attributes: null, maxBytes: MAX_BYTES };
    const loaded = await readHistory(ctx, { userId, epoch }, part ?? whole);
    return loaded?.history ?? "too-large";
  } catch (error) {
    // `request` has them rebuilt; until then the reader has what else there is.
    if (error instanceof CorruptColumnsError) return "unreadable";
    throw error;
  }
}

/**
 * The segments that a short timeframe needs. They do with the channel attributes that the last run
 * stored, which are of its day: an earlier one may not know all of them yet.
 */
async function endOfHistory(
  ctx: Reader,
  { userId, epoch, day: attributesDay }: Pointer,
  { timeframe }: FilterOptions,
  { asOf, timeZone }: AnswerDay,
  types: readonly AggregationType[],
): Promise<HistoryPart | null> {
  const from = influenceStart(timeframe, asOf, timeZone, types);
  const isOfEarlierDay = attributesDay === null || dayOf(timeframe, asOf) < attributesDay;
  if (from === -Infinity || isOfEarlierDay) return null;
  const attributes = await readChannelAttributes(ctx, userId, epoch);
  if (attributes === null) return null;
  return { from: monthOf(from), attributes, maxBytes: MAX_BYTES };
}

async function hasRecords({ db }: Reader, userId: string): Promise<boolean> {
  const record = await db
    .query("watch_records")
    .withIndex("by_user_record_key", (q) => q.eq("userId", userId))
    .first();
  return record !== null;
}

/** A clock may be a day ahead or behind; a person may come back after months. */
const DAYS_BEHIND = 1;
const DAYS_AHEAD = 366;
const ANY_DAY = { first: "2005-01-01", last: "2100-12-31" };

/** The days that can be answered for; any where nothing is built yet. */
export function answerableDays({ day }: Pointer): { first: string; last: string } {
  if (day === null) return ANY_DAY;
  return { first: addDays(day, -DAYS_BEHIND), last: addDays(day, DAYS_AHEAD) };
}
