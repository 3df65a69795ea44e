import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { api } from "../../convex/_generated/api";
import { internal, inTables } from "../support/reach";
import { beginRun, wake } from "../support/runs";
import { AGGREGATION_TYPES, TIMEFRAMES, type FilterOptions } from "../../src/engine";
import { build, documentsOf, segmentOf } from "./damage";
import {
  ALL,
  asUser,
  DAY_MS,
  expectedResults,
  filtersArg,
  keep,
  makeBackend,
  NOON,
  settle,
  watch,
  watches,
  type Backend,
} from "./support";
import { drawnWatch, watchesOf } from "./drawn";
import type { IncomingRecord } from "../../convex/validators";

afterEach(() => vi.useRealTimers());

const ANN = "https://test|ann";
const TODAY = "2026-03-15";
const MUSIC: FilterOptions = { ...ALL, timeframe: "Last12M", topics: ["Music"] };

async function ask(t: Backend, filters: FilterOptions, asOf: string = TODAY) {
  return await asUser(t, ANN).query(api.aggregations.getMany, {
    filters: filtersArg(filters),
    asOf,
  });
}

/** The ten answers, and what they were taken from. */
async function answers(t: Backend, filters: FilterOptions, asOf: string = TODAY) {
  const rows = await ask(t, filters, asOf);
  const data: Record<string, unknown> = {};
  const bases = new Set<string | null>();
  for (const type of AGGREGATION_TYPES) {
    const row = rows[type];
    if (row !== null && row !== undefined) data[type] = row.data;
    bases.add(row?.basis ?? null);
  }
  return { data, bases: [...bases] };
}

/** Two and a half years of watches, some of them undated, some of tomorrow. */
const HISTORY: IncomingRecord[] = [
  ...watches(60, NOON - 3_600_000, 15 * DAY_MS),
  ...watches(5, NOON + DAY_MS, 3_600_000).map((one) => ({ ...one, videoId: `soon${one.videoId}` })),
  watch({
    watchedAt: null,
    videoId: "undated1",
    channelTitle: "Channel 1",
    channelUrl: "https://a",
  }),
];

async function built(records: readonly IncomingRecord[] = HISTORY): Promise<Backend> {
  const t = makeBackend();
  await build(t, [ANN], records);
  return t;
}

