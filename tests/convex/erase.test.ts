import { afterEach, describe, expect, test, vi } from "vitest";
import { maxOutstanding } from "../../convex/model/jobs/pool";
import { api } from "../../convex/_generated/api";
import schema from "../../convex/schema";
import { inTables, internal } from "../support/reach";
import {
  ANN,
  BOB,
  eraseByHand,
  erasureOf,
  feedLatest,
  ingest,
  latestRun,
  readAll,
  readOthers,
  readQueue,
  recordsOf,
  runFor,
  runToEnd,
  settleUsers,
  startErasing,
  TABLES,
  tablesNaming,
  useEverything,
} from "./erasing";
import {
  ALL,
  asUser,
  DAY_MS,
  expectedResults,
  makeBackend,
  newBackend,
  NOON,
  plant,
  runUntil,
  storedResults,
  watch,
  watches,
  type Backend,
} from "./support";

afterEach(() => vi.useRealTimers());

const SECOND_MS = 1_000;
const NAMING_FIELDS = ["userId", "subject", "reporter"];
/** The tables that can name a user, by the fields that do. */
const NAMING_TABLES = TABLES.filter((table) =>
  NAMING_FIELDS.some((field) => field in schema.tables[table].validator.fields),
);
/** Convex allows any number in `durationSeconds`; the engine takes whole ones only. */
const BAD = watch({ videoId: "bad", durationSeconds: 1.5 });

describe("erasing all data of a user", () => {
  test("knows of every table, whether it can name a user", () => {
    // Another table: if it can name a user, erase it and fill it below; if not, list it here.
    expect(TABLES.filter((table) => !NAMING_TABLES.includes(table)).sort()).toEqual([
      "alerts",
      "cron_heartbeats",
      "feature_flags",
      "job_ends",
      "job_runs",
      "metric_rollups",
      "metric_totals",
      "monitor_state",
      "thresholds",
    ]);
  });

  test("leaves nothing of them in any table, and every document of others as it was", async () => {
    const t = makeBackend();
    await fillEveryTable(t);
    const others = await readOthers(t, ANN);
    await startErasing(t);
    expect(await tablesNaming(t, ANN)).toEqual([...NAMING_TABLES].sort());
    expect(await readOthers(t, ANN)).toEqual(others);
    await eraseByHand(t);
    expect(await tablesNaming(t, ANN)).toEqual([]);
    expect(await readOthers(t, ANN)).toEqual(others);

    // What was scheduled for them, and queued, brings nothing back.
    for (const kind of ["drift", "validation"] as const) await runToEnd(t, kind);
    await runFor(t, 20 * SECOND_MS);
    expect(await tablesNaming(t, ANN)).toEqual([]);
    expect(await readQueue(t)).not.toContain(ANN);
    const day = { asOf: "2026-03-15", timeZone: "Europe/Berlin" };
    expect(await storedResults(t, BOB)).toEqual(await expectedResults(t, BOB, ALL, day));
  });

  test("of one who never wrote anything leaves nothing behind", async () => {
    const t = makeBackend();
    await useEverything(t, BOB);
    await runFor(t, SECOND_MS);
    const before = await readAll(t);
    expect(await startErasing(t)).toEqual({ startedAt: Date.now(), deleted: 0, expected: 0 });
    await runUntil(t, async () => (await erasureOf(t)) === null);
    expect(await readAll(t)).toEqual(before);
  });

  test("is refused to who is not signed in, and is nobody else's to see", async () => {
    const t = makeBackend();
    await expect(t.mutation(api.account.eraseMyData, {})).rejects.toThrow(/UNAUTHENTICATED/);
    await expect(t.query(api.account.erasure, {})).rejects.toThrow(/UNAUTHENTICATED/);
    await startErasing(t);
    expect(await erasureOf(t, BOB)).toBeNull();
    expect(await erasureOf(t)).not.toBeNull();
  });
});

/** Something of Ann in every table that can name her, and of Bob in most. */
async function fillEveryTable(t: Backend): Promise<void> {
  for (const userId of [BOB, ANN]) await useEverything(t, userId);
  await t.mutation(internal.flags.setUser, { userId: ANN, value: true });
  await t.mutation(internal.flags.addBetaUsers, { userIds: [ANN, BOB] });
  await takePartInRuns(t);
  await t.mutation(internal.rollout.rollbackUser, { userId: ANN, reason: "wrong numbers" });
  // A change that waits for its run.
  await ingest(t, ANN, [watch({ videoId: "waits" })]);
}

/** Ann failed in one run, differed in one, is queued in one and waits in one. */
async function takePartInRuns(t: Backend): Promise<void> {
  const userIds = [ANN, BOB];
  await t.mutation(internal.backfill.adopt, {});
  expect(await runToEnd(t, "adoption")).toMatchObject({ done: 2 });
  await failInBackfill(t, userIds);
  await damage(t, ANN);
  await t.mutation(internal.validation.start, { userIds });
  expect(await runToEnd(t, "validation")).toMatchObject({ done: 2, counts: { differing: 1 } });
  await t.mutation(internal.drift.start, { userIds });
  await feedLatest(t, "drift");
  await t.mutation(internal.validation.start, { userIds });
}

