import { afterEach, expect, test, vi } from "vitest";
import { api } from "../../convex/_generated/api";
import type { Doc } from "../../convex/_generated/dataModel";
import { monthOf, undatedBucketOf, undatedPartition } from "../../convex/model/partitions";
import { toEngineRecord } from "../../convex/model/records";
import { FingerprintTable } from "../../src/engine";
import { inTables } from "../support/reach";
import { asUser, DAY_MS, makeBackend, NOON, settle, watch, watches, type Backend } from "./support";

afterEach(() => vi.useRealTimers());

const SPREAD = [
  ...watches(200, NOON - DAY_MS, 11 * 3_600_000),
  ...watches(8).map((record) => ({ ...record, watchedAt: null })),
  watch({ videoId: "bare", channelTitle: null, topics: ["日本", "Music"] }),
  watch({
    videoId: "song",
    product: "YouTube Music",
    channelUrl: "https://x.test/",
    durationSeconds: 0,
  }),
];

async function recordsOf(t: Backend, userId: string): Promise<Doc<"watch_records">[]> {
  return await inTables(t, async (ctx) =>
    ctx.db
      .query("watch_records")
      .withIndex("by_user_watched_at_record_key", (q) => q.eq("userId", userId))
      .take(1_000),
  );
}

/** Each segment's fingerprint as it is stored. */
async function storedFingerprints(t: Backend, userId: string) {
  const documents = await inTables(t, async (ctx) =>
    ctx.db
      .query("watch_segments")
      .withIndex("by_user_epoch_partition_part", (q) => q.eq("userId", userId))
      .take(1_000),
  );
  return new Map(documents.map(({ partition, fingerprint }) => [partition, fingerprint]));
}

/** What each segment's fingerprint should be, straight from the records in store. */
async function expectedFingerprints(t: Backend, userId: string) {
  const table = new FingerprintTable<string>();
  for (const document of await recordsOf(t, userId)) {
    const { watchedAt, recordKey } = document;
    const partition =
      watchedAt === null ? undatedPartition(undatedBucketOf(recordKey)) : monthOf(watchedAt);
    table.add(partition, toEngineRecord(document));
  }
  return new Map([...table.keys()].map((partition) => [partition, table.get(partition)]));
}

async function ingestAll(t: Backend): Promise<void> {
  await asUser(t, "https://test|ann").mutation(api.watchRecords.ingest, { records: SPREAD });
  await settle(t);
}

test("every stored segment has the fingerprint of its records, whatever has changed", async () => {
  const t = makeBackend();
  const ann = asUser(t, "https://test|ann");
  await ingestAll(t);
  const first = await storedFingerprints(t, "https://test|ann");
  expect(first.size).toBeGreaterThan(8);
  expect(first).toEqual(await expectedFingerprints(t, "https://test|ann"));

  const records = await recordsOf(t, "https://test|ann");
  const keys = records.map(({ recordKey }) => recordKey);
  await ann.mutation(api.watchRecords.remove, { recordKeys: keys.filter((_, i) => i % 9 === 0) });
  await ann.mutation(api.watchRecords.update, {
    recordKey: keys[20] ?? "",
    patch: { watchedAt: NOON - 3_600_000, channelTitle: "Moved", durationSeconds: 9 },
  });
  await ann.mutation(api.watchRecords.update, {
    recordKey: keys[21] ?? "",
    patch: { watchedAt: null },
  });
  await ann.mutation(api.watchRecords.update, {
    recordKey: keys[1] ?? "",
    patch: { topics: ["Changed"] },
  });
  await settle(t);
  const second = await storedFingerprints(t, "https://test|ann");
  expect(second).not.toEqual(first);
  expect(second).toEqual(await expectedFingerprints(t, "https://test|ann"));

  await ann.mutation(api.watchRecords.remove, { recordKeys: keys });
  await settle(t);
  expect(await storedFingerprints(t, "https://test|ann")).toEqual(new Map());
});

test("a record changed behind the module's back leaves its month with another fingerprint", async () => {
  const t = makeBackend();
  await ingestAll(t);
  const record = (await recordsOf(t, "https://test|ann")).find(
    ({ channelTitle }) => channelTitle === null,
  );
  if (record === undefined) throw new Error("no such record");
  const { _id, watchedAt } = record;
  await inTables(t, async (ctx) => ctx.db.patch("watch_records", _id, { topics: ["Music"] }));
  await settle(t);
  const stored = await storedFingerprints(t, "https://test|ann");
  const drifted = [...(await expectedFingerprints(t, "https://test|ann"))].filter(
    ([partition, { hash }]) => stored.get(partition)?.hash !== hash,
  );
  expect(drifted.map(([partition]) => partition)).toEqual([monthOf(watchedAt ?? NaN)]);
});
