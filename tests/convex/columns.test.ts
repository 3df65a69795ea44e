import type { FunctionReturnType } from "convex/server";
import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { api } from "../../convex/_generated/api";
import type { Work } from "../../convex/model/work";
import type { IncomingRecord } from "../../convex/validators";
import {
  AGGREGATION_TYPES,
  TIMEFRAMES,
  type AggregationType,
  type FilterOptions,
} from "../../src/engine";
import { ColumnsDownload } from "../../src/react/fallback/columnsDownload";
import { startComputation } from "../../src/react/fallback/computationHost";
import type { ColumnsBytes, ColumnsList } from "../../src/react/fallback/pageSource";
import { internal, inTables } from "../support/reach";
import { beginRun, finishRun, wake } from "../support/runs";
import { build, documentsOf, HISTORY, segmentOf } from "./damage";
import { drawnWatch, watchesOf } from "./drawn";
import {
  ALL,
  asUser,
  DAY_MS,
  expectedResults,
  filtersArg,
  makeBackend,
  NOON,
  settle,
  watch,
  watches,
  type Backend,
} from "./support";

afterEach(() => vi.useRealTimers());

const ANN = "https://test|ann";
const EVE = "https://test|eve";
const FLAG = "precomputed_aggregations";
const MUSIC: FilterOptions = { ...ALL, topics: ["Music"] };
/** What tells of a channel's first watch and URL, in all of the history. */
const SHOWING_CHANNELS = new Set<AggregationType>(["top_channels", "enhanced_channel_metrics"]);

async function built(records: readonly IncomingRecord[] = HISTORY): Promise<Backend> {
  const t = makeBackend();
  await build(t, [ANN], records);
  return t;
}

type Columns = FunctionReturnType<typeof api.aggregations.columns>;

async function ask(t: Backend, args: { months?: string[]; dictionary?: number[] }, user = ANN) {
  return await asUser(t, user).query(api.aggregations.columns, args);
}

// Which of the two shapes it is follows from the arguments.
async function list(t: Backend, user = ANN): Promise<ColumnsList> {
  return (await ask(t, {}, user)) as Exclude<Columns, null> as ColumnsList;
}

async function bytesOf(t: Backend, months: string[], dictionary: number[] = []) {
  return (await ask(t, { months, dictionary })) as ColumnsBytes;
}

/** A browser's computation that fetches columns from the backend, and what it asked for. */
async function browser(t: Backend, user = ANN) {
  const host = await startComputation();
  const asked: (string | number)[] = [];
  const source = {
    columns: () => list(t, user),
    columnsBytes: async (months: string[], dictionary: number[]) => {
      asked.push(...dictionary, ...months);
      return (await ask(t, { months, dictionary }, user)) as ColumnsBytes;
    },
    revision: () => Promise.reject(new Error("not asked for")),
    page: () => Promise.reject(new Error("not asked for")),
  };
  const download = new ColumnsDownload(source, host);
  return {
    asked,
    fetch: async () => {
      asked.length = 0;
      return await download.run(
        () => undefined,
        () => true,
      );
    },
    results: async (filters: FilterOptions) =>
      (await host.run("aggregate", [filters], "UTC", Date.now())).results[0],
  };
}

