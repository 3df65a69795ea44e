import { makeFunctionReference } from "convex/server";
import { ConvexError } from "convex/values";
import { afterEach, describe, expect, test, vi } from "vitest";
import { api } from "../../convex/_generated/api";
import crons from "../../convex/crons";
import { ENGINE_VERSION } from "../../src/engine";
import { inTables, internal } from "../support/reach";
import { beginQuietRun, beginRun, finishRun, wake, type Begun } from "../support/runs";
import {
  ANN,
  BOB,
  eraseByHand,
  erasureOf,
  ingest,
  readAll,
  recordsOf,
  runFor,
  settleUsers,
  startErasing,
  tablesNaming,
  useEverything,
} from "./erasing";
import {
  ALL,
  asUser,
  expectedResults,
  filtersArg,
  findState,
  makeBackend,
  receipt,
  runUntil,
  storedResults,
  watch,
  watches,
  type Backend,
} from "./support";

afterEach(() => vi.useRealTimers());

const MINUTE_MS = 60_000;

/** All there is, but for when a user is next looked at: that stays the state's until it goes. */
async function readShown(t: Backend): Promise<string[]> {
  const rows = await readAll(t);
  return rows.map(({ table, text }) => table + text.replace(/"driftDueAt":[\d.]+/, ""));
}

/** Sees to it that a call writes nothing. */
async function expectNothingWritten(t: Backend, call: () => Promise<unknown>): Promise<void> {
  const before = await readShown(t);
  await call();
  expect(await readShown(t)).toEqual(before);
}

function codeOf(error: unknown): string {
  if (!(error instanceof ConvexError)) throw error;
  return (error.data as { code: string }).code; // our one shape
}

async function expectRefused(call: Promise<unknown>): Promise<void> {
  await expect(call).rejects.toMatchObject({ data: { code: "ERASING" } });
}

describe("while the user goes on writing", () => {
  test("an ingest inserts nothing and answers every record with the reason", async () => {
    const t = makeBackend();
    await useEverything(t, ANN);
    const [first] = await recordsOf(t, ANN);
    const known = watch({ watchedAt: first!.watchedAt, videoId: first!.videoId });
    await startErasing(t);
    const between = () =>
      expectNothingWritten(t, async () => {
        const reason = "all your data are being erased; send it again when that has ended";
        expect(await ingest(t, ANN, [known, watch({ videoId: "new" })])).toEqual({
          inserted: 0,
          duplicates: 0,
          rejected: [0, 1].map((index) => ({ index, reason })),
        });
      });
    expect((await eraseByHand(t, { between })).length).toBeGreaterThan(10);
    expect(await tablesNaming(t, ANN)).toEqual([]);
  });

  test("changes, settings and receipts are refused; a page that asks or reports is ignored", async () => {
    const t = makeBackend();
    await useEverything(t, ANN);
    const ann = asUser(t, ANN);
    const recordKey = (await recordsOf(t, ANN))[0]!.recordKey;
    const filters = filtersArg({ ...ALL, topics: ["News"] });
    await startErasing(t);
    const between = () =>
      expectNothingWritten(t, async () => {
        await expectRefused(ann.mutation(api.watchRecords.update, { recordKey, patch: {} }));
        await expectRefused(ann.mutation(api.watchRecords.remove, { recordKeys: [recordKey] }));
        await expectRefused(ann.mutation(api.settings.setTimeZone, { timeZone: "Asia/Tokyo" }));
        await expectRefused(ann.mutation(api.importReceipts.save, { receipt: receipt() }));
        expect(await ann.mutation(api.aggregations.request, { filters })).toBe("scheduled");
        const samples = [{ outcome: "hit" as const, responseMs: 40 }];
        expect(await ann.mutation(api.telemetry.report, { samples })).toBeNull();
      });
    await eraseByHand(t, { between });
    expect(await tablesNaming(t, ANN)).toEqual([]);
  });

  test("others are not hindered", async () => {
    const t = makeBackend();
    await useEverything(t, ANN);
    await startErasing(t);
    await ingest(t, BOB, watches(3));
    await settleUsers(t, BOB);
    await runUntil(t, async () => (await erasureOf(t)) === null);
    expect(await storedResults(t, BOB)).toEqual(await expectedResults(t, BOB));
    expect(await tablesNaming(t, ANN)).toEqual([]);
  });
});

type Wake = () => Promise<unknown>;

async function changed(t: Backend): Promise<{ userId: string; generation: number }> {
  await ingest(t, ANN, [watch({ videoId: "late" })]);
  return await wake(t, ANN);
}