describe("getMany as of a day", () => {
  test("computes a filter that nobody asked for from the segments, and writes nothing", async () => {
    const t = await built();
    const before = await documentsOf(t, "precomputed_aggregations", ANN);
    const filters = TIMEFRAMES.map((timeframe) => ({ ...MUSIC, timeframe }));
    for (const one of filters) {
      expect(await answers(t, one), one.timeframe).toEqual({
        data: await expectedResults(t, ANN, one),
        bases: ["segments"],
      });
    }
    expect(await documentsOf(t, "precomputed_aggregations", ANN)).toEqual(before);
  });

  test.each([
    ["2024-01-01/2024-12-31", "2024-12-31", true],
    ["2026-01-01/2026-03-14", "2026-03-14", true],
    ["2026-01-01/2026-03-15", "2026-03-15", true],
    ["2026-03-01/2026-12-31", "2026-03-15", false],
    ["2026-06-01/2026-06-30", "2026-03-15", false],
  ] as const)(
    "computes any range of days, of its last evening: %s",
    async (timeframe, asOf, isOver) => {
      const t = await built();
      const filters: FilterOptions = { ...ALL, timeframe };
      expect(await answers(t, filters)).toEqual({
        data: await expectedResults(t, ANN, filters),
        bases: ["segments"],
      });
      const { kpi } = await ask(t, filters);
      expect(kpi?.asOf).toBe(asOf);
      expect(kpi?.expiresAt === Date.UTC(2026, 2, 16)).toBe(!isOver);
      expect(kpi?.expiresAt).toBeGreaterThan(NOON);
    },
  );

  test("keeps a range that is over without computing it at midnight", async () => {
    const t = await built();
    const year: FilterOptions = { ...ALL, timeframe: "2025-01-01/2025-12-31" };
    await keep(t, ANN, year);
    const before = await ask(t, year);
    expect(before.kpi).toMatchObject({ basis: "results", asOf: "2025-12-31" });
    vi.setSystemTime(NOON + 3 * DAY_MS);
    await asUser(t, ANN).mutation(api.watchRecords.ingest, {
      records: [watch({ videoId: "later", watchedAt: NOON + 2 * DAY_MS })],
    });
    await settle(t);
    const [pointer] = await documentsOf(t, "aggregation_pointers", ANN);
    expect(await ask(t, year, pointer?.day ?? "")).toEqual(before);
    const checked = await t.action(internal.validation.checkUser, { userId: ANN });
    expect(checked).toMatchObject({ compared: 70, differing: 0 });
  });

  test("says what a stored row says", async () => {
    const t = await built();
    const { kpi } = await ask(t, MUSIC);
    expect(kpi).toEqual({
      data: (await expectedResults(t, ANN, MUSIC)).kpi,
      computedAt: expect.any(Number) as number,
      expiresAt: Date.UTC(2026, 2, 16),
      version: 1,
      asOf: TODAY,
      timeZone: "UTC",
      changesPending: false,
      basis: "segments",
    });
    const stored = await ask(t, ALL);
    expect(stored.kpi).toMatchObject({ basis: "results", asOf: TODAY, changesPending: false });
    expect(await answers(t, ALL)).toEqual({
      data: await expectedResults(t, ANN, ALL),
      bases: ["results"],
    });
  });

  test("computes only the types whose rows are not of the day", async () => {
    const t = await built();
    const rows = await documentsOf(t, "precomputed_aggregations", ANN);
    const kpis = rows.filter(({ aggregationType }) => aggregationType === "kpi");
    await inTables(t, async (ctx) => {
      for (const { _id } of kpis)
        await ctx.db.patch("precomputed_aggregations", _id, { version: 0 });
    });
    const { kpi, top_channels: channels } = await ask(t, ALL);
    expect([kpi?.basis, channels?.basis]).toEqual(["segments", "results"]);
    expect(kpi?.data).toEqual((await expectedResults(t, ANN, ALL)).kpi);
  });

  test.each(["2026-03-14", "2026-03-16", "2026-04-01", "2027-01-01", "2027-03-16"])(
    "is of that day, before any recompute: %s",
    async (asOf) => {
      const t = await built();
      for (const filters of [ALL, MUSIC, { ...ALL, timeframe: "MTD" as const }]) {
        expect(await answers(t, filters, asOf)).toEqual({
          data: await expectedResults(t, ANN, filters, { asOf, timeZone: "UTC" }),
          bases: ["segments"],
        });
      }
    },
  );

  test.each(["2026-03-13", "2027-03-17", "2026-02-30", "9999-12-31", "today", ""])(
    "is refused with the days it may be: %j",
    async (asOf) => {
      const t = await built();
      await expect(ask(t, ALL, asOf)).rejects.toMatchObject({
        data: {
          code: "INVALID_FILTERS",
          message: `asOf is "${asOf}"; it must be a date from 2026-03-14 to 2027-03-16.`,
        },
      });
    },
  );

  test("is of no videos for a user without records, and null before the first build", async () => {
    const t = makeBackend();
    expect(await answers(t, MUSIC)).toEqual({
      data: await expectedResults(t, ANN, MUSIC),
      bases: ["segments"],
    });
    await asUser(t, ANN).mutation(api.watchRecords.ingest, { records: watches(3) });
    expect(await answers(t, MUSIC)).toEqual({ data: {}, bases: [null] });
  });

  test("is the row of another day, or null, where the columns cannot be read", async () => {
    const t = await built();
    const { _id } = await segmentOf(t, ANN, "2026-03");
    const bytes = new Uint8Array([9, 9, 9]).buffer;
    await inTables(t, (ctx) => ctx.db.patch("watch_segments", _id, { bytes }));
    expect(await answers(t, MUSIC)).toEqual({ data: {}, bases: [null] });
    const { kpi } = await ask(t, ALL, "2026-03-16");
    expect(kpi).toMatchObject({ basis: "results", asOf: TODAY, changesPending: true });
  });

  test("is null while the rows in the pointer come to more than a query may read", async () => {
    const t = await built();
    const { _id } = (await documentsOf(t, "aggregation_pointers", ANN))[0]!;
    await inTables(t, (ctx) => ctx.db.patch("aggregation_pointers", _id, { recordCount: 500_001 }));
    expect((await answers(t, { ...MUSIC, timeframe: "All" })).bases).toEqual([null]);
    expect((await answers(t, MUSIC)).bases).toEqual(["segments"]);
  });
});