describe("aggregations.columns", () => {
  test("lists the months, the undated buckets and the dictionary, with sizes and revisions", async () => {
    const t = await built();
    const columns = await list(t);
    const segments = await documentsOf(t, "watch_segments", ANN);
    expect(columns.epoch).toBe(segments[0]?.epoch);
    expect(columns.months.map(({ month, bytes }) => [month, bytes])).toEqual(
      segments.map(({ partition, bytes }) => [partition, bytes.byteLength]),
    );
    expect(columns.months.slice(0, 2).map(({ month }) => month)).toEqual(["2024-01", "2026-03"]);
    // Two buckets may hold equal watches; months never do.
    const pieces = [...columns.months.slice(0, 2), ...columns.dictionary];
    const revisions = pieces.map(({ revision }) => revision);
    expect(new Set(revisions).size).toBe(revisions.length);
    for (const revision of revisions) expect(revision).toMatch(/^[0-9a-f]{32}$/);
  });

  test("sends the bytes of what is asked for, and leaves out what there is not", async () => {
    const t = await built();
    const sent = await bytesOf(t, ["2026-03", "1999-01", "no month"], [0, 7, -1, 0.5]);
    expect(sent.months.map(({ month }) => month)).toEqual(["2026-03"]);
    expect(sent.months[0]?.bytes).toEqual((await segmentOf(t, ANN, "2026-03")).bytes);
    expect(sent.dictionary.map(({ part }) => part)).toEqual([0]);
    const listed = await list(t);
    const march = listed.months.find(({ month }) => month === "2026-03");
    expect(sent.months[0]?.revision).toBe(march?.revision);
    expect(sent.dictionary[0]?.revision).toBe(listed.dictionary[0]?.revision);
    expect(await bytesOf(t, [])).toMatchObject({ months: [], dictionary: [] });
  });

  test("sends as much as fits into one answer, one at least", async () => {
    const t = await built();
    for (const [partition, megabytes] of [
      ["2024-01", 3],
      ["2026-03", 2],
    ] as const) {
      const { _id, _creationTime, ...segment } = await segmentOf(t, ANN, partition);
      await inTables(t, async (ctx) => {
        for (let part = 1; part <= megabytes * 2; part++) {
          const bytes = new ArrayBuffer(2 ** 19);
          await ctx.db.insert("watch_segments", { ...segment, part, bytes });
        }
      });
    }
    const months = async (...names: string[]) =>
      (await bytesOf(t, names)).months.map(({ month }) => month);
    expect(await months("2024-01", "2026-03")).toEqual(["2024-01"]);
    expect(await months("2026-03", "2024-01")).toEqual(["2026-03"]);
    // Of more than one query may read, there is no list: the records are left.
    const { _id, _creationTime, ...segment } = (await documentsOf(t, "watch_segments", ANN))[0]!;
    await inTables(t, async (ctx) => {
      for (let part = 7; part <= 14; part++) {
        await ctx.db.insert("watch_segments", {
          ...segment,
          part,
          bytes: new ArrayBuffer(2 ** 19),
        });
      }
    });
    expect(await ask(t, {})).toBeNull();
  });

  test.each([
    { months: Array<string>(501).fill("2026-03") },
    { dictionary: Array<number>(501).fill(0) },
  ])("refuses more than 500 of a kind", async (args) => {
    await expect(ask(await built(), args)).rejects.toMatchObject({
      data: {
        code: "BATCH_TOO_LARGE",
        message: `${Object.keys(args)[0]!} has 501 entries; at most 500 are allowed.`,
      },
    });
  });

  test("are those of the user who asks", async () => {
    const t = await built();
    await build(t, [EVE], watches(3));
    const eves = await list(t, EVE);
    expect(eves.months.map(({ month }) => month)).toEqual(["2026-03"]);
    expect(await ask(t, { months: ["2024-01"] }, EVE)).toMatchObject({ months: [] });
  });
});

