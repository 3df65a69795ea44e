import { afterEach, describe, expect, test, vi } from "vitest";
import { api } from "../../convex/_generated/api";
import type { Work } from "../../convex/model/work";
import { TIMEFRAMES, type FilterOptions } from "../../src/engine";
import { inTables, internal } from "../support/reach";
import { beginRun, finishRun, wake, type Begun } from "../support/runs";
import {
  ALL,
  DAY_MS,
  NOON,
  asUser,
  columnBytes,
  expectedResults,
  filtersArg,
  makeBackend,
  plant,
  settle,
  stateOf,
  storedResults,
  watch,
  watches,
  type Backend,
} from "./support";

afterEach(() => vi.useRealTimers());

const DEFAULTS: FilterOptions[] = TIMEFRAMES.map((timeframe) => ({ ...ALL, timeframe }));

async function ingest(t: Backend, userId: string, records: ReturnType<typeof watches>) {
  for (let start = 0; start < records.length; start += 500) {
    const batch = records.slice(start, start + 500);
    await asUser(t, userId).mutation(api.watchRecords.ingest, { records: batch });
  }
}

async function expectAllCorrect(t: Backend, userId: string, asOf = "2026-03-15") {
  for (const filters of DEFAULTS) {
    const expected = await expectedResults(t, userId, filters, { asOf, timeZone: "UTC" });
    expect(await storedResults(t, userId, filters), filters.timeframe).toEqual(expected);
  }
}

async function recordKeys(t: Backend, userId: string): Promise<string[]> {
  return await inTables(t, async (ctx) => {
    const records = await ctx.db
      .query("watch_records")
      .withIndex("by_user_watched_at_record_key", (q) => q.eq("userId", userId))
      .take(10_000);
    return records.map((record) => record.recordKey);
  });
}

async function resultDocuments(t: Backend, userId: string) {
  return await inTables(t, async (ctx) =>
    ctx.db
      .query("precomputed_aggregations")
      .withIndex("by_user_type", (q) => q.eq("userId", userId))
      .take(500),
  );
}

/** Takes the lease of the run that comes for the user's changes, to step through it by hand. */
async function begin(t: Backend, userId: string): Promise<Begun> {
  return await beginRun(t, await wake(t, userId));
}

async function advanceToEnd(t: Backend, { userId, generation, work }: Begun): Promise<void> {
  let left: Work | null = work;
  while (left !== null) {
    const step: { work: Work | null } = await t.mutation(internal.recompute.advance, {
      userId,
      generation,
      work: left,
    });
    left = step.work;
  }
}

test("inserts, updates and deletes lead to the ten results of all six timeframes", async () => {
  const t = makeBackend();
  const ann = asUser(t, "https://test|ann");
  await ingest(t, "https://test|ann", [
    ...watches(300, NOON - DAY_MS, 7 * 3_600_000),
    ...watches(5).map((record) => ({ ...record, watchedAt: null })),
  ]);
  await settle(t);
  await expectAllCorrect(t, "https://test|ann");

  const keys = await recordKeys(t, "https://test|ann");
  await ann.mutation(api.watchRecords.remove, { recordKeys: keys.filter((_, i) => i % 5 === 0) });
  await ann.mutation(api.watchRecords.update, {
    recordKey: keys[8] ?? "",
    patch: { watchedAt: NOON - 3_600_000, channelTitle: "Moved", durationSeconds: 9 },
  });
  await ann.mutation(api.watchRecords.update, {
    recordKey: keys[9] ?? "",
    patch: { watchedAt: null },
  });
  await settle(t);
  await expectAllCorrect(t, "https://test|ann");
  expect(await ann.query(api.aggregations.status, {})).toMatchObject({
    recordCount: 305 - 61,
    pendingChanges: 0,
    lastError: null,
  });

  await ann.mutation(api.watchRecords.remove, {
    recordKeys: await recordKeys(t, "https://test|ann"),
  });
  await settle(t);
  await expectAllCorrect(t, "https://test|ann");
  expect(await columnBytes(t, "https://test|ann")).toEqual([expect.stringMatching(/^dictionary/)]);
});