test("an answer reads neither the change log nor the state of a run", async () => {
  const t = await built();
  const before = await ask(t, MUSIC);
  await inTables(t, async (ctx) => {
    // Whoever reads them breaks: there are two where one must be, and rows of changes wait.
    const state = await ctx.db
      .query("aggregation_state")
      .withIndex("by_user", (q) => q.eq("userId", ANN))
      .first();
    const { _id, _creationTime, ...fields } = state!;
    await ctx.db.insert("aggregation_state", fields);
    await ctx.db.insert("data_change_log", {
      userId: ANN,
      changeType: "insert",
      recordCount: 1,
      changedAt: NOON,
      processed: false,
      days: [0],
      undatedBuckets: [],
    });
  });
  expect(await ask(t, MUSIC)).toEqual(before);
});

test("an answer knows channels that a run folded in and did not finish", async () => {
  const t = await built();
  const added = [
    watch({
      watchedAt: NOON - 60_000,
      videoId: "new1",
      channelTitle: "New",
      channelUrl: "https://n",
    }),
    watch({
      watchedAt: NOON - 120_000,
      videoId: "new2",
      channelTitle: "Channel 2",
      channelUrl: "a",
    }),
  ];
  await asUser(t, ANN).mutation(api.watchRecords.ingest, {
    records: added.map((one) => ({ ...one, channelUrl: `https://${one.channelTitle}` })),
  });
  const { work, ...lease } = await beginRun(t, await wake(t, ANN));
  // One transaction that has room for folding alone.
  const step = await t.mutation(internal.recompute.advance, {
    ...lease,
    work: { ...work, scale: 1e-9 },
  });
  expect(step.work).not.toBeNull();
  for (const timeframe of ["MTD", "Last6M", "All"] as const) {
    const filters: FilterOptions = { ...ALL, timeframe, channels: ["New", "Channel 2"] };
    expect(await answers(t, filters)).toEqual({
      data: await expectedResults(t, ANN, filters),
      bases: ["segments"],
    });
  }
});

const INTERVALS = [
  "2024-01-01/2024-12-31",
  "2025-06-01/2026-03-10",
  "2026-03-14/2026-03-14",
  "2026-02-01/2026-12-31",
] as const;

test("answers equal the reference, whatever the history, the filter and the day", async () => {
  const scenario = fc.record({
    first: fc.array(drawnWatch, { maxLength: 40 }),
    then: fc.array(drawnWatch, { maxLength: 5 }),
    removed: fc.nat(5),
    timeframe: fc.constantFrom(...TIMEFRAMES, ...INTERVALS),
    topics: fc.subarray(["T0", "T1"]),
    channels: fc.subarray(["Channel 0", "Channel 1"]),
    ahead: fc.integer({ min: -1, max: 40 }),
  });
  await fc.assert(
    fc.asyncProperty(scenario, async ({ first, then, removed, ahead, ...chosen }) => {
      const t = makeBackend();
      const ann = asUser(t, ANN);
      await ann.mutation(api.watchRecords.ingest, { records: watchesOf(first, "first") });
      await settle(t);
      await ann.mutation(api.watchRecords.ingest, { records: watchesOf(then, "then") });
      const there = await documentsOf(t, "watch_records", ANN);
      const recordKeys = there.slice(0, removed).map(({ recordKey }) => recordKey);
      await ann.mutation(api.watchRecords.remove, { recordKeys });
      await settle(t);
      const filters: FilterOptions = { ...ALL, ...chosen };
      const [pointer] = await documentsOf(t, "aggregation_pointers", ANN);
      const day = Date.parse(pointer?.day ?? TODAY) + ahead * DAY_MS;
      const asOf = new Date(day).toISOString().slice(0, 10);
      const { data } = await answers(t, filters, asOf);
      expect(data).toEqual(await expectedResults(t, ANN, filters, { asOf, timeZone: "UTC" }));
    }),
    { numRuns: 40 },
  );
});
