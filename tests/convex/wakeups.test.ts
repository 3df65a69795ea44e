import { afterEach, describe, expect, test, vi } from "vitest";
import { api } from "../../convex/_generated/api";
import { inTables, internal } from "../support/reach";
import { beginRun, finishRun, wake } from "../support/runs";
import {
  asUser,
  DAY_MS,
  expectCorrect,
  makeBackend,
  NOON,
  plant,
  runUntil,
  settle,
  findState,
  watch,
  watches,
  type Backend,
} from "./support";

const ANN = "https://test|ann";
const BOB = "https://test|bob";

afterEach(() => vi.useRealTimers());

async function ingest(t: Backend, userId: string, records = [watch()]): Promise<void> {
  await asUser(t, userId).mutation(api.watchRecords.ingest, { records });
}

/** How many scheduled functions of a name there are, in a state or in any. */
async function countScheduled(t: Backend, name: string, kind?: string): Promise<number> {
  const scheduled = await inTables(t, (ctx) =>
    ctx.db.system.query("_scheduled_functions").take(4_000),
  );
  return scheduled.filter(
    (job) => job.name === name && (kind === undefined || job.state.kind === kind),
  ).length;
}

/** A change whose wake-up was lost, or that counted on a run which had just ended. */
async function changeUnseen(t: Backend, userId: string, videoId: string): Promise<void> {
  const record = watch({ videoId });
  await plant(t, userId, [record]);
  await inTables(t, async (ctx) => {
    await ctx.db.insert("data_change_log", {
      ...{ userId, changeType: "insert", recordCount: 1, changedAt: Date.now() },
      ...{ processed: false, undatedBuckets: [] },
      days: [Math.floor((record.watchedAt ?? 0) / DAY_MS)],
    });
  });
}

/** How many changed records the unprocessed rows of the log name. */
async function waiting(t: Backend, userId: string): Promise<number> {
  return await inTables(t, async (ctx) => {
    const rows = await ctx.db
      .query("data_change_log")
      .withIndex("by_user_processed", (q) => q.eq("userId", userId).eq("processed", false))
      .take(4_000);
    return rows.reduce((sum, { recordCount }) => sum + recordCount, 0);
  });
}

describe("a wake-up", () => {
  test("is scheduled once, however many mutations follow at once", async () => {
    const t = makeBackend();
    for (const record of watches(30)) await ingest(t, ANN, [record]);
    await ingest(t, BOB);
    expect(await countScheduled(t, "recompute:wake", "pending")).toBe(2);
    await settle(t);
    await expectCorrect(t, ANN);
  });

  test("is not scheduled while a run is coming or running", async () => {
    const t = makeBackend();
    await ingest(t, ANN, watches(3));
    const lease = await wake(t, ANN);
    await ingest(t, ANN, [watch({ videoId: "scheduled" })]);
    const begun = await beginRun(t, lease);
    await ingest(t, ANN, [watch({ videoId: "running" })]);
    expect(await countScheduled(t, "recompute:wake")).toBe(1);
    await t.mutation(internal.recompute.advance, begun);
    await finishRun(t, begun);
    await settle(t);
    expect(await waiting(t, ANN)).toBe(0);
    await expectCorrect(t, ANN);
  });

  test("reaches a change that counted on a run just as that run came to rest", async () => {
    const t = makeBackend();
    await ingest(t, ANN, watches(3));
    await runUntil(t, async () => (await findState(t, ANN))?.phase === "idle");
    await changeUnseen(t, ANN, "late");
    const startedAt = Date.now();
    await runUntil(t, async () => (await waiting(t, ANN)) === 0);
    expect(Date.now() - startedAt).toBeLessThanOrEqual(3_000);
    await expectCorrect(t, ANN);
  });

  test("that was lost is made up for by the sweep", async () => {
    const t = makeBackend();
    await ingest(t, ANN, watches(3));
    await settle(t);
    await changeUnseen(t, ANN, "lost");
    vi.setSystemTime(Date.now() + 61_000);
    await t.mutation(internal.maintenance.sweep, {});
    await settle(t);
    expect(await waiting(t, ANN)).toBe(0);
    await expectCorrect(t, ANN);
  });
});