test("an undated record that comes, changes and goes is counted in All", async () => {
  const t = makeBackend();
  const ann = asUser(t, "https://test|ann");
  await ingest(t, "https://test|ann", watches(20));
  await settle(t);
  await ingest(t, "https://test|ann", [
    watch({ videoId: "when?", watchedAt: null, channelTitle: "Undated" }),
  ]);
  await settle(t);
  await expectAllCorrect(t, "https://test|ann");
  // Undated ones come first in the order of time.
  const [recordKey = ""] = await recordKeys(t, "https://test|ann");
  await ann.mutation(api.watchRecords.update, { recordKey, patch: { durationSeconds: 12 } });
  await settle(t);
  await expectAllCorrect(t, "https://test|ann");
  await ann.mutation(api.watchRecords.remove, { recordKeys: [recordKey] });
  await settle(t);
  await expectAllCorrect(t, "https://test|ann");
});

test("users do not see or disturb each other's results", async () => {
  const t = makeBackend();
  await ingest(t, "https://test|ann", watches(40));
  await ingest(t, "https://test|bob", watches(3));
  await settle(t);
  await expectAllCorrect(t, "https://test|ann");
  await expectAllCorrect(t, "https://test|bob");
});

describe("applied once, in effect", () => {
  test("folding the same days again gives the same bytes and writes no result", async () => {
    const t = makeBackend();
    await ingest(t, "https://test|ann", watches(80));
    await settle(t);
    const bytes = await columnBytes(t, "https://test|ann");
    const documents = await resultDocuments(t, "https://test|ann");
    await inTables(t, async (ctx) => {
      const rows = await ctx.db.query("data_change_log").take(10);
      for (const row of rows) await ctx.db.patch("data_change_log", row._id, { processed: false });
    });
    vi.setSystemTime(NOON + 400_000);
    await t.mutation(internal.maintenance.sweep, {});
    await settle(t);
    expect((await stateOf(t, "https://test|ann")).lastRecomputedAt).toBeGreaterThan(NOON + 300_000);
    expect(await columnBytes(t, "https://test|ann")).toEqual(bytes);
    expect(await resultDocuments(t, "https://test|ann")).toEqual(documents);
  });

  test("any order of the same changes ends in the same columns after a rebuild", async () => {
    const t = makeBackend();
    const records = watches(60, NOON, 11 * 3_600_000);
    for (const record of records) await ingest(t, "https://test|ann", [record]);
    await ingest(t, "https://test|bob", [...records].reverse());
    await settle(t);
    for (const userId of ["https://test|ann", "https://test|bob"]) {
      await t.action(internal.recompute.user, { userId });
      await settle(t);
    }
    expect(await columnBytes(t, "https://test|bob")).toEqual(
      await columnBytes(t, "https://test|ann"),
    );
    await expectAllCorrect(t, "https://test|bob");
  });

  test("log rows stay unprocessed until the transaction that stores their results", async () => {
    const t = makeBackend();
    await ingest(t, "https://test|ann", watches(10));
    await settle(t);
    await ingest(t, "https://test|ann", [watch({ videoId: "new" })]);
    const lease = await begin(t, "https://test|ann");
    expect(await pendingRows(t, "https://test|ann")).toHaveLength(1);
    await advanceToEnd(t, lease);
    expect(await pendingRows(t, "https://test|ann")).toEqual([]);
    await expectAllCorrect(t, "https://test|ann");
  });
});

async function pendingRows(t: Backend, userId: string) {
  return await inTables(t, async (ctx) =>
    ctx.db
      .query("data_change_log")
      .withIndex("by_user_processed", (q) => q.eq("userId", userId).eq("processed", false))
      .take(100),
  );
}

