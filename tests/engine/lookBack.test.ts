import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod/mini";
import {
  addDays,
  addMonths,
  AGGREGATION_TYPES,
  aggregateHistory,
  channelAttributes,
  dayOf,
  decodeHistory,
  encodeSegment,
  HistoryDictionary,
  influenceStart,
  prepareHistory,
  TIMEFRAMES,
  type AggregationType,
  type WatchRecord,
} from "../../src/engine/index";
import { defineAggregation, type LookBack } from "../../src/engine/aggregations/define";
import { AGGREGATIONS } from "../../src/engine/aggregations/registry";
import type { WindowView } from "../../src/engine/compute/view";
import { propertyRuns } from "./reference/compare";
import { scenario, type Scenario } from "./reference/scenarios";

/**
 * Whether a result is the same with the records before its look-back as without them. Then no
 * record that is inserted, edited or removed there can alter it.
 */
function isBlindBefore(type: AggregationType, { records, filters, ...at }: Scenario): boolean {
  return [...TIMEFRAMES, filters.timeframe].every((timeframe) => {
    const start = influenceStart(timeframe, at.asOf, at.timeZone, [type]);
    const isEarlier = (record: WatchRecord) => instantOf(record) < start;
    const earlier = [...records.filter(isEarlier), ...lastBefore(start, records)];
    const later = records.filter((record) => !isEarlier(record));
    const dictionary = HistoryDictionary.decode([]);
    const [older, newer] = [segmentsOf(earlier, dictionary), segmentsOf(later, dictionary)];
    const day = { ...at, asOf: dayOf(timeframe, at.asOf) };
    const whole = prepareHistory(decodeHistory(dictionary, [...older, ...newer]), day);
    // What channels are known for stays: a change of that counts for every timeframe.
    const end = prepareHistory(decodeHistory(dictionary, newer, channelAttributes(whole)), day);
    const asked = [{ ...filters, timeframe }];
    const resultOf = (history: typeof whole) =>
      JSON.stringify(aggregateHistory(history, asked, [type]));
    return resultOf(whole) === resultOf(end);
  });
}

/** Records without a time count where everything does, so they come before all time. */
function instantOf({ watchedAt }: WatchRecord): number {
  return watchedAt ?? -Infinity;
}

/** One of the records in the last millisecond before `start`, where a look-back is off by little. */
function lastBefore(start: number, [record]: readonly WatchRecord[]): WatchRecord[] {
  return record === undefined || start === -Infinity ? [] : [{ ...record, watchedAt: start - 1 }];
}

function segmentsOf(records: readonly WatchRecord[], dictionary: HistoryDictionary): Uint8Array[] {
  const dated = records
    .filter(({ watchedAt }) => watchedAt !== null)
    .sort((a, b) => instantOf(a) - instantOf(b));
  const undated = records.filter(({ watchedAt }) => watchedAt === null);
  return [dated, undated]
    .filter(({ length }) => length > 0)
    .map((rows) => encodeSegment(rows, dictionary));
}

function holdsItsWord(type: AggregationType) {
  return fc.property(scenario(80), (given) => isBlindBefore(type, given));
}

/** Runs something with one more aggregation, which the types do not know. */
function withFake<Result>(
  lookBack: LookBack | undefined,
  compute: (view: WindowView) => number,
  run: (type: AggregationType) => Result,
): Result {
  const registry: Record<string, unknown> = AGGREGATIONS;
  const schema = z.int();
  const declared = lookBack === undefined ? {} : { lookBack };
  registry.fake = defineAggregation({ version: 1, ...declared, schema, compute });
  try {
    return run("fake" as AggregationType);
  } finally {
    delete registry.fake;
  }
}

const twoMonthsAgo = (asOf: string) => addMonths(asOf, -2);
const aDayLater = (asOf: string) => addDays(twoMonthsAgo(asOf), 1);

function videosOfTwoMonths(view: WindowView): number {
  const { asOf } = view.prepared;
  const [start, end] = view.rowsOfDays(twoMonthsAgo(asOf), asOf);
  return end - start;
}

/** What an aggregation reads, how far back that is, and a look-back that hides some of it. */
const READERS: [string, (view: WindowView) => number, LookBack, LookBack][] = [
  ["two months", videosOfTwoMonths, twoMonthsAgo, "window"],
  ["two months, a day too few declared", videosOfTwoMonths, twoMonthsAgo, aDayLater],
  ["all time", ({ selection }) => selection.dated.count, "all", "window"],
  ["records without a time", ({ selection }) => selection.undated.count, "all", "window"],
];

describe("a change before the look-back of an aggregation", { timeout: 180_000 }, () => {
  it.each(AGGREGATION_TYPES)("never changes its result: %s", (type) => {
    fc.assert(holdsItsWord(type), propertyRuns(60));
  });

  it.each(READERS)("is seen by one that lies: %s", (_name, compute, _honest, lie) => {
    const search = (type: AggregationType) => fc.check(holdsItsWord(type), propertyRuns(200));
    expect(withFake(lie, compute, search).failed).toBe(true);
  });

  it.each(READERS)("is not seen by one that tells the truth: %s", (_name, compute, honest) => {
    withFake(honest, compute, (type) => {
      fc.assert(holdsItsWord(type), propertyRuns(60));
    });
  });
});

it.each(["all", undefined] as const)("with a look-back of %s every record counts", (lookBack) => {
  withFake(lookBack, videosOfTwoMonths, (fake) => {
    const startOf = (types: AggregationType[]) => influenceStart("MTD", "2026-05-31", "UTC", types);
    expect(startOf([fake])).toBe(-Infinity);
    expect(startOf(["monthly_trend", fake, "kpi"])).toBe(-Infinity);
    expect(startOf(["monthly_trend"])).toBe(Date.UTC(2026, 4, 1));
  });
});

it("the earliest look-back of the types counts, and none begins after the window", () => {
  withFake(twoMonthsAgo, videosOfTwoMonths, (fake) => {
    const startOf = (timeframe: "MTD" | "Last6M", types: AggregationType[]) =>
      influenceStart(timeframe, "2026-05-31", "UTC", types);
    expect(startOf("MTD", [fake])).toBe(Date.UTC(2026, 2, 31));
    expect(startOf("MTD", [fake, "monthly_trend"])).toBe(Date.UTC(2026, 2, 31));
    expect(startOf("MTD", [fake, "kpi"])).toBe(Date.UTC(2025, 0, 1));
    expect(startOf("Last6M", [fake])).toBe(Date.UTC(2025, 11, 1));
  });
});