describe("there are no columns", () => {
  async function expectNone(t: Backend): Promise<void> {
    expect(await ask(t, {})).toBeNull();
    expect(await ask(t, { months: ["2026-03"] })).toBeNull();
    const { columns } = await asUser(t, ANN).query(api.watchRecords.revision, {});
    expect(columns).toBeNull();
  }

  async function expectSome(t: Backend): Promise<void> {
    expect(await ask(t, {})).not.toBeNull();
    const { columns } = await asUser(t, ANN).query(api.watchRecords.revision, {});
    expect(columns).not.toBeNull();
  }

  test("before the first build", async () => {
    const t = makeBackend();
    await expectNone(t);
    await asUser(t, ANN).mutation(api.watchRecords.ingest, { records: watches(3) });
    await expectNone(t);
    await settle(t);
    await expectSome(t);
  });

  test.each(["pending", "failed"] as const)("while the latest validation is %s", async (status) => {
    const t = await built();
    const { _id } = (await documentsOf(t, "user_validations", ANN))[0]!;
    await inTables(t, (ctx) => ctx.db.patch("user_validations", _id, { status }));
    await expectNone(t);
  });

  test("after a recompute that failed, until one succeeds", async () => {
    const t = await built();
    const { _id } = (await documentsOf(t, "aggregation_pointers", ANN))[0]!;
    await inTables(t, (ctx) => ctx.db.patch("aggregation_pointers", _id, { lastError: "broken" }));
    await expectNone(t);
    await asUser(t, ANN).mutation(api.watchRecords.ingest, {
      records: [watch({ videoId: "another" })],
    });
    await settle(t);
    await expectSome(t);
  });

  test("after a rollback of the user, or of everybody", async () => {
    const t = await built();
    const why = "wrong numbers";
    await t.mutation(internal.rollout.rollbackUser, { userId: ANN, reason: why });
    await expectNone(t);
    await t.mutation(internal.flags.clearUser, { userId: ANN });
    await expectSome(t);
    await t.mutation(internal.rollout.rollbackAll, { reason: why });
    await expectNone(t);
    await t.mutation(internal.flags.revive, {});
    await expectSome(t);
  });

  test("where the flag's rows make no sense", async () => {
    const t = await built();
    await t.mutation(internal.flags.setPercentage, { percentage: 10 });
    await expectSome(t);
    const flags = await inTables(t, (ctx) => ctx.db.query("feature_flags").take(10));
    await inTables(t, (ctx) => ctx.db.patch("feature_flags", flags[0]!._id, { percentage: -1 }));
    await expectNone(t);
  });

  test("but there are with the flag on, and where the rollout has not reached the user", async () => {
    const t = await built();
    const value = async () => (await asUser(t, ANN).query(api.flags.evaluate, { key: FLAG })).value;
    await t.mutation(internal.flags.setUser, { userId: ANN, value: true });
    expect(await value()).toBe(true);
    await expectSome(t);
    await t.mutation(internal.flags.clearUser, { userId: ANN });
    await t.mutation(internal.flags.setSufficientData, { minRecords: 1_000_000 });
    expect(await value()).toBe(false);
    await expectSome(t);
  });
});

describe("a browser with the columns", () => {
  test("fetches a history once, and after a change the month and the part it touched", async () => {
    const t = await built();
    const page = await browser(t);
    expect(await page.fetch()).toBe(true);
    const { months } = await list(t);
    expect(page.asked).toEqual([0, ...months.map(({ month }) => month)]);
    expect(await page.fetch()).toBe(true);
    expect(page.asked).toEqual([]);
    await asUser(t, ANN).mutation(api.watchRecords.ingest, {
      records: [watch({ videoId: "another", channelTitle: "Old channel", topics: ["History"] })],
    });
    await settle(t);
    await page.fetch();
    expect(page.asked).toEqual(["2026-03"]);
    expect(await page.results(ALL)).toEqual(await expectedResults(t, ANN, ALL));
    await asUser(t, ANN).mutation(api.watchRecords.ingest, {
      records: [watch({ videoId: "new", channelTitle: "New", watchedAt: NOON - 40 * DAY_MS })],
    });
    await settle(t);
    await page.fetch();
    expect(page.asked).toEqual([0, "2026-02"]);
    expect(await page.results(MUSIC)).toEqual(await expectedResults(t, ANN, MUSIC));
  });

  test("fetches everything again after a rebuild, and lets months go that are no more", async () => {
    const t = await built();
    const page = await browser(t);
    await page.fetch();
    const old = (await documentsOf(t, "watch_records", ANN)).filter(
      ({ channelTitle }) => channelTitle === "Old channel",
    );
    await asUser(t, ANN).mutation(api.watchRecords.remove, {
      recordKeys: old.map(({ recordKey }) => recordKey),
    });
    await settle(t);
    await page.fetch();
    expect(await page.results(ALL)).toEqual(await expectedResults(t, ANN, ALL));
    await t.action(internal.recompute.user, { userId: ANN });
    await settle(t);
    await page.fetch();
    const { months } = await list(t);
    expect(page.asked).toEqual([0, ...months.map(({ month }) => month)]);
    expect(await page.results(ALL)).toEqual(await expectedResults(t, ANN, ALL));
  });
});