describe("crash anywhere, nothing stuck", () => {
  test("a run that died after any of its transactions is taken over by the sweep", async () => {
    // 4,600 records: the first build takes several transactions.
    const records = watches(4_600, NOON - DAY_MS, 3_000_000);
    for (const survivedSteps of [0, 1, 2]) {
      const t = makeBackend();
      await plant(t, "https://test|ann", records);
      await ingest(t, "https://test|ann", [watch({ videoId: "last" })]);
      const { userId, generation, work } = await begin(t, "https://test|ann");
      let left: Work | null = work;
      for (let step = 0; step < survivedSteps && left !== null; step++) {
        const result: { work: Work | null } = await t.mutation(internal.recompute.advance, {
          userId,
          generation,
          work: left,
        });
        left = result.work;
      }
      // Here the process dies: nothing of the run goes on. Its own timer finds it superseded.
      await settle(t);
      vi.setSystemTime(NOON + 10 * 60_000);
      await t.mutation(internal.maintenance.sweep, {});
      await settle(t);
      expect(await stateOf(t, "https://test|ann")).toMatchObject({
        phase: "idle",
        recordCount: 4_601,
      });
      await expectAllCorrect(t, "https://test|ann");
    }
  });

  test("a run given up for dead that wakes again writes nothing", async () => {
    const t = makeBackend();
    await ingest(t, "https://test|ann", watches(10));
    await settle(t);
    await ingest(t, "https://test|ann", [watch({ videoId: "late" })]);
    const asleep = await begin(t, "https://test|ann");
    vi.setSystemTime(NOON + 10 * 60_000);
    await t.mutation(internal.maintenance.sweep, {});
    const step = await t.mutation(internal.recompute.advance, asleep);
    expect(step).toEqual({ status: "superseded", work: null });
    expect(await pendingRows(t, "https://test|ann")).toHaveLength(1);
    await finishRun(t, asleep);
    expect((await stateOf(t, "https://test|ann")).phase).toBe("scheduled");
    await settle(t);
    await expectAllCorrect(t, "https://test|ann");
  });

  test("two runs scheduled for one user: only one begins", async () => {
    const t = makeBackend();
    await ingest(t, "https://test|ann", watches(3));
    const { generation } = await wake(t, "https://test|ann");
    const first = await t.mutation(internal.recompute.begin, {
      userId: "https://test|ann",
      generation,
    });
    const second = await t.mutation(internal.recompute.begin, {
      userId: "https://test|ann",
      generation,
    });
    expect(first).toBe(true);
    expect(second).toBe(false);
  });

  test("changes that come in during a run are taken up by a run after it", async () => {
    const t = makeBackend();
    await ingest(t, "https://test|ann", watches(10));
    const lease = await begin(t, "https://test|ann");
    await ingest(t, "https://test|ann", [
      watch({ videoId: "meanwhile", watchedAt: NOON - 300 * DAY_MS }),
    ]);
    await advanceToEnd(t, lease);
    expect(await pendingRows(t, "https://test|ann")).toHaveLength(1);
    await finishRun(t, lease);
    expect((await stateOf(t, "https://test|ann")).phase).toBe("scheduled");
    await settle(t);
    await expectAllCorrect(t, "https://test|ann");
    expect(await pendingRows(t, "https://test|ann")).toEqual([]);
  });

  test("a lost schedule is healed by the next change, and by the sweep", async () => {
    for (const heal of ["change", "sweep"] as const) {
      const t = makeBackend();
      await ingest(t, "https://test|ann", watches(4));
      await cancelScheduled(t);
      vi.setSystemTime(NOON + 10 * 60_000);
      if (heal === "change") await ingest(t, "https://test|ann", [watch({ videoId: "next" })]);
      else await t.mutation(internal.maintenance.sweep, {});
      await settle(t);
      await expectAllCorrect(t, "https://test|ann");
    }
  });

  test("columns that cannot be read are rebuilt from the records", async () => {
    const t = makeBackend();
    await ingest(t, "https://test|ann", watches(50));
    await settle(t);
    await inTables(t, async (ctx) => {
      const [segment] = await ctx.db.query("watch_segments").take(1);
      if (segment === undefined) throw new Error("no segment");
      await ctx.db.patch("watch_segments", segment._id, {
        bytes: new Uint8Array([255, 255, 255, 255]).buffer,
      });
    });
    await ingest(t, "https://test|ann", [watch({ videoId: "next" })]);
    await settle(t);
    await expectAllCorrect(t, "https://test|ann");
    expect(await stateOf(t, "https://test|ann")).toMatchObject({ phase: "idle", lastError: null });
  });

  test("a run that fails is tried again, later each time, and its error shows", async () => {
    const t = makeBackend();
    await ingest(t, "https://test|ann", watches(4));
    await settle(t);
    const waits: number[] = [];
    for (let attempt = 0; attempt < 3; attempt++) {
      const { generation } = await stateOf(t, "https://test|ann");
      await inTables(t, async (ctx) => {
        const state = await ctx.db.query("aggregation_state").unique();
        if (state) await ctx.db.patch("aggregation_state", state._id, { phase: "running" });
      });
      await t.mutation(internal.recompute.fail, {
        userId: "https://test|ann",
        generation,
        message: "broken",
        durationMs: 5,
      });
      const state = await stateOf(t, "https://test|ann");
      waits.push((state.dueAt ?? 0) - Date.now());
      expect(state).toMatchObject({ phase: "scheduled", attempts: attempt + 1 });
      expect(await asUser(t, "https://test|ann").query(api.aggregations.status, {})).toMatchObject({
        lastError: "broken",
      });
    }
    expect(waits[1]).toBeGreaterThan(waits[0] ?? Infinity);
    expect(waits[2]).toBeGreaterThan(waits[1] ?? Infinity);
    await settle(t);
    expect(await stateOf(t, "https://test|ann")).toMatchObject({
      phase: "idle",
      attempts: 0,
      lastError: null,
    });
  });
});

