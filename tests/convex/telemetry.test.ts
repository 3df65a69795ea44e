import { ConvexError } from "convex/values";
import { afterEach, describe, expect, test, vi } from "vitest";
import { api } from "../../convex/_generated/api";
import { quantile } from "../../convex/model/histogram";
import { inTables, internal } from "../support/reach";
import { wake } from "../support/runs";
import { asUser, DAY_MS, makeBackend, NOON, settle, watches, type Backend } from "./support";

afterEach(() => vi.useRealTimers());

const MINUTE_MS = 60_000;
const hit = { outcome: "hit" as const, responseMs: 40 };

async function rollups(t: Backend) {
  return await inTables(t, (ctx) =>
    ctx.db.query("metric_rollups").withIndex("by_minute").take(100),
  );
}

async function countSamples(t: Backend): Promise<number> {
  return await inTables(
    t,
    async (ctx) => (await ctx.db.query("metric_samples").take(1_000)).length,
  );
}

async function refusalOf(call: Promise<unknown>) {
  const error: unknown = await call.catch((reason: unknown) => reason);
  if (!(error instanceof ConvexError)) throw new Error("not refused");
  return error.data as Record<string, unknown>;
}

describe("a report of a page", () => {
  test("is noted in a row of its own, which does not name the user", async () => {
    const t = makeBackend();
    await asUser(t, "https://test|ann@example.com").mutation(api.telemetry.report, {
      samples: [hit],
    });
    const [row] = await inTables(t, (ctx) => ctx.db.query("metric_samples").take(2));
    expect(row).toMatchObject({ isFolded: false, sample: { kind: "reads", reads: [hit] } });
    expect(row?.reporter).toMatch(/^[0-9a-f]{16}$/);
    expect(JSON.stringify(row)).not.toContain("https://test|ann");
  });

  test("is refused where it is too long or makes no sense, and noted as a whole or not", async () => {
    const t = makeBackend();
    const ann = asUser(t, "https://test|ann");
    const long = Array.from({ length: 201 }, () => hit);
    expect(await refusalOf(ann.mutation(api.telemetry.report, { samples: long }))).toMatchObject({
      code: "BATCH_TOO_LARGE",
      message: "samples has 201 entries; at most 200 are allowed a call.",
    });
    for (const responseMs of [-1, NaN, Infinity]) {
      const samples = [hit, { ...hit, responseMs }];
      expect(await refusalOf(ann.mutation(api.telemetry.report, { samples }))).toMatchObject({
        code: "INVALID_RECORDS",
      });
    }
    await ann.mutation(api.telemetry.report, { samples: [] });
    expect(await countSamples(t)).toBe(0);
  });

  test("of one user who sends too many is put off, those of others are not", async () => {
    const t = makeBackend();
    const eve = asUser(t, "https://test|eve");
    for (let count = 0; count < 10; count += 1) {
      await eve.mutation(api.telemetry.report, { samples: [hit] });
      vi.setSystemTime(Date.now() + 1_000);
    }
    const refused = await refusalOf(eve.mutation(api.telemetry.report, { samples: [hit] }));
    expect(refused).toMatchObject({ code: "RATE_LIMITED", retryAfterMs: 50_000 });
    await asUser(t, "https://test|ann").mutation(api.telemetry.report, { samples: [hit] });
    vi.setSystemTime(Date.now() + 50_000);
    await eve.mutation(api.telemetry.report, { samples: [hit] });
    expect(await countSamples(t)).toBe(12);
  });
});

