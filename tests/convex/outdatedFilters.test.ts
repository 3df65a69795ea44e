import { expect, test } from "vitest";
import type { Doc } from "../../convex/_generated/dataModel";
import { filtersPerTransaction, outdatedFilters, type Dirt } from "../../convex/model/compute";
import { ENGINE_VERSION, TIMEFRAMES, type TimeframeFilter } from "../../src/engine";

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

test("a transaction takes fewer filters of a longer history, at least one, never too many", () => {
  expect(filtersPerTransaction(0)).toBe(24);
  expect(filtersPerTransaction(500_000)).toBe(4);
  expect(filtersPerTransaction(500_000, 1 / 4)).toBe(1);
  expect(filtersPerTransaction(10_000_000)).toBe(1);
});