async function failInBackfill(t: Backend, userIds: string[]): Promise<void> {
  await plant(t, ANN, [BAD]);
  await t.mutation(internal.backfill.start, { userIds });
  expect(await runToEnd(t, "backfill")).toMatchObject({ done: 1, failed: 1 });
  const bad = (await recordsOf(t, ANN)).filter(({ videoId }) => videoId === "bad");
  const recordKeys = bad.map(({ recordKey }) => recordKey);
  await asUser(t, ANN).mutation(api.watchRecords.remove, { recordKeys });
  await settleUsers(t, ANN);
}

/** Changes a stored result behind everybody's back. */
async function damage(t: Backend, userId: string): Promise<void> {
  await inTables(t, async (ctx) => {
    const rows = await ctx.db
      .query("precomputed_aggregations")
      .withIndex("by_user_type", (q) => q.eq("userId", userId).eq("aggregationType", "kpi"))
      .take(1);
    const { _id, data } = rows[0]!;
    if (!("totalVideos" in data)) throw new Error("no kpi");
    await ctx.db.patch("precomputed_aggregations", _id, { data: { ...data, totalVideos: 1_000 } });
  });
}

/** Half of what Convex allows: what passes here stays far from the limits. */
const HALF_LIMITS = {
  bytesRead: 8 * 2 ** 20,
  bytesWritten: 8 * 2 ** 20,
  documentsRead: 16_000,
  documentsWritten: 8_000,
  databaseQueries: 2_048,
};

function makeTightBackend(): Backend {
  vi.useFakeTimers({ now: NOON });
  return newBackend(HALF_LIMITS);
}

describe("progress", () => {
  test("of 9,000 records goes up in steps far from Convex's limits, and ends with null", async () => {
    const t = makeTightBackend();
    await plant(t, ANN, watches(9_000, NOON - DAY_MS, 3_000_000));
    await t.action(internal.recompute.user, { userId: ANN });
    const startedAt = Date.now();
    expect(await startErasing(t)).toEqual({ startedAt, deleted: 0, expected: 9_000 });
    const seen: number[] = [];
    await runUntil(t, async () => {
      const progress = await erasureOf(t);
      if (progress === null) return true;
      expect(progress).toMatchObject({ startedAt, expected: 9_000 });
      seen.push(progress.deleted);
      return false;
    });
    expect(seen.filter((deleted) => deleted <= 9_000).length).toBeGreaterThan(3);
    expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
    expect(seen.at(-1)).toBeGreaterThan(9_000);
    expect(await tablesNaming(t, ANN)).toEqual([]);
    // What the recompute has cost.
    expect((await readAll(t)).map(({ table }) => table)).toEqual(["metric_samples"]);
  }, 60_000);

  test("of documents as large as they get stays as far from the limits", async () => {
    const t = makeTightBackend();
    for (let part = 0; part < 16; part++) {
      const segment = { userId: ANN, epoch: 1, partition: "2024-03", part, recordCount: 0 };
      await inTables(t, async (ctx) => {
        await ctx.db.insert("watch_segments", { ...segment, bytes: new ArrayBuffer(800_000) });
      });
    }
    await startErasing(t);
    const seen = await eraseByHand(t);
    expect(seen.length).toBeGreaterThan(3);
    expect(await tablesNaming(t, ANN)).toEqual([]);
  });

  test("is told to who asks again; nothing is started twice", async () => {
    const t = makeBackend();
    await useEverything(t, ANN);
    const first = await startErasing(t);
    await t.mutation(internal.account.eraseStep, { userId: ANN });
    vi.setSystemTime(Date.now() + SECOND_MS);
    const again = await startErasing(t);
    expect(again).toEqual(await erasureOf(t));
    expect(again).toMatchObject({ startedAt: first.startedAt, expected: first.expected });
    expect(again.deleted).toBeGreaterThan(0);
    const erasures = (await readAll(t)).filter(({ table }) => table === "account_erasures");
    expect(erasures).toHaveLength(1);
    // One of the start, one of the step by hand, none of the second wish.
    expect(await countScheduledSteps(t)).toBe(2);
  });
});

async function countScheduledSteps(t: Backend): Promise<number> {
  const scheduled = await inTables(t, (ctx) =>
    ctx.db.system.query("_scheduled_functions").take(1_000),
  );
  return scheduled.filter(
    ({ name, state }) => name.includes("eraseStep") && state.kind === "pending",
  ).length;
}