describe("the minute's look", () => {
  test("folds samples into their minutes, each once", async () => {
    const t = makeBackend();
    const samples = [
      hit,
      { outcome: "late" as const, responseMs: 300 },
      { outcome: "fallback" as const, responseMs: 2_500, hasFailed: true },
      { outcome: "error" as const, responseMs: 9_000 },
      { outcome: "off" as const, responseMs: 7_000 },
    ];
    await asUser(t, "https://test|ann").mutation(api.telemetry.report, { samples });
    vi.setSystemTime(NOON + MINUTE_MS);
    await asUser(t, "https://test|bob").mutation(api.telemetry.report, { samples: [hit, hit] });
    vi.setSystemTime(NOON + 2 * MINUTE_MS);
    await t.action(internal.monitoring.tick, {});
    await t.action(internal.monitoring.tick, {});
    const [first, second, third] = await rollups(t);
    expect(third).toBeUndefined();
    expect(first).toMatchObject({
      minute: NOON,
      hits: 1,
      late: 1,
      fallbacks: 1,
      unanswered: 1,
      errors: 2,
      off: 1,
    });
    // Neither what failed nor what the flag kept from us counts as an answer of ours.
    expect(first?.responseMs).toMatchObject({ counts: [1, 1, 1], sum: 2_840 });
    expect(second).toMatchObject({ minute: NOON + MINUTE_MS, hits: 2, late: 0 });
    const [totals] = await inTables(t, (ctx) => ctx.db.query("metric_totals").take(2));
    expect(totals).toMatchObject({ hits: 3, late: 1, off: 1 });
  });

  test("leaves what has only just come to the next", async () => {
    const t = makeBackend();
    await asUser(t, "https://test|ann").mutation(api.telemetry.report, { samples: [hit] });
    vi.setSystemTime(NOON + 4_000);
    await t.action(internal.monitoring.tick, {});
    expect(await rollups(t)).toEqual([]);
    vi.setSystemTime(NOON + 6_000);
    await t.action(internal.monitoring.tick, {});
    expect(await rollups(t)).toMatchObject([{ hits: 1 }]);
  });

  test("folds more than a transaction bears, in steps", async () => {
    const t = makeBackend();
    await inTables(t, async (ctx) => {
      for (let index = 0; index < 450; index += 1) {
        const sample = { kind: "reads" as const, reads: [hit] };
        await ctx.db.insert("metric_samples", {
          at: NOON,
          isFolded: false,
          reporter: null,
          sample,
        });
      }
    });
    vi.setSystemTime(NOON + MINUTE_MS);
    await t.action(internal.monitoring.tick, {});
    await settle(t);
    expect(await rollups(t)).toMatchObject([{ hits: 450 }]);
  });
});

describe("the server's own telemetry", () => {
  test("tells of each recompute how long it took, its lag and its bytes", async () => {
    const t = makeBackend();
    await asUser(t, "https://test|ann").mutation(api.watchRecords.ingest, { records: watches(20) });
    await settle(t);
    const samples = await inTables(t, (ctx) => ctx.db.query("metric_samples").take(10));
    const recompute = samples.map(({ sample }) => sample).find(({ kind }) => kind === "recompute");
    if (recompute?.kind !== "recompute") throw new Error("no sample");
    expect(recompute.hasFailed).toBe(false);
    // The clock stands still but for the 100 ms at rest before the run.
    expect(recompute.lagMs).toBeGreaterThanOrEqual(100);
    expect(recompute.bytesRead).toBeGreaterThan(20 * 100);
    expect(recompute.bytesWritten).toBeGreaterThan(10_000);
  });

  test("tells of runs that failed", async () => {
    const t = makeBackend();
    await asUser(t, "https://test|ann").mutation(api.watchRecords.ingest, { records: watches(2) });
    const { generation } = await wake(t, "https://test|ann");
    await t.mutation(internal.recompute.begin, { userId: "https://test|ann", generation });
    const failure = { userId: "https://test|ann", generation, message: "broken", durationMs: 70 };
    await t.mutation(internal.recompute.fail, failure);
    // Of a generation that was replaced: says nothing.
    await t.mutation(internal.recompute.fail, failure);
    vi.setSystemTime(NOON + MINUTE_MS);
    await t.action(internal.monitoring.tick, {});
    const [rollup] = await rollups(t);
    expect(rollup).toMatchObject({ recomputes: 1, failedRecomputes: 1 });
    expect(quantile(rollup!.recomputeMs, 0.5)).toBeCloseTo(70, -1);
  });

  test("tells what validations found", async () => {
    const t = makeBackend();
    await asUser(t, "https://test|ann").mutation(api.watchRecords.ingest, { records: watches(20) });
    await settle(t);
    vi.setSystemTime(Date.now() + MINUTE_MS);
    await t.action(internal.monitoring.tick, {});
    const all = await rollups(t);
    const compared = all.reduce((sum, row) => sum + row.compared, 0);
    expect(compared).toBe(60);
  });
});

test("raw samples are kept a day, rollups 30 days", async () => {
  const t = makeBackend();
  await asUser(t, "https://test|ann").mutation(api.telemetry.report, { samples: [hit] });
  vi.setSystemTime(NOON + MINUTE_MS);
  await t.action(internal.monitoring.tick, {});
  vi.setSystemTime(NOON + DAY_MS - MINUTE_MS);
  await t.mutation(internal.monitoring.cleanUp, {});
  expect(await countSamples(t)).toBe(1);
  vi.setSystemTime(NOON + DAY_MS + MINUTE_MS);
  await t.mutation(internal.monitoring.cleanUp, {});
  expect(await countSamples(t)).toBe(0);
  expect(await rollups(t)).toHaveLength(1);
  vi.setSystemTime(NOON + 30 * DAY_MS + MINUTE_MS);
  await t.mutation(internal.monitoring.cleanUp, {});
  expect(await rollups(t)).toEqual([]);
});
