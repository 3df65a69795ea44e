import { ConvexError } from "convex/values";
import { afterEach, describe, expect, test, vi } from "vitest";
import { api } from "../../convex/_generated/api";
import type { FilterOptions } from "../../src/engine";
import { inTables, internal } from "../support/reach";
import { beginRun, finishRun, wake } from "../support/runs";
import {
  ALL,
  asUser,
  DAY_MS,
  expectedResults,
  filtersArg,
  keep,
  makeBackend,
  NOON,
  runUntil,
  settle,
  storedResults,
  watch,
  watches,
  type Backend,
} from "./support";

afterEach(() => vi.useRealTimers());

const ANN = "https://test|ann";
const MUSIC: FilterOptions = { ...ALL, timeframe: "Last12M", topics: ["Music"] };

async function seeded(count = 30): Promise<Backend> {
  const t = makeBackend();
  await asUser(t, ANN).mutation(api.watchRecords.ingest, {
    records: watches(count),
  });
  await settle(t);
  return t;
}

async function getKpi(t: Backend, filters = ALL, userId = ANN) {
  return await asUser(t, userId).query(api.aggregations.get, {
    type: "kpi",
    filters: filtersArg(filters),
  });
}

async function request(t: Backend, filters = ALL, userId = ANN) {
  return await asUser(t, userId).mutation(api.aggregations.request, {
    filters: filtersArg(filters),
  });
}

describe("get", () => {
  test("a stored row says what it covers and when it goes stale", async () => {
    const t = await seeded();
    const row = await getKpi(t);
    expect(row).toEqual({
      data: (await expectedResults(t, ANN)).kpi,
      computedAt: expect.any(Number) as number,
      expiresAt: Date.UTC(2026, 2, 16),
      version: 1,
      asOf: "2026-03-15",
      timeZone: "UTC",
      changesPending: false,
    });
  });

  test("is null where nothing is stored", async () => {
    expect(await getKpi(await seeded(), MUSIC)).toBeNull();
  });

  test("finds the row by canonical filters, however they are written", async () => {
    const t = await seeded();
    await keep(t, ANN, { ...ALL, topics: ["Music", "Gaming"] });
    expect(await getKpi(t, { ...ALL, topics: [" Gaming", "Music", "Music", ""] })).not.toBeNull();
  });

  test("answers the same at any time: the clock alone changes no query", async () => {
    const t = await seeded();
    const ann = asUser(t, ANN);
    const ask = async () => [
      await getKpi(t),
      await ann.query(api.aggregations.getMany, { filters: filtersArg() }),
      await ann.query(api.aggregations.status, {}),
      await ann.query(api.flags.evaluate, { key: "k" }),
    ];
    const now = await ask();
    vi.setSystemTime(NOON + 400 * DAY_MS);
    expect(await ask()).toEqual(now);
  });

  test("tells that changes are waiting, with every cron and run dead", async () => {
    const t = await seeded();
    await asUser(t, ANN).mutation(api.watchRecords.ingest, {
      records: [watch({ videoId: "n" })],
    });
    expect(await getKpi(t)).toMatchObject({ changesPending: true });
    await settle(t);
    expect(await getKpi(t)).toMatchObject({ changesPending: false });
  });

  test.each([
    [
      "an unknown aggregation",
      { type: "sums", filters: filtersArg() },
      "UNKNOWN_AGGREGATION",
      /"sums".*kpi/,
    ],
    [
      "an unknown timeframe",
      { type: "kpi", filters: { ...filtersArg(), timeframe: "Week" } },
      "INVALID_FILTERS",
      /Week/,
    ],
    [
      "an unknown product",
      { type: "kpi", filters: { ...filtersArg(), product: "TV" } },
      "INVALID_FILTERS",
      /TV/,
    ],
    [
      "51 topics",
      {
        type: "kpi",
        filters: { ...filtersArg(), topics: Array.from({ length: 51 }, (_, i) => String(i)) },
      },
      "INVALID_FILTERS",
      /50/,
    ],
    [
      "101 channels",
      {
        type: "kpi",
        filters: { ...filtersArg(), channels: Array.from({ length: 101 }, (_, i) => String(i)) },
      },
      "INVALID_FILTERS",
      /100/,
    ],
    [
      "a name of 201 characters",
      { type: "kpi", filters: { ...filtersArg(), channels: ["x".repeat(201)] } },
      "INVALID_FILTERS",
      /200/,
    ],
  ])("refuses %s and says what is allowed", async (_name, args, code, message) => {
    const t = await seeded(1);
    const error: unknown = await asUser(t, ANN)
      .query(api.aggregations.get, args)
      .catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ConvexError);
    expect((error as ConvexError<{ code: string; message: string }>).data).toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
    });
  });
});