async function cancelScheduled(t: Backend) {
  await inTables(t, async (ctx) => {
    const scheduled = await ctx.db.system.query("_scheduled_functions").take(100);
    for (const { _id } of scheduled) await ctx.scheduler.cancel(_id);
  });
}

describe("nothing is written that did not change", () => {
  test("a change in 2019 leaves the results of short timeframes untouched", async () => {
    const t = makeBackend();
    const old = watch({
      videoId: "old",
      watchedAt: Date.UTC(2019, 4, 1),
      channelTitle: "Channel 1",
    });
    const older = watch({
      videoId: "older",
      watchedAt: Date.UTC(2018, 4, 1),
      channelTitle: "Channel 1",
    });
    await ingest(t, "https://test|ann", [...watches(60), old, older]);
    await settle(t);
    const before = await resultDocuments(t, "https://test|ann");
    vi.setSystemTime(NOON + 60_000);
    await ingest(t, "https://test|ann", [
      { ...old, videoId: "old too", watchedAt: Date.UTC(2019, 4, 2) },
    ]);
    await settle(t);
    const after = await resultDocuments(t, "https://test|ann");
    const rewritten = after.filter((document) => document.computedAt > NOON + 59_000);
    expect(rewritten.length).toBeGreaterThan(0);
    expect(new Set(rewritten.map((document) => document.metadata.filters.timeframe))).toEqual(
      new Set(["All"]),
    );
    expect(after).toHaveLength(before.length);
    await expectAllCorrect(t, "https://test|ann");
  });

  test("an old change that moves a channel's first watch reaches short timeframes", async () => {
    const t = makeBackend();
    await ingest(t, "https://test|ann", watches(60));
    await settle(t);
    await ingest(t, "https://test|ann", [
      watch({ videoId: "first", watchedAt: Date.UTC(2019, 4, 1), channelTitle: "Channel 1" }),
    ]);
    await settle(t);
    await expectAllCorrect(t, "https://test|ann");
  });

  test("a change no aggregation reads rewrites no result", async () => {
    const t = makeBackend();
    await ingest(t, "https://test|ann", watches(30));
    await settle(t);
    const before = await resultDocuments(t, "https://test|ann");
    const [recordKey] = await recordKeys(t, "https://test|ann");
    vi.setSystemTime(NOON + 60_000);
    await asUser(t, "https://test|ann").mutation(api.watchRecords.update, {
      recordKey: recordKey ?? "",
      patch: { videoTitle: "Another title" },
    });
    await settle(t);
    expect((await stateOf(t, "https://test|ann")).lastRecomputedAt).toBeGreaterThan(NOON + 59_000);
    expect(await resultDocuments(t, "https://test|ann")).toEqual(before);
  });

  test("a filter's ten results come from one snapshot and say the same of it", async () => {
    const t = makeBackend();
    await ingest(t, "https://test|ann", watches(30));
    await settle(t);
    const documents = await resultDocuments(t, "https://test|ann");
    const hashes = new Set(documents.map((document) => document.filterHash));
    expect(hashes.size).toBe(6);
    for (const hash of hashes) {
      const ten = documents.filter((document) => document.filterHash === hash);
      expect(new Set(ten.map((document) => document.aggregationType)).size).toBe(10);
      expect(new Set(ten.map((document) => JSON.stringify(document.metadata))).size).toBe(1);
      expect(new Set(ten.map((document) => document.computedAt)).size).toBe(1);
    }
  });
});

