import { afterEach, describe, expect, test, vi } from "vitest";
import { api } from "../../convex/_generated/api";
import { toArrayBuffer } from "../../convex/model/columns";
import type { IncomingRecord } from "../../convex/validators";
import { encodeSegment, HistoryDictionary, type WatchRecord } from "../../src/engine";
import { inTables, internal } from "../support/reach";
import { endOf, validate } from "./damage";
import {
  asUser,
  DAY_MS,
  expectedOf,
  expectedResults,
  filtersArg,
  HALF_LIMITS,
  makeBackend,
  NOON,
  plant,
  settle,
  storedResults,
  watch,
  watches,
  type Backend,
} from "./support";

afterEach(() => vi.useRealTimers());

const HISTORIES: [string, IncomingRecord[]][] = [
  ["12,000 records", watches(12_000, NOON - DAY_MS, 3_000_000)],
  [
    "6,000 records of one day, 4,500 of them of one millisecond",
    watches(6_000).map((record, index) => ({
      ...record,
      watchedAt: NOON - DAY_MS + Math.max(0, index - 4_500),
    })),
  ],
  [
    "a history without a single time",
    watches(1_500).map((record) => ({ ...record, watchedAt: null })),
  ],
  [
    "records as long as the contract allows",
    watches(1_000).map((record) => ({
      ...record,
      videoTitle: "語".repeat(2_000),
      videoUrl: "語".repeat(2_000),
      channelUrl: "語".repeat(2_000),
      topics: Array.from({ length: 20 }, (_, index) => String(index).padStart(100, "語")).sort(),
    })),
  ],
];

describe("transactions stay below half of Convex's limits", () => {
  test.each(HISTORIES)(
    "for a rebuild, a validation, a comparison and a repair of %s",
    async (_name, records) => {
      const t = makeBackend(HALF_LIMITS);
      await plant(t, "https://test|ann", records);
      const report = await t.action(internal.recompute.user, { userId: "https://test|ann" });
      expect(report).toMatchObject({ status: "done", recordCount: records.length });
      expect(await storedResults(t, "https://test|ann")).toEqual(expectedOf(records));
      expect(await validate(t)).toMatchObject({ score: 1, failed: 0, counts: { equal: 60 } });
      const [record] = await inTables(t, (ctx) => ctx.db.query("watch_records").take(1));
      await inTables(t, (ctx) =>
        ctx.db.patch("watch_records", record!._id, { durationSeconds: 9_999 }),
      );
      const repaired = await validate(t, { repair: true });
      expect(repaired).toMatchObject({ failed: 0, counts: { faulty: 1, repaired: 1 } });
      await t.mutation(internal.drift.start, { userIds: ["https://test|ann"] });
      expect(await endOf(t, "drift")).toMatchObject({
        ...{ failed: 0, counts: { users: 1, driftedUsers: 0 } },
      });
      await inTables(t, (ctx) =>
        ctx.db.patch("watch_records", record!._id, { durationSeconds: 8_888 }),
      );
      await t.mutation(internal.drift.start, { userIds: ["https://test|ann"] });
      expect(await endOf(t, "drift")).toMatchObject({
        ...{ failed: 0, counts: { users: 1, driftedUsers: 1, driftedDays: 1 } },
      });
    },
    120_000,
  );

  test("for the results of 500,000 records with ten filters kept", async () => {
    const t = makeBackend(HALF_LIMITS);
    await plantColumns(t, "https://test|ann", 500_000);
    for (let index = 0; index < 10; index++) {
      const filters = { ...filtersArg(), channels: [`Channel ${String(index)}`] };
      const asked = { filters, keep: true };
      await asUser(t, "https://test|ann").mutation(api.aggregations.request, asked);
    }
    await settle(t);
    const status = await asUser(t, "https://test|ann").query(api.aggregations.status, {});
    expect(status).toMatchObject({ recordCount: 500_000, lastError: null });
    const documents = await inTables(t, async (ctx) =>
      ctx.db.query("precomputed_aggregations").take(900),
    );
    expect(documents).toHaveLength(16 * 10);
  });

  test("for an ingest of 500 records over 500 days", async () => {
    const t = makeBackend(HALF_LIMITS);
    const records = watches(500, NOON, 5 * DAY_MS);
    await asUser(t, "https://test|ann").mutation(api.watchRecords.ingest, { records });
    await settle(t);
    expect(await storedResults(t, "https://test|ann")).toEqual(
      await expectedResults(t, "https://test|ann"),
    );
    await asUser(t, "https://test|ann").mutation(api.watchRecords.ingest, { records: [watch()] });
    await settle(t);
    expect(await storedResults(t, "https://test|ann")).toEqual(
      await expectedResults(t, "https://test|ann"),
    );
  });
});

/** A user whose columns hold `count` records, made by the codec; no records behind them. */
async function plantColumns(t: Backend, userId: string, count: number): Promise<void> {
  const dictionary = HistoryDictionary.decode([]);
  const months = new Map<string, WatchRecord[]>();
  for (let index = count - 1; index >= 0; index--) {
    const watchedAt = NOON - DAY_MS - index * 600_000;
    const month = new Date(watchedAt).toISOString().slice(0, 7);
    const record: WatchRecord = {
      watchedAt,
      channelTitle: `Channel ${String((index * 7_919) % 5_000)}`,
      channelUrl: null,
      product: index % 5 === 0 ? "YouTube Music" : "YouTube",
      topics: [["Music"], ["Gaming", "News"], ["Other"]][index % 3] ?? [],
      durationSeconds: null,
    };
    const list = months.get(month);
    if (list === undefined) months.set(month, [record]);
    else list.push(record);
  }
  await inTables(t, async (ctx) => {
    for (const [partition, records] of months) {
      const bytes = toArrayBuffer(encodeSegment(records, dictionary));
      await ctx.db.insert("watch_segments", {
        userId,
        epoch: 1,
        partition,
        part: 0,
        recordCount: records.length,
        bytes,
      });
    }
    for (const { part, bytes } of dictionary.changedParts()) {
      await ctx.db.insert("watch_dictionaries", {
        userId,
        epoch: 1,
        part,
        bytes: toArrayBuffer(bytes),
      });
    }
    await ctx.db.insert("aggregation_state", {
      userId,
      phase: "idle",
      generation: 1,
      dueAt: null,
      attempts: 0,
      busyRuns: 0,
      epoch: 1,
      rebuildRequested: false,
      rerunRequested: false,
      recordCount: count,
      lastRecomputedAt: null,
      lastError: null,
      lastSeenAt: NOON,
      refreshAt: null,
    });
  });
}
