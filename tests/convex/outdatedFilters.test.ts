import { afterEach, expect, test, vi } from "vitest";
import { api } from "../../convex/_generated/api";
import type { Doc } from "../../convex/_generated/dataModel";
import { filtersPerTransaction, outdatedFilters, type Dirt } from "../../convex/model/compute";
import {
  ENGINE_VERSION,
  TIMEFRAMES,
  type FilterOptions,
  type TimeframeFilter,
} from "../../src/engine";
import { AGGREGATIONS } from "../../src/engine/aggregations/registry";
import {
  ALL,
  asUser,
  expectedResults,
  keep,
  makeBackend,
  NOON,
  settle,
  storedResults,
  watch,
} from "./support";

afterEach(() => vi.useRealTimers());

const DAY = { asOf: "2026-03-15", timeZone: "UTC", endsAt: Date.UTC(2026, 2, 16) };
const CLEAN: Dirt = { latestInstant: null, hasUndated: false, hasAttributes: false };

type Stored = Doc<"tracked_filters">["stored"];

function tracked(timeframe: TimeframeFilter, stored: Partial<NonNullable<Stored>> | null = {}) {
  const { asOf, timeZone } = DAY;
  const current = { asOf, timeZone, version: ENGINE_VERSION, results: [] };
  // Of a document only what the decision reads.
  return {
    filters: { timeframe, product: "All", topics: [], channels: [] },
    stored: stored === null ? null : { ...current, ...stored },
  } as unknown as Doc<"tracked_filters">;
}

function outdated(dirt: Partial<Dirt>): TimeframeFilter[] {
  const all = TIMEFRAMES.map((timeframe) => tracked(timeframe));
  return outdatedFilters(all, DAY, { ...CLEAN, ...dirt }).map(({ filters }) => filters.timeframe);
}

test("nothing changed: no filter is computed", () => {
  expect(outdated({})).toEqual([]);
});

test("a day before 1 January of last year reaches All only, the day after it all six", () => {
  expect(outdated({ latestInstant: Date.UTC(2025, 0, 1) })).toEqual(["All"]);
  expect(outdated({ latestInstant: Date.UTC(2025, 0, 2) })).toEqual([...TIMEFRAMES]);
});

test("undated records reach All only", () => {
  expect(outdated({ hasUndated: true })).toEqual(["All"]);
});

test("every change reaches all where an aggregation declares no look-back", () => {
  const { lookBack } = AGGREGATIONS.kpi;
  try {
    delete AGGREGATIONS.kpi.lookBack;
    expect(outdated({ latestInstant: Date.UTC(2006, 0, 1) })).toEqual([...TIMEFRAMES]);
    expect(outdated({ hasUndated: true })).toEqual([...TIMEFRAMES]);
    expect(outdated({})).toEqual([]);
  } finally {
    AGGREGATIONS.kpi.lookBack = lookBack!;
  }
});

test("channel attributes reach all", () => {
  expect(outdated({ hasAttributes: true })).toEqual([...TIMEFRAMES]);
});

test.each([
  ["nothing", null],
  ["another day", { asOf: "2026-03-14" }],
  ["another zone", { timeZone: "Asia/Tokyo" }],
  ["another version", { version: ENGINE_VERSION - 1 }],
])("a filter with results of %s is computed, whatever changed", (_name, stored) => {
  expect(outdatedFilters([tracked("MTD", stored)], DAY, CLEAN)).toHaveLength(1);
});

test("an interval that has ended does not turn with the day, one that has not does", () => {
  const yesterday = { asOf: "2026-03-14" };
  const isComputed = (timeframe: TimeframeFilter, stored = yesterday) =>
    outdatedFilters([tracked(timeframe, stored)], DAY, CLEAN).length > 0;
  expect(isComputed("2026-01-01/2026-03-14")).toBe(false);
  expect(isComputed("2026-01-01/2026-03-15")).toBe(true);
  expect(isComputed("2026-01-01/2026-03-15", { asOf: "2026-03-15" })).toBe(false);
  expect(isComputed("2026-01-01/2026-12-31")).toBe(true);
  expect(isComputed("2025-01-01/2025-12-31", { asOf: "2025-12-31" })).toBe(false);
});

test.each([
  ["an old record", Date.UTC(2023, 5, 1)],
  ["a record without a time", null],
])("%s reaches an interval that has ended, where today's URLs stay", async (_name, watchedAt) => {
  const t = makeBackend();
  const ann = asUser(t, "https://test|ann");
  const may: FilterOptions = { ...ALL, timeframe: "2025-05-01/2025-05-31" };
  const seen = (channelUrl: string, at: number | null) =>
    watch({ videoId: `${channelUrl} ${String(at)}`, channelUrl, watchedAt: at });
  await ann.mutation(api.watchRecords.ingest, {
    records: [
      seen("https://test/c", Date.UTC(2022, 4, 10)),
      seen("https://test/c", Date.UTC(2025, 4, 10)),
      seen("https://test/a", NOON - 1_000),
    ],
  });
  await settle(t);
  await keep(t, "https://test|ann", may);
  // The smallest URL of today is still a, but that of May is now b.
  await ann.mutation(api.watchRecords.ingest, { records: [seen("https://test/b", watchedAt)] });
  await settle(t);
  const stored = await storedResults(t, "https://test|ann", may);
  expect(stored).toMatchObject({ top_channels: [{ channelUrl: "https://test/b" }] });
  expect(stored).toEqual(await expectedResults(t, "https://test|ann", may));
});

test("a transaction takes fewer filters of a longer history, at least one, never too many", () => {
  expect(filtersPerTransaction(0)).toBe(24);
  expect(filtersPerTransaction(500_000)).toBe(4);
  expect(filtersPerTransaction(500_000, 1 / 4)).toBe(1);
  expect(filtersPerTransaction(10_000_000)).toBe(1);
});