test("recompute:user builds everything anew, deletes the old columns and reports", async () => {
  const t = makeBackend();
  await ingest(t, "https://test|ann", watches(50));
  await settle(t);
  await inTables(t, async (ctx) => {
    for (const row of await ctx.db.query("precomputed_aggregations").take(3)) {
      await ctx.db.delete("precomputed_aggregations", row._id);
    }
    for (const row of await ctx.db.query("watch_segments").take(1)) {
      await ctx.db.delete("watch_segments", row._id);
    }
  });
  const report = await t.action(internal.recompute.user, { userId: "https://test|ann" });
  expect(report).toEqual({
    userId: "https://test|ann",
    status: "done",
    recordCount: 50,
    error: null,
  });
  await expectAllCorrect(t, "https://test|ann");
  const epochs = await inTables(t, async (ctx) => {
    const segments = await ctx.db.query("watch_segments").take(100);
    return [...new Set(segments.map((segment) => segment.epoch))];
  });
  expect(epochs).toHaveLength(1);
});

test("records that were there before the module are found by the first run", async () => {
  const t = makeBackend();
  await ingest(t, "https://test|ann", watches(20));
  await settle(t);
  await inTables(t, async (ctx) => {
    for (const row of await ctx.db.query("aggregation_state").take(1)) {
      await ctx.db.delete("aggregation_state", row._id);
    }
  });
  await ingest(t, "https://test|ann", [watch({ videoId: "one more" })]);
  await settle(t);
  await expectAllCorrect(t, "https://test|ann");
});

test("a kept filter is kept up to date like the defaults", async () => {
  const t = makeBackend();
  await ingest(t, "https://test|ann", watches(30));
  await settle(t);
  const filters: FilterOptions = { ...ALL, topics: ["Music"], timeframe: "Last12M" };
  await asUser(t, "https://test|ann").mutation(api.aggregations.request, {
    filters: filtersArg(filters),
    keep: true,
  });
  await ingest(t, "https://test|ann", [watch({ videoId: "tune", topics: ["Music"] })]);
  await settle(t);
  expect(await storedResults(t, "https://test|ann", filters)).toEqual(
    await expectedResults(t, "https://test|ann", filters),
  );
});