describe("the first build", () => {
  test("folds the days of the log, and reads nothing else", async () => {
    const t = makeBackend();
    await ingest(t, ANN, watches(4, NOON - DAY_MS, DAY_MS));
    const begun = await beginRun(t, await wake(t, ANN));
    expect(begun.work.rebuild).toBeNull();
    expect(begun.work.isVerifying).toBe(true);
    expect(begun.work.units).toEqual([
      {
        partition: "2026-03",
        range: { from: Date.UTC(2026, 2, 11), to: Date.UTC(2026, 2, 15) },
      },
    ]);
    await t.mutation(internal.recompute.advance, begun);
    await finishRun(t, begun);
    await expectCorrect(t, ANN);
  });

  test.each([
    ["records from before this module", async (t: Backend) => plant(t, ANN, watches(5))],
    [
      "records of which others were deleted since",
      async (t: Backend) => {
        const [first, ...others] = watches(3);
        await plant(t, ANN, [first!, ...others]);
        const { page } = await asUser(t, ANN).query(api.watchRecords.page, {
          paginationOpts: { cursor: null, numItems: 10 },
        });
        expect(page).toHaveLength(3);
        const recordKeys = await inTables(t, async (ctx) => {
          const rows = await ctx.db.query("watch_records").take(2);
          return rows.map(({ recordKey }) => recordKey);
        });
        await asUser(t, ANN).mutation(api.watchRecords.remove, { recordKeys });
      },
    ],
  ])("reads everything where there are %s", async (_name, prepare) => {
    const t = makeBackend();
    await prepare(t);
    await ingest(t, ANN, [watch({ videoId: "first of this module" })]);
    const { work } = await beginRun(t, await wake(t, ANN));
    expect(work).toMatchObject({ isRebuild: true, units: [] });
    await settle(t);
    vi.setSystemTime(Date.now() + 120_000);
    await t.mutation(internal.maintenance.sweep, {});
    await settle(t);
    await expectCorrect(t, ANN);
  });
});

describe("a backlog", () => {
  /** As many mutations of one record each have left it. */
  async function plantBacklog(t: Backend, count: number): Promise<void> {
    const records = watches(count, NOON - DAY_MS, 3_600_000);
    await plant(t, ANN, records);
    for (let start = 0; start < count; start += 500) {
      await inTables(t, async (ctx) => {
        for (const { watchedAt } of records.slice(start, start + 500)) {
          await ctx.db.insert("data_change_log", {
            ...{ userId: ANN, changeType: "insert", recordCount: 1, changedAt: NOON - start },
            ...{ processed: false, undatedBuckets: [] },
            days: [Math.floor((watchedAt ?? 0) / DAY_MS)],
          });
        }
      });
    }
  }

  test("is merged before it is planned, and folded without waiting in between", async () => {
    const t = makeBackend();
    await ingest(t, ANN, [watch({ videoId: "before" })]);
    await settle(t);
    await plantBacklog(t, 2_300);
    const newest = await asUser(t, ANN).query(api.watchRecords.revision, {});
    expect(await waiting(t, ANN)).toBe(2_300);
    const startedAt = Date.now();
    await t.mutation(internal.recompute.wake, { userId: ANN });
    await runUntil(t, async () => (await waiting(t, ANN)) === 0);
    // A run that begins at once, and one more that follows it at once, where days were too many.
    expect(Date.now() - startedAt).toBeLessThanOrEqual(2_000);
    const after = await asUser(t, ANN).query(api.watchRecords.revision, {});
    expect(after.lastChange).toBe(newest.lastChange);
    await expectCorrect(t, ANN);
  });

  test("keeps counting every record while it is being merged", async () => {
    const t = makeBackend();
    await ingest(t, ANN, [watch({ videoId: "before" })]);
    await settle(t);
    await plantBacklog(t, 700);
    const lease = await wake(t, ANN);
    expect(await t.mutation(internal.recompute.begin, lease)).toBe(true);
    expect(await t.mutation(internal.recompute.mergeChanges, lease)).toBe(true);
    expect(await waiting(t, ANN)).toBe(700);
    expect(await t.mutation(internal.recompute.mergeChanges, lease)).toBe(false);
    expect(await waiting(t, ANN)).toBe(700);
    const rows = await inTables(t, (ctx) => ctx.db.query("data_change_log").take(1_000));
    expect(rows.filter(({ processed }) => !processed).length).toBeLessThan(100);
  });
});