test("getMany returns the asked types, typed by name, null where missing", async () => {
  const t = await seeded();
  const rows = await asUser(t, ANN).query(api.aggregations.getMany, {
    types: ["kpi", "top_channels"],
    filters: filtersArg(),
  });
  const videos: number | undefined = rows.kpi?.data.totalVideos;
  expect(videos).toBe(30);
  expect(Object.keys(rows).sort()).toEqual(["kpi", "top_channels"]);
  const missing = await asUser(t, ANN).query(api.aggregations.getMany, {
    filters: filtersArg(MUSIC),
  });
  expect(Object.values(missing)).toEqual(Array.from({ length: 10 }, () => null));
});

describe("request", () => {
  test("of a filter that the query answers is ready, and stores nothing", async () => {
    const t = await seeded();
    expect(await request(t, MUSIC)).toBe("ready");
    await settle(t);
    expect(await getKpi(t, MUSIC)).toBeNull();
  });

  test("before the first build schedules it and never shows zeros", async () => {
    const t = makeBackend();
    await asUser(t, ANN).mutation(api.watchRecords.ingest, { records: watches(5) });
    expect(await request(t)).toBe("scheduled");
    expect(await getKpi(t)).toBeNull();
    await settle(t);
    expect(await getKpi(t)).toMatchObject({ data: { totalVideos: 5 } });
  });

  test("heals a run that was lost", async () => {
    const t = await seeded();
    await asUser(t, ANN).mutation(api.watchRecords.ingest, { records: [watch({ videoId: "n" })] });
    await inTables(t, async (ctx) => {
      const [state] = await ctx.db.query("aggregation_state").take(1);
      if (state) await ctx.db.patch("aggregation_state", state._id, { phase: "idle", dueAt: null });
    });
    vi.clearAllTimers(); // the wake-up of the change is lost, too
    expect(await request(t)).toBe("ready");
    await settle(t);
    expect(await getKpi(t)).toMatchObject({ data: { totalVideos: 31 }, changesPending: false });
  });
});

describe("request with keep", () => {
  const channel = (index: number): FilterOptions => ({ ...ALL, channels: [`c${String(index)}`] });
  const ask = async (t: Backend, filters: FilterOptions, keeping = true) =>
    await asUser(t, ANN).mutation(api.aggregations.request, {
      filters: filtersArg(filters),
      keep: keeping,
    });

  test("has the results stored; the query answers meanwhile", async () => {
    const t = await seeded();
    expect(await ask(t, MUSIC)).toBe("ready");
    expect(await getKpi(t, MUSIC)).toBeNull();
    await settle(t);
    expect(await storedResults(t, ANN, MUSIC)).toEqual(await expectedResults(t, ANN, MUSIC));
  });

  test("asked again computes nothing again", async () => {
    const t = await seeded();
    await keep(t, ANN, MUSIC);
    const first = await getKpi(t, MUSIC);
    vi.setSystemTime(NOON + 3_600_000);
    expect(await ask(t, MUSIC)).toBe("ready");
    await settle(t);
    expect(await getKpi(t, MUSIC)).toEqual(first);
  });

  test("keeps ten filters beside the defaults, and refuses one more while they are in use", async () => {
    const t = await seeded(3);
    for (let index = 0; index < 10; index++) await ask(t, channel(index));
    await expect(ask(t, channel(10))).rejects.toMatchObject({
      data: { code: "LIMIT_REACHED", message: expect.stringMatching(/10 filters/) as string },
    });
    expect(await ask(t, channel(10), false)).toBe("ready");
    for (const filters of [channel(3), ALL]) expect(await ask(t, filters)).toBe("ready");
    await settle(t);
    const documents = await inTables(t, (ctx) =>
      ctx.db.query("precomputed_aggregations").take(900),
    );
    expect(documents).toHaveLength(16 * 10);
  });

  test("takes the place of the one that nobody has asked for in two days", async () => {
    const t = await seeded(3);
    for (let index = 0; index < 10; index++) {
      vi.setSystemTime(NOON + index * 1_000);
      await ask(t, channel(index));
    }
    vi.setSystemTime(NOON + 2 * DAY_MS + 60_000);
    await ask(t, channel(0), false);
    await ask(t, channel(10));
    await settle(t);
    const isKept = async (index: number) => (await getKpi(t, channel(index))) !== null;
    expect([await isKept(0), await isKept(1), await isKept(2), await isKept(10)]).toEqual([
      true,
      false,
      true,
      true,
    ]);
  });
});