/** What is on its way or at work when the erasure begins; each gives what it does when it wakes. */
const AT_WORK: Record<string, (t: Backend) => Promise<Wake>> = {
  "a recompute that is scheduled": async (t) => {
    const lease = await changed(t);
    return async () => {
      expect(await t.mutation(internal.recompute.begin, lease)).toBe(false);
      await t.action(internal.recompute.run, lease);
    };
  },
  "a recompute in its middle": async (t) => {
    const lease = await changed(t);
    const { work } = await beginRun(t, lease);
    return () => wakeRun(t, lease, work);
  },
  "a recompute that has stored its results": async (t) => {
    const lease = await changed(t);
    const { work } = await beginRun(t, lease);
    await t.mutation(internal.recompute.advance, { ...lease, work });
    return () => wakeRun(t, lease, work);
  },
  "a rebuild that a person asked for": async (t) => {
    const generation = await t.mutation(internal.recompute.takeOver, { userId: ANN });
    const lease = { userId: ANN, generation };
    const { work } = await beginRun(t, lease);
    return () => wakeRun(t, lease, work);
  },
  "the build of a backfill": (t) => atWorkQuietly(t, "rebuild"),
  "the refresh of an upgrade": (t) => atWorkQuietly(t, "refresh"),
  "a validation": async (t) => {
    const moment = (await t.query(internal.check.open, { userId: ANN }))!.moment;
    await t.mutation(internal.validation.start, { userIds: [ANN] });
    const [run] = await inTables(t, (ctx) => ctx.db.query("job_runs").take(1));
    const findings = foundWrong();
    return async () => {
      const args = { userId: ANN, runId: run!._id, moment, findings };
      expect(await t.mutation(internal.check.conclude, args)).toBe(false);
      const check = t.action(internal.validation.checkUser, { userId: ANN });
      // After the end there is nobody to be checked.
      const report = await check.catch(codeOf);
      expect([{ outcome: "inconclusive" }, "NOT_FOUND"]).toContainEqual(report);
    };
  },
  "a look for drift": async (t) => {
    const moment = (await t.query(internal.check.open, { userId: ANN }))!.moment;
    const drift = { days: [20_000], undatedBuckets: [], recordCount: 1 };
    return async () => {
      for (const isUnreadable of [false, true]) {
        const args = { userId: ANN, moment, ...drift, isUnreadable };
        await t.mutation(internal.drift.conclude, args);
      }
    };
  },
};

type Lease = Awaited<ReturnType<typeof changed>>;

/** All that a run may still call. */
async function wakeRun(t: Backend, lease: Lease, work: Begun["work"]): Promise<void> {
  const step = await t.mutation(internal.recompute.advance, { ...lease, work });
  expect(step).toEqual({ status: "superseded", work: null });
  await finishRun(t, lease);
  await t.mutation(internal.recompute.fail, { ...lease, message: "broken", durationMs: 5 });
  await t.mutation(internal.quietRuns.dropOtherEpochs, { userId: ANN });
}

/** The same, and what those do that drive a run nobody waits for. */
async function atWorkQuietly(t: Backend, plan: "rebuild" | "refresh"): Promise<Wake> {
  const { work, ...lease } = (await beginQuietRun(t, ANN, plan))!;
  return async () => {
    await wakeRun(t, lease, work);
    await t.mutation(internal.quietRuns.giveUp, { ...lease, message: "broken" });
    await t.mutation(internal.validation.tidy, { userId: ANN });
    await expect(beginQuietRun(t, ANN, plan)).rejects.toThrow(/ERASING|NOT_FOUND/);
    await t.mutation(internal.quietRuns.leaveRebuild, { userId: ANN });
  };
}

function foundWrong() {
  const place = { aggregationType: "kpi" as const, filterHash: "x", filters: filtersArg() };
  const difference = { ...place, path: "$.totalVideos", stored: "2", expected: "1" };
  return {
    ...{ compared: 60, equal: 59, differing: 1, stale: 0, segments: 0 },
    layers: { recordsToSegments: "equal" as const, segmentsToResults: "different" as const },
    differences: [{ fault: "value" as const, ...difference }],
  };
}

describe("what was at work writes nothing any more", () => {
  test.each(Object.keys(AT_WORK))("%s", async (name) => {
    const t = makeBackend();
    await useEverything(t, ANN);
    const wake = await AT_WORK[name]!(t);
    await startErasing(t);
    const between = () => expectNothingWritten(t, wake);
    await eraseByHand(t, { between });
    await between();
    await runFor(t, MINUTE_MS);
    expect(await tablesNaming(t, ANN)).toEqual([]);
  });

  test("actions that are really at work, whenever the steps come between", async () => {
    const t = makeBackend();
    await useEverything(t, ANN);
    const lease = await changed(t);
    const wishes = [
      t.action(internal.recompute.run, lease),
      t.action(internal.validation.checkUser, { userId: ANN }),
      t.action(internal.recompute.user, { userId: ANN }),
      startErasing(t),
      t.action(internal.recompute.user, { userId: ANN }),
      ingest(t, ANN, watches(60)),
    ];
    await Promise.allSettled(wishes);
    expect(await erasureOf(t)).not.toBeNull();
    await eraseByHand(t);
    await runFor(t, MINUTE_MS);
    expect(await tablesNaming(t, ANN)).toEqual([]);
  });

  test("an action that wakes only after the user has imported anew", async () => {
    const t = makeBackend();
    await useEverything(t, ANN);
    const before = await changed(t);
    const { work } = await beginRun(t, before);
    await startErasing(t);
    await runUntil(t, async () => (await erasureOf(t)) === null);
    // More runs than there had been before, each at work when the old one wakes.
    for (let count = 0; count < 20; count++) {
      await ingest(t, ANN, [watch({ videoId: `anew ${String(count)}` })]);
      const lease = await wake(t, ANN);
      await beginRun(t, lease);
      await expectNothingWritten(t, () => wakeRun(t, before, work));
      await finishRun(t, lease);
      vi.setSystemTime(Date.now() + 20_000);
    }
    await settleUsers(t, ANN);
    expect(await storedResults(t, ANN)).toEqual(await expectedResults(t, ANN));
  });
});