test("numbers are equal, whatever they are taken from and with changes in flight", async () => {
  const filter = fc.record({
    timeframe: fc.constantFrom(...TIMEFRAMES, "2024-01-01/2025-12-31", "2026-03-01/2026-04-30"),
    product: fc.constantFrom("All", "YouTube", "YouTube Music"),
    topics: fc.subarray(["T0", "T1"]),
    channels: fc.subarray(["Channel 0", "Channel 1"]),
  });
  const scenario = fc.record({
    first: fc.array(drawnWatch, { maxLength: 40 }),
    then: fc.array(drawnWatch, { minLength: 1, maxLength: 5 }),
    removed: fc.nat(5),
    filters: fc.array(filter, { minLength: 1, maxLength: 3 }),
    daysLater: fc.nat(40),
  });
  const fromServer = async (t: Backend, filters: FilterOptions) => {
    const asOf = new Date(Date.now()).toISOString().slice(0, 10);
    const rows = await asUser(t, ANN).query(api.aggregations.getMany, {
      filters: filtersArg(filters),
      asOf,
    });
    return Object.fromEntries(AGGREGATION_TYPES.map((type) => [type, rows[type]?.data]));
  };
  await fc.assert(
    fc.asyncProperty(scenario, async ({ first, then, removed, filters, daysLater }) => {
      const t = makeBackend();
      const ann = asUser(t, ANN);
      await ann.mutation(api.watchRecords.ingest, {
        records: [watch(), ...watchesOf(first, "first")],
      });
      await settle(t);
      const page = await browser(t);
      await page.fetch();
      await ann.mutation(api.watchRecords.ingest, {
        records: [watch({ videoId: "certain" }), ...watchesOf(then, "then")],
      });
      const there = await documentsOf(t, "watch_records", ANN);
      const recordKeys = there.slice(0, removed).map(({ recordKey }) => recordKey);
      await ann.mutation(api.watchRecords.remove, { recordKeys });
      // In flight: a transaction with room for folding alone has moved the columns, no result.
      const { work, ...lease } = await beginRun(t, await wake(t, ANN));
      const advance = async (left: Work) =>
        (await t.mutation(internal.recompute.advance, { ...lease, work: left })).work;
      let left = await advance({ ...work, scale: 1e-9 });
      expect(await page.fetch()).toBe(true);
      for (const one of filters) {
        const isStored = one.product === "All" && one.topics.length + one.channels.length === 0;
        if (isStored) continue;
        const here = await page.results(one);
        const there = await fromServer(t, one);
        // For the end of a history the server takes what the last run knew of the channels.
        const isEnd = one.timeframe !== "All";
        for (const type of AGGREGATION_TYPES) {
          if (!isEnd || !SHOWING_CHANNELS.has(type)) expect(here?.[type]).toEqual(there[type]);
        }
      }
      while (left !== null) left = await advance({ ...left, scale: 1 });
      await finishRun(t, lease);
      await settle(t);
      vi.setSystemTime(Date.now() + daysLater * DAY_MS);
      expect(await page.fetch()).toBe(true);
      for (const one of filters) {
        const expected = await expectedResults(t, ANN, one, {
          asOf: new Date(Date.now()).toISOString().slice(0, 10),
          timeZone: "UTC",
        });
        expect(await page.results(one)).toEqual(expected);
        expect(await fromServer(t, one)).toEqual(expected);
      }
    }),
    { numRuns: 30 },
  );
});