describe("tracked filters", () => {
  test("one not asked for in 30 days is dropped with its results, a default never", async () => {
    const t = await seeded(3);
    await keep(t, ANN, MUSIC);
    const [{ lastRequestedAt: askedAt } = { lastRequestedAt: 0 }] = (
      await inTables(t, (ctx) => ctx.db.query("tracked_filters").take(10))
    ).filter(({ isDefault }) => !isDefault);
    vi.setSystemTime(askedAt + 30 * DAY_MS - 1_000);
    await t.mutation(internal.maintenance.cleanUp, {});
    expect(await getKpi(t, MUSIC)).not.toBeNull();
    vi.setSystemTime(askedAt + 30 * DAY_MS + 1_000);
    await t.mutation(internal.maintenance.cleanUp, {});
    expect(await getKpi(t, MUSIC)).toBeNull();
    expect(await getKpi(t, ALL)).not.toBeNull();
  });

  test("asking again within the 30 days keeps it", async () => {
    const t = await seeded(3);
    await keep(t, ANN, MUSIC);
    vi.setSystemTime(NOON + 29 * DAY_MS);
    await request(t, MUSIC);
    vi.setSystemTime(NOON + 31 * DAY_MS);
    await t.mutation(internal.maintenance.cleanUp, {});
    expect(await getKpi(t, MUSIC)).not.toBeNull();
  });
});

describe("the day's turn", () => {
  test("is computed ahead for a user seen lately", async () => {
    const t = await seeded();
    await request(t);
    vi.setSystemTime(NOON + DAY_MS / 2 + 60_000);
    await t.mutation(internal.maintenance.refreshDays, {});
    await settle(t);
    expect(await getKpi(t)).toMatchObject({ asOf: "2026-03-16", expiresAt: Date.UTC(2026, 2, 17) });
    const day = { asOf: "2026-03-16", timeZone: "UTC" };
    expect(await storedResults(t, ANN)).toEqual(await expectedResults(t, ANN, ALL, day));
  });

  test("of a user not seen for a week waits until they ask", async () => {
    const t = await seeded();
    vi.setSystemTime(NOON + 8 * DAY_MS);
    await t.mutation(internal.maintenance.refreshDays, {});
    await settle(t);
    expect(await getKpi(t)).toMatchObject({ asOf: "2026-03-15" });
    expect(await request(t)).toBe("ready");
    await runUntil(t, async () => (await getKpi(t))?.asOf === "2026-03-23");
  });

  test("a record ahead of today counts from its own day on", async () => {
    const t = makeBackend();
    const tomorrow = watch({ watchedAt: NOON + DAY_MS / 2 + 5_000 });
    await asUser(t, ANN).mutation(api.watchRecords.ingest, { records: [tomorrow] });
    await settle(t);
    expect(await getKpi(t)).toMatchObject({ data: { totalVideos: 0 } });
    vi.setSystemTime(NOON + DAY_MS);
    await request(t);
    await runUntil(t, async () => (await getKpi(t))?.asOf === "2026-03-16");
    expect(await getKpi(t)).toMatchObject({ data: { totalVideos: 1 } });
  });
});

describe("settings:setTimeZone", () => {
  test("turns what is stored stale at once, then recomputes it in the zone", async () => {
    const t = await seeded();
    const ann = asUser(t, ANN);
    await ann.mutation(api.settings.setTimeZone, { timeZone: "asia/tokyo" });
    expect(await getKpi(t)).toMatchObject({ timeZone: "UTC", changesPending: true });
    await settle(t);
    expect(await getKpi(t)).toMatchObject({
      timeZone: "Asia/Tokyo",
      changesPending: false,
      expiresAt: Date.UTC(2026, 2, 15, 15),
    });
    const day = { asOf: "2026-03-15", timeZone: "Asia/Tokyo" };
    expect(await storedResults(t, ANN)).toEqual(await expectedResults(t, ANN, ALL, day));
    expect(await ann.query(api.aggregations.status, {})).toMatchObject({ timeZone: "Asia/Tokyo" });
  });

  test("set during a run is honoured by a run after it", async () => {
    const t = await seeded();
    const ann = asUser(t, ANN);
    await ann.mutation(api.watchRecords.ingest, { records: [watch({ videoId: "n" })] });
    const begun = await beginRun(t, await wake(t, ANN));
    await t.mutation(internal.recompute.advance, begun);
    await ann.mutation(api.settings.setTimeZone, { timeZone: "Asia/Tokyo" });
    await finishRun(t, begun);
    await settle(t);
    expect(await getKpi(t)).toMatchObject({ timeZone: "Asia/Tokyo", changesPending: false });
  });

  test.each(["Mars/Olympus", "+05:30", "", "Europe"])(
    "refuses %j and keeps the zone",
    async (timeZone) => {
      const t = await seeded(1);
      const ann = asUser(t, ANN);
      await expect(ann.mutation(api.settings.setTimeZone, { timeZone })).rejects.toThrow(
        /INVALID_TIME_ZONE/,
      );
      expect(await ann.query(api.aggregations.status, {})).toMatchObject({ timeZone: "UTC" });
    },
  );
});