describe("runs of jobs the user was part of come to their end", () => {
  /** One more than the queue takes at a time, and Ann before or after them. */
  const OTHERS = Array.from({ length: maxOutstanding() }, (_, index) => `other${String(index)}`);

  interface Start {
    others: string[];
    /** Null for all there are. */
    named: string[] | null;
    dryRun: boolean;
  }

  async function startBackfill(t: Backend, { others, named, dryRun }: Start): Promise<void> {
    for (const userId of others) await plant(t, userId, watches(1));
    await t.mutation(internal.backfill.adopt, {});
    await runToEnd(t, "adoption");
    const userIds = named === null ? {} : { userIds: named };
    await t.mutation(internal.backfill.start, { ...userIds, dryRun });
    await feedLatest(t, "backfill");
  }

  async function taskOf(t: Backend, userId: string) {
    const tasks = await inTables(t, (ctx) => ctx.db.query("job_tasks").take(100));
    return tasks.find((task) => task.userId === userId);
  }

  async function expectEnd(
    t: Backend,
    counts: { total: number; done: number; failed: number },
  ): Promise<void> {
    expect(await runToEnd(t, "backfill")).toMatchObject({
      ...{ status: "done", outstanding: 0, cursor: null, ...counts },
      finishedAt: expect.any(Number) as number,
    });
    await runUntil(t, async () => (await erasureOf(t)) === null);
    expect(await inTables(t, (ctx) => ctx.db.query("job_tasks").take(10))).toEqual([]);
    expect(await tablesNaming(t, ANN)).toEqual([]);
  }

  test.each([
    ["queued", [ANN, ...OTHERS]],
    ["waiting", [...OTHERS, ANN]],
  ])("where the user was %s", async (status, named) => {
    const t = makeBackend();
    await plant(t, ANN, watches(2));
    await startBackfill(t, { others: OTHERS, named, dryRun: true });
    expect(await taskOf(t, ANN)).toMatchObject({ status });
    await startErasing(t);
    await expectEnd(t, { total: OTHERS.length, done: OTHERS.length, failed: 0 });
    expect((await latestRun(t, "backfill")).counts).toEqual({
      users: OTHERS.length,
      records: OTHERS.length,
    });
  });

  test("where the user was counted among all, and not queued yet", async () => {
    const t = makeBackend();
    await plant(t, ANN, watches(2));
    await startBackfill(t, { others: OTHERS, named: null, dryRun: true });
    expect(await latestRun(t, "backfill")).toMatchObject({
      total: OTHERS.length + 1,
      outstanding: 0,
    });
    await startErasing(t);
    await feedLatest(t, "backfill");
    expect(await taskOf(t, ANN)).toBeUndefined();
    await expectEnd(t, { total: OTHERS.length, done: OTHERS.length, failed: 0 });
  });

  test("where the user was about to be tried again", async () => {
    const t = makeBackend();
    await plant(t, ANN, [BAD]);
    await startBackfill(t, { others: [BOB], named: [ANN, BOB], dryRun: false });
    // The next try would come 16 seconds later.
    await runUntil(t, async () => (await taskOf(t, ANN))?.attempts === 3);
    await startErasing(t);
    await runFor(t, 5 * SECOND_MS);
    expect(await readQueue(t)).not.toContain(ANN);
    await expectEnd(t, { total: 1, done: 1, failed: 0 });
    expect(await storedResults(t, BOB)).toEqual(await expectedResults(t, BOB));
  });

  test("where the user had failed", async () => {
    const t = makeBackend();
    await plant(t, ANN, [BAD]);
    await startBackfill(t, { others: [BOB], named: [ANN, BOB], dryRun: false });
    await runToEnd(t, "backfill");
    await startErasing(t);
    await expectEnd(t, { total: 2, done: 1, failed: 1 });
  });

  test("where the user was the only one", async () => {
    const t = makeBackend();
    await plant(t, ANN, watches(2));
    await startBackfill(t, { others: [], named: [ANN], dryRun: false });
    await startErasing(t);
    await eraseByHand(t);
    await expectEnd(t, { total: 0, done: 0, failed: 0 });
  });

  test("where it was cancelled, and the user was the last it had come to", async () => {
    const t = makeBackend();
    await plant(t, ANN, watches(2));
    // Of the users it takes at a time, Ann sorts last.
    const others = OTHERS.map((userId, index) =>
      index < OTHERS.length - 1 ? `a-${userId}` : userId,
    );
    await startBackfill(t, { others, named: null, dryRun: true });
    await feedLatest(t, "backfill");
    expect((await latestRun(t, "backfill")).cursor).toContain(ANN);
    await t.mutation(internal.backfill.cancel, {});
    await startErasing(t);
    await eraseByHand(t);
    expect(await tablesNaming(t, ANN)).toEqual([]);
    await runFor(t, 10 * SECOND_MS);
    expect(await latestRun(t, "backfill")).toMatchObject({ status: "cancelled", outstanding: 0 });
    expect(await tablesNaming(t, ANN)).toEqual([]);
  });
});