/** All crons there are, as they stand in crons.ts. */
async function callCrons(t: Backend): Promise<void> {
  for (const { name, args } of Object.values(crons.crons)) {
    // What `cronJobs` declares wider than it is: the arguments of one call.
    const [given = {}] = args as [Record<string, never>?];
    if (name === "monitoring:tick") await t.action(internal.monitoring.tick, given);
    else await t.mutation(makeFunctionReference<"mutation">(name), given);
  }
}

describe("crons", () => {
  /** A user whom every cron would like to do something for. */
  async function makeDue(t: Backend): Promise<void> {
    await ingest(t, ANN, [watch({ videoId: "waits" })]);
    await wake(t, ANN);
    await inTables(t, async (ctx) => {
      const states = await ctx.db.query("aggregation_state").take(10);
      for (const { _id } of states) {
        const due = { engineVersion: ENGINE_VERSION - 1, driftDueAt: 0, refreshAt: 1 };
        await ctx.db.patch("aggregation_state", _id, due);
      }
      for (const { _id } of await ctx.db.query("user_validations").take(10)) {
        await ctx.db.patch("user_validations", _id, { status: "pending", askedAt: 0 });
      }
    });
  }

  test("bring nothing back, whenever they run", async () => {
    const t = makeBackend();
    for (const userId of [ANN, BOB]) await useEverything(t, userId);
    await makeDue(t);
    await startErasing(t);
    const between = async () => {
      vi.setSystemTime(Date.now() + 3_600_000);
      await callCrons(t);
      expect((await findState(t, ANN))?.phase).toBe("erasing");
    };
    await eraseByHand(t, { between });
    expect(await tablesNaming(t, ANN)).toEqual([]);
    await callCrons(t);
    await runFor(t, 2 * MINUTE_MS);
    await callCrons(t);
    await runFor(t, 2 * MINUTE_MS);
    expect(await tablesNaming(t, ANN)).toEqual([]);
    const day = { asOf: "2026-03-16", timeZone: "Europe/Berlin" };
    expect(await storedResults(t, BOB)).toEqual(await expectedResults(t, BOB, ALL, day));
  });

  test("take up an erasure of which a step was lost, and leave one alone that goes on", async () => {
    const t = makeBackend();
    await useEverything(t, ANN);
    await startErasing(t);
    await t.mutation(internal.account.eraseStep, { userId: ANN });
    await cancelScheduled(t);
    vi.setSystemTime(Date.now() + 4 * MINUTE_MS);
    await t.mutation(internal.maintenance.sweep, {});
    const { deleted } = (await erasureOf(t))!;
    await runFor(t, 10_000);
    expect(await erasureOf(t)).toMatchObject({ deleted });
    vi.setSystemTime(Date.now() + MINUTE_MS);
    await t.mutation(internal.maintenance.sweep, {});
    await runUntil(t, async () => (await erasureOf(t)) === null);
    expect(await tablesNaming(t, ANN)).toEqual([]);
  });
});

async function cancelScheduled(t: Backend): Promise<void> {
  await inTables(t, async (ctx) => {
    const scheduled = await ctx.db.system.query("_scheduled_functions").take(1_000);
    for (const { _id } of scheduled) await ctx.scheduler.cancel(_id);
  });
}

test("after the end the user imports anew, and is as one who comes for the first time", async () => {
  const t = makeBackend();
  await useEverything(t, ANN);
  const records = (await recordsOf(t, ANN)).length;
  await startErasing(t);
  await runUntil(t, async () => (await erasureOf(t)) === null);
  expect(await asUser(t, ANN).query(api.importReceipts.list, {})).toEqual([]);
  expect(await storedResults(t, ANN)).toEqual({});
  expect(await asUser(t, ANN).query(api.aggregations.status, {})).toEqual({
    ...{ recordCount: 0, pendingChanges: 0, lastRecomputedAt: null, lastError: null },
    timeZone: "UTC",
  });
  await useEverything(t, ANN);
  await runFor(t, 1_000);
  const day = { asOf: "2026-03-15", timeZone: "Europe/Berlin" };
  const expected = await expectedResults(t, ANN, ALL, day);
  expect(expected.kpi?.totalVideos).toBe(records);
  expect(await storedResults(t, ANN)).toEqual(expected);
  const report = await t.action(internal.validation.checkUser, { userId: ANN });
  expect(report).toMatchObject({ outcome: "passed", differing: 0 });
});
