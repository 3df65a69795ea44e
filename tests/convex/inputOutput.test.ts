import { afterEach, describe, expect, test, vi } from "vitest";
import { generateTakeout, serializeTakeout } from "../../scripts/generateSample/generateTakeout";
import { SAMPLE_OPTIONS } from "../../scripts/generateSample/sampleOptions";
import { parseTakeout } from "../../src/takeout";
import { AGGREGATION_TYPES } from "../../src/engine";
import { api } from "../../convex/_generated/api";
import type { MutationCtx } from "../../convex/_generated/server";
import type { IncomingRecord } from "../../convex/validators";
import { inTables, internal } from "../support/reach";
import { wake } from "../support/runs";
import {
  asUser,
  filtersArg,
  makeBackend,
  NOON,
  plant,
  settle,
  watch,
  type Backend,
} from "./support";

/** What a stored dashboard and a change of one record may cost in bytes: the design's targets. */
const KIB = 1_024;
const READ_PER_RECORD = 12;

afterEach(() => vi.useRealTimers());

async function sampleRecords(): Promise<IncomingRecord[]> {
  const entries = generateTakeout({ ...SAMPLE_OPTIONS, end: "2026-03-14" });
  const records: IncomingRecord[] = [];
  for await (const entry of parseTakeout([...serializeTakeout(entries)].join(""), { now: NOON })) {
    if ("record" in entry) records.push({ ...entry.record, product: "YouTube" });
  }
  return records;
}

interface Cost {
  bytesRead: number;
  bytesWritten: number;
}

/** Runs the scheduled recompute step by step inside transactions that tell what they cost. */
async function costOfRun(t: Backend, userId: string): Promise<Cost> {
  const cost = { bytesRead: 0, bytesWritten: 0 };
  const args = await wake(t, userId);
  const measured = <T>(step: (ctx: MutationCtx) => Promise<T>) =>
    t.mutation(async (ctx) => {
      const result = await step(ctx);
      const { bytesRead, bytesWritten } = await ctx.meta.getTransactionMetrics();
      cost.bytesRead += bytesRead.used;
      cost.bytesWritten += bytesWritten.used;
      return result;
    });
  await measured((ctx) => ctx.runMutation(internal.recompute.begin, args));
  const plan = { ...args, plan: "changes" as const, startedAt: Date.now() };
  let work = await measured((ctx) => ctx.runQuery(internal.recompute.plan, plan));
  while (work !== null) {
    const rest = work;
    work = (
      await measured((ctx) => ctx.runMutation(internal.recompute.advance, { ...args, work: rest }))
    ).work;
  }
  await measured((ctx) =>
    ctx.runMutation(internal.recompute.finish, { ...args, leavesChanges: false }),
  );
  return cost;
}

describe("with the sample history of some 9,000 records", () => {
  test("a change of one record, and a look at the dashboard, stay within their bytes", async () => {
    const t = makeBackend();
    const records = await sampleRecords();
    await plant(t, "https://test|ann", records);
    const { recordCount } = await t.action(internal.recompute.user, { userId: "https://test|ann" });
    expect(recordCount).toBeGreaterThan(9_000);

    const ann = asUser(t, "https://test|ann");
    vi.setSystemTime(NOON + 60_000);
    await ann.mutation(api.watchRecords.ingest, { records: [watch({ watchedAt: NOON - 1_000 })] });
    const today = await costOfRun(t, "https://test|ann");
    // Convex reads a document that is replaced: as much again as is written.
    const readToCompute = today.bytesRead - today.bytesWritten;
    expect(readToCompute).toBeLessThan(READ_PER_RECORD * recordCount + 128 * KIB);
    expect(today.bytesWritten).toBeLessThan(512 * KIB);

    await inTables(t, async (ctx) => {
      for (const { _id, filters } of await ctx.db.query("tracked_filters").take(10)) {
        if (filters.timeframe === "Last12M") continue;
        await ctx.db.patch("tracked_filters", _id, { lastRequestedAt: NOON - 9 * 86_400_000 });
      }
    });
    const more = { records: [watch({ watchedAt: NOON - 2_000, videoId: "one more" })] };
    await ann.mutation(api.watchRecords.ingest, more);
    const oneInView = await costOfRun(t, "https://test|ann");
    // Of the others, which nobody shows, nothing is written but that they are behind.
    expect(oneInView.bytesWritten).toBeLessThan(80 * KIB);
    expect(oneInView.bytesRead).toBeLessThan(144 * KIB);
    const newest = { records: [watch({ watchedAt: NOON, videoId: "the newest" })] };
    await ann.mutation(api.watchRecords.ingest, newest);
    // Unlike the one before, this watch is not the first of its channel.
    const plain = await costOfRun(t, "https://test|ann");
    expect(plain.bytesRead).toBeLessThan(128 * KIB);
    expect(plain.bytesWritten).toBeLessThan(32 * KIB);

    const [{ _id: id, recordKey } = { _id: null, recordKey: "" }] = await inTables(t, async (ctx) =>
      ctx.db.query("watch_records").take(1),
    );
    expect(id).not.toBeNull();
    await ann.mutation(api.watchRecords.update, { recordKey, patch: { videoTitle: "Renamed" } });
    const nothing = await costOfRun(t, "https://test|ann");
    expect(nothing.bytesWritten).toBeLessThan(4 * KIB);

    await settle(t);
    const read = await ann.query(async (ctx) => {
      await ctx.runQuery(api.aggregations.getMany, { filters: filtersArg() });
      return (await ctx.meta.getTransactionMetrics()).bytesRead.used;
    });
    expect(AGGREGATION_TYPES).toHaveLength(10);
    expect(read).toBeGreaterThan(10 * KIB);
    expect(read).toBeLessThan(160 * KIB);
  });
});
