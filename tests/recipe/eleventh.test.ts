import { afterEach, expect, test, vi } from "vitest";
import { api } from "../../convex/_generated/api";
import {
  addMonths,
  AGGREGATION_TYPES,
  influenceStart,
  type AggregationType,
  type FilterOptions,
} from "../../src/engine";
import { internal } from "../support/reach";
import {
  ALL,
  asUser,
  expectedResults,
  filtersArg,
  makeBackend,
  NOON,
  settle,
  storedResults,
  watch,
} from "../convex/support";
import { yearsAgo } from "./yearsAgo";

afterEach(() => {
  vi.useRealTimers();
  delete yearsAgo.lookBack;
});

const ANN = "https://test|ann";
const MTD: FilterOptions = { ...ALL, timeframe: "MTD" };
/** The types of this test know ten. */
const YEARS_AGO = "years_ago" as AggregationType;

test.each([
  ["without a look-back", undefined, -Infinity],
  ["with its look-back", (asOf: string) => addMonths(asOf, -48), Date.UTC(2022, 2, 15)],
])("an eleventh aggregation by the recipe, %s, is right", async (_name, lookBack, start) => {
  expect(AGGREGATION_TYPES).toContain(YEARS_AGO);
  if (lookBack !== undefined) yearsAgo.lookBack = lookBack;
  expect(influenceStart("MTD", "2026-03-15", "UTC")).toBe(start);
  const t = makeBackend();
  const ann = asUser(t, ANN);
  const old = (index: number) =>
    watch({ videoId: `old${String(index)}`, watchedAt: Date.UTC(2022, 5, 1) + index * 60_000 });
  await ann.mutation(api.watchRecords.ingest, {
    records: [
      watch({ videoId: "first", watchedAt: Date.UTC(2021, 0, 1) }),
      watch({ videoId: "now", watchedAt: NOON - 1_000 }),
      old(0),
    ],
  });
  await settle(t);
  vi.setSystemTime(NOON);
  await ann.mutation(api.watchRecords.ingest, { records: [old(1), old(2)] });
  await settle(t);
  // Both changes lie three years before the window.
  const expected = await expectedResults(t, ANN, MTD);
  expect(expected[YEARS_AGO]).toEqual({ videos: 3 });
  expect(await storedResults(t, ANN, MTD)).toEqual(expected);
  // What nobody stored is computed from as much of the history as it needs.
  const filters = filtersArg({ ...MTD, topics: ["Other"] });
  const rows = await ann.query(api.aggregations.getMany, { filters, asOf: "2026-03-15" });
  expect(rows[YEARS_AGO]).toMatchObject({ data: { videos: 3 }, basis: "segments" });
  const checked = await t.action(internal.validation.checkUser, { userId: ANN });
  expect(checked).toMatchObject({ compared: 66, differing: 0 });
});
