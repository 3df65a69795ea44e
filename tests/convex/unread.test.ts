import { afterEach, expect, test, vi } from "vitest";
import { api } from "../../convex/_generated/api";
import { AGGREGATION_TYPES, TIMEFRAMES, type FilterOptions } from "../../src/engine";
import { inTables, internal } from "../support/reach";
import { build, documentsOf } from "./damage";
import {
  ALL,
  asUser,
  DAY_MS,
  expectedResults,
  filtersArg,
  keep,
  makeBackend,
  settle,
  storedResults,
  watch,
  type Backend,
} from "./support";

afterEach(() => vi.useRealTimers());

const ANN = "https://test|ann";
const YEAR: FilterOptions = { ...ALL, timeframe: "YTD" };
const OTHERS = TIMEFRAMES.filter((timeframe) => timeframe !== "YTD").map(
  (timeframe): FilterOptions => ({ ...ALL, timeframe }),
);

/** A user who has shown one of the six defaults, and none of the others, for more than a week. */
async function oneShown(): Promise<Backend> {
  const t = makeBackend();
  await build(t, [ANN]);
  const tracked = await documentsOf(t, "tracked_filters", ANN);
  await inTables(t, async (ctx) => {
    for (const { _id, filters } of tracked) {
      if (filters.timeframe === "YTD") continue;
      await ctx.db.patch("tracked_filters", _id, { lastRequestedAt: Date.now() - 9 * DAY_MS });
    }
  });
  return t;
}

async function change(t: Backend, videoId = "new"): Promise<void> {
  await asUser(t, ANN).mutation(api.watchRecords.ingest, { records: [watch({ videoId })] });
  await settle(t);
}

async function ask(t: Backend, filters: FilterOptions) {
  const [pointer] = await documentsOf(t, "aggregation_pointers", ANN);
  return await asUser(t, ANN).query(api.aggregations.getMany, {
    filters: filtersArg(filters),
    asOf: pointer?.day ?? "",
  });
}

test("a change refreshes what was shown lately, and the query computes the other defaults", async () => {
  const t = await oneShown();
  const before = await Promise.all(OTHERS.map((filters) => storedResults(t, ANN, filters)));
  await change(t);
  expect(await storedResults(t, ANN, YEAR)).toEqual(await expectedResults(t, ANN, YEAR));
  expect((await ask(t, YEAR)).kpi?.basis).toBe("results");
  for (const [index, filters] of OTHERS.entries()) {
    expect(await storedResults(t, ANN, filters)).toEqual(before[index]);
    const args = { type: "kpi", filters: filtersArg(filters) };
    expect(await asUser(t, ANN).query(api.aggregations.get, args)).toMatchObject({
      changesPending: true,
    });
    const rows = await ask(t, filters);
    const expected = await expectedResults(t, ANN, filters);
    for (const type of AGGREGATION_TYPES) {
      expect(rows[type]).toMatchObject({ basis: "segments", changesPending: false });
      expect(rows[type]?.data).toEqual(expected[type]);
    }
  }
});

test("what is behind is not called wrong, and is stored again once somebody shows it", async () => {
  const t = await oneShown();
  await change(t);
  const checked = await t.action(internal.validation.checkUser, { userId: ANN });
  expect(checked).toMatchObject({ outcome: "passed", compared: 10, differing: 0 });
  const [month = ALL] = OTHERS;
  await keep(t, ANN, month);
  await change(t, "newer");
  expect((await ask(t, month)).kpi?.basis).toBe("results");
  expect(await storedResults(t, ANN, month)).toEqual(await expectedResults(t, ANN, month));
  expect(await t.action(internal.validation.checkUser, { userId: ANN })).toMatchObject({
    compared: 20,
    differing: 0,
  });
});

test("the turn of the day and a rebuild refresh all of them", async () => {
  const t = await oneShown();
  await change(t);
  await t.action(internal.recompute.user, { userId: ANN });
  await settle(t);
  for (const filters of [YEAR, ...OTHERS]) {
    expect((await ask(t, filters)).kpi?.basis).toBe("results");
    expect(await storedResults(t, ANN, filters)).toEqual(await expectedResults(t, ANN, filters));
  }
  await change(t, "newer");
  const day = Date.now() + DAY_MS;
  vi.setSystemTime(day);
  await asUser(t, ANN).mutation(api.aggregations.request, { filters: filtersArg(YEAR) });
  await settle(t);
  const asOf = new Date(day).toISOString().slice(0, 10);
  for (const filters of OTHERS) {
    const stored = await storedResults(t, ANN, filters);
    expect(stored).toEqual(await expectedResults(t, ANN, filters, { asOf, timeZone: "UTC" }));
  }
});
