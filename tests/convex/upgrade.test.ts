import { afterEach, describe, expect, test, vi } from "vitest";
import { api } from "../../convex/_generated/api";
import { ENGINE_VERSION } from "../../src/engine";
import { maxOutstanding } from "../../convex/model/jobs/pool";
import { inTables, internal } from "../support/reach";
import { beginQuietRun, wake } from "../support/runs";
import { feedLatest, ingest, latestRun, runFor, runToEnd, settleUsers } from "./erasing";
import {
  DAY_MS,
  NOON,
  asUser,
  expectedResults,
  filtersArg,
  makeBackend,
  plant,
  runUntil,
  stateOf,
  storedResults,
  watch,
  watches,
  type Backend,
} from "./support";
import { expectCurrent, makeUsers, pendingTypes, rowsOf, storeAsOther } from "./versions";

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

/** The documents of what results are computed from. */
async function columnDocuments(t: Backend) {
  return await inTables(t, async (ctx) => [
    ...(await ctx.db.query("watch_segments").take(200)),
    ...(await ctx.db.query("watch_dictionaries").take(50)),
    ...(await ctx.db.query("channel_attributes").take(50)),
  ]);
}

async function look(t: Backend): Promise<void> {
  await t.mutation(internal.upgrade.look, {});
}

async function countRuns(t: Backend): Promise<number> {
  const runs = await inTables(t, (ctx) => ctx.db.query("job_runs").take(100));
  return runs.filter(({ kind }) => kind === "upgrade").length;
}

describe("results of an older version", () => {
  test("read as stale, each by the version of its own aggregation", async () => {
    const t = makeBackend();
    await makeUsers(t, "https://test|ann");
    expect(await pendingTypes(t, "https://test|ann")).toEqual([]);
    await storeAsOther(t, "https://test|ann", { by: -1, types: ["kpi", "session_analysis"] });
    expect(await pendingTypes(t, "https://test|ann")).toEqual(["kpi", "session_analysis"]);
  });

  test("are recomputed in the background, from the segments as they are", async () => {
    const t = makeBackend();
    await makeUsers(t, "https://test|ann", "https://test|bob");
    const columns = await columnDocuments(t);
    const ofBob = await rowsOf(t, "https://test|bob");
    await storeAsOther(t, "https://test|ann", { by: -1, hasOtherData: true });
    await look(t);
    expect(await runToEnd(t, "upgrade")).toMatchObject({
      ...{ status: "done", total: 1, done: 1, failed: 0, counts: { refreshed: 1 } },
    });
    await expectCurrent(t, "https://test|ann");
    expect(await columnDocuments(t)).toEqual(columns);
    expect(await rowsOf(t, "https://test|bob")).toEqual(ofBob);
  });

  test("of one aggregation alone: the rows of the other nine stay as they are", async () => {
    const t = makeBackend();
    await makeUsers(t, "https://test|ann");
    const before = await rowsOf(t, "https://test|ann");
    await storeAsOther(t, "https://test|ann", { by: -1, types: ["kpi"] });
    await runFor(t, MINUTE_MS);
    await look(t);
    await runToEnd(t, "upgrade");
    await expectCurrent(t, "https://test|ann");
    const after = await rowsOf(t, "https://test|ann");
    const others = ({ aggregationType }: (typeof after)[number]) => aggregationType !== "kpi";
    expect(after.filter(others)).toEqual(before.filter(others));
    const rewritten = after.filter((row) => !others(row));
    expect(rewritten).toHaveLength(6);
    for (const { computedAt } of rewritten) expect(computedAt).toBeGreaterThan(NOON + MINUTE_MS);
  });

  test("are found by their rows, where nothing else says that they are older", async () => {
    const t = makeBackend();
    await makeUsers(t, "https://test|ann", "https://test|bob");
    const before = await rowsOf(t, "https://test|ann");
    const types = ["topic_evolution"] as const;
    await storeAsOther(t, "https://test|ann", {
      by: -1,
      types,
      onlyRows: true,
      hasOtherData: true,
    });
    expect(await pendingTypes(t, "https://test|ann")).toEqual(types);
    await look(t);
    expect(await runToEnd(t, "upgrade")).toMatchObject({ done: 1, counts: { refreshed: 1 } });
    await expectCurrent(t, "https://test|ann");
    expect((await rowsOf(t, "https://test|ann")).map(({ _id }) => _id)).toEqual(
      before.map(({ _id }) => _id),
    );
  });

  test("that no filter keeps up to date are deleted, and not looked at for ever", async () => {
    const t = makeBackend();
    await makeUsers(t, "https://test|ann");
    const [row] = await rowsOf(t, "https://test|ann");
    const { _id, _creationTime, ...fields } = row!;
    await inTables(t, async (ctx) => {
      const stray = { ...fields, filterHash: "unknown", version: fields.version - 1 };
      await ctx.db.insert("precomputed_aggregations", stray);
    });
    await look(t);
    await runFor(t, 10 * SECOND_MS);
    await look(t);
    expect(await countRuns(t)).toBe(0);
    expect(await rowsOf(t, "https://test|ann")).toHaveLength(60);
    await expectCurrent(t, "https://test|ann");
  });

  test("of a state that does not say its version are of older code, too", async () => {
    const t = makeBackend();
    await makeUsers(t, "https://test|ann");
    const { _id } = await stateOf(t, "https://test|ann");
    await inTables(t, (ctx) =>
      ctx.db.patch("aggregation_state", _id, { engineVersion: undefined }),
    );
    await look(t);
    await runToEnd(t, "upgrade");
    await expectCurrent(t, "https://test|ann");
  });

  test("that a page asks for are computed again, and the query answers meanwhile", async () => {
    const t = makeBackend();
    await makeUsers(t, "https://test|ann");
    await storeAsOther(t, "https://test|ann", { by: -1, hasOtherData: true });
    const asked = await asUser(t, "https://test|ann").mutation(api.aggregations.request, {
      filters: filtersArg(),
    });
    expect(asked).toBe("ready");
    await runUntil(t, async () => (await pendingTypes(t, "https://test|ann")).length === 0);
    expect(await pendingTypes(t, "https://test|ann")).toEqual([]);
    expect(await storedResults(t, "https://test|ann")).toEqual(
      await expectedResults(t, "https://test|ann"),
    );
    await expectCurrent(t, "https://test|ann");
  });
});

describe("a look", () => {
  test("starts nothing where all is current", async () => {
    const t = makeBackend();
    await makeUsers(t, "https://test|ann");
    await look(t);
    expect(await countRuns(t)).toBe(0);
    expect(await t.query(internal.upgrade.status, {})).toEqual({
      status: "never",
      next: "npx convex run upgrade:start",
    });
  });

  test("starts no second run beside one at work", async () => {
    const t = makeBackend();
    await makeUsers(t, "https://test|ann");
    await storeAsOther(t, "https://test|ann", { by: -1 });
    await look(t);
    await look(t);
    expect(await countRuns(t)).toBe(1);
    await expect(t.mutation(internal.upgrade.start, {})).rejects.toThrow(/ALREADY_RUNNING/);
    await runToEnd(t, "upgrade");
    await look(t);
    expect(await countRuns(t)).toBe(1);
  });

  test("finds who was left with older results by the run before", async () => {
    const t = makeBackend();
    await makeUsers(t, "https://test|ann", "https://test|bob");
    await storeAsOther(t, "https://test|ann", { by: -1 });
    await look(t);
    await feedLatest(t, "upgrade");
    await feedLatest(t, "upgrade");
    // All are listed; older code that was still at work comes to its end.
    await storeAsOther(t, "https://test|bob", { by: -1, hasOtherData: true });
    expect(await runToEnd(t, "upgrade")).toMatchObject({ status: "done", total: 1, done: 1 });
    expect((await stateOf(t, "https://test|bob")).engineVersion).toBeLessThan(ENGINE_VERSION);
    await look(t);
    expect(await runToEnd(t, "upgrade")).toMatchObject({ total: 1, done: 1 });
    for (const userId of ["https://test|ann", "https://test|bob"]) await expectCurrent(t, userId);
  });
});

function namesOf(count: number): string[] {
  return Array.from(
    { length: count },
    (_, index) => `https://test|user${String(index).padStart(2, "0")}`,
  );
}

/** Users of older code, of whom each was here a day after the one before. */
async function makeOldUsers(t: Backend, userIds: readonly string[]): Promise<void> {
  for (const userId of userIds) await plant(t, userId, watches(2));
  await t.mutation(internal.backfill.adopt, {});
  await runToEnd(t, "adoption");
  for (const [index, userId] of userIds.entries()) {
    const { _id } = await stateOf(t, userId);
    const lastSeenAt = NOON - (userIds.length - index) * DAY_MS;
    const changes = { lastSeenAt, engineVersion: ENGINE_VERSION - 1 };
    await inTables(t, (ctx) => ctx.db.patch("aggregation_state", _id, changes));
  }
}

describe("users who were here last come first", () => {
  /** Neither in the order of their names nor in that of their first sight. */
  function scrambledNames(count: number): string[] {
    const names = namesOf(count);
    return names.map((_, index) => names[(index * 7) % count] ?? "");
  }

  test("into the queue, as many as it takes at a time", async () => {
    const t = makeBackend();
    const count = maxOutstanding() + 3;
    const users = scrambledNames(count);
    await makeOldUsers(t, users);
    await look(t);
    await feedLatest(t, "upgrade");
    expect(await latestRun(t, "upgrade")).toMatchObject({ total: count, isCounted: true });
    await feedLatest(t, "upgrade");
    const tasks = await inTables(t, (ctx) => ctx.db.query("job_tasks").take(100));
    expect(tasks.map(({ userId }) => userId)).toEqual(users.reverse().slice(0, maxOutstanding()));
  });

  test("to their new results, as many at a time as are set", async () => {
    vi.stubEnv("JOB_PARALLELISM", "8");
    const t = makeBackend();
    const users = scrambledNames(11);
    await makeOldUsers(t, users);
    await look(t);
    await runToEnd(t, "upgrade");
    const doneAt: number[] = [];
    for (const userId of users.reverse()) {
      doneAt.push((await stateOf(t, userId)).lastRecomputedAt ?? 0);
    }
    expect(Math.min(...doneAt.slice(8))).toBeGreaterThan(Math.max(...doneAt.slice(0, 8)));
  });
});

describe("while an upgrade is at work", () => {
  test("a change of the user's wins, and everything ends current", async () => {
    const t = makeBackend();
    await makeUsers(t, "https://test|ann");
    await storeAsOther(t, "https://test|ann", { by: -1, hasOtherData: true });
    const begun = (await beginQuietRun(t, "https://test|ann", "refresh"))!;
    await ingest(t, "https://test|ann", [watch({ videoId: "meanwhile" })]);
    await wake(t, "https://test|ann");
    expect(await t.mutation(internal.recompute.advance, begun)).toEqual({
      status: "superseded",
      work: null,
    });
    expect(await stateOf(t, "https://test|ann")).toMatchObject({ phase: "scheduled" });
    await settleUsers(t, "https://test|ann");
    await expectCurrent(t, "https://test|ann");
  });

  test("a user whose own run is at work is tried again after it", async () => {
    const t = makeBackend();
    await makeUsers(t, "https://test|ann", "https://test|bob");
    for (const userId of ["https://test|ann", "https://test|bob"])
      await storeAsOther(t, userId, { by: -1 });
    const { _id } = await stateOf(t, "https://test|ann");
    const dueAt = Date.now() + MINUTE_MS;
    await inTables(t, (ctx) => ctx.db.patch("aggregation_state", _id, { phase: "running", dueAt }));
    await look(t);
    await runUntil(t, async () => {
      const { retrying } = await statusOf(t);
      return retrying.length > 0;
    });
    expect(await statusOf(t)).toMatchObject({
      status: "running",
      retrying: [
        {
          userId: "https://test|ann",
          error: "the user's own changes go first; this user is tried again later",
        },
      ],
    });
    vi.setSystemTime(Date.now() + 2 * MINUTE_MS);
    await t.mutation(internal.maintenance.sweep, {});
    expect(await runToEnd(t, "upgrade")).toMatchObject({ total: 2, done: 2, failed: 0 });
    for (const userId of ["https://test|ann", "https://test|bob"]) await expectCurrent(t, userId);
  });

  test("a user whose refresh fails stops nobody, is listed, and is taken up by a later look", async () => {
    const t = makeBackend();
    const users = ["https://test|ann", "https://test|bob", "https://test|eve"];
    await makeUsers(t, ...users);
    for (const userId of users) await storeAsOther(t, userId, { by: -1, hasOtherData: true });
    const settingsId = await inTables(t, (ctx) =>
      ctx.db.insert("user_settings", { userId: "https://test|bob", timeZone: "No/Where" }),
    );
    await look(t);
    await runToEnd(t, "upgrade");
    expect(await statusOf(t)).toMatchObject({
      ...{ status: "done", total: 3, done: 2, failed: 1, counts: { refreshed: 2 } },
      failures: [
        {
          userId: "https://test|bob",
          attempts: 5,
          error: expect.stringContaining("No/Where") as string,
        },
      ],
      next: `npx convex run upgrade:start '{"userIds":["https://test|bob"]}'`,
    });
    for (const userId of ["https://test|ann", "https://test|eve"]) await expectCurrent(t, userId);
    await inTables(t, (ctx) => ctx.db.delete("user_settings", settingsId));
    // Not at every look: who fails would fail every five minutes.
    await look(t);
    expect(await countRuns(t)).toBe(1);
    vi.setSystemTime(Date.now() + 60 * MINUTE_MS);
    await look(t);
    expect(await runToEnd(t, "upgrade")).toMatchObject({ total: 1, done: 1 });
    await expectCurrent(t, "https://test|bob");
  });
});

test("users who turn out to be of older code are not kept waiting by one that failed", async () => {
  const t = makeBackend();
  await makeUsers(t, "https://test|ann", "https://test|bob");
  await storeAsOther(t, "https://test|bob", { by: -1 });
  await inTables(t, (ctx) =>
    ctx.db.insert("user_settings", { userId: "https://test|bob", timeZone: "No/Where" }),
  );
  await look(t);
  expect(await runToEnd(t, "upgrade")).toMatchObject({ total: 1, failed: 1 });
  await storeAsOther(t, "https://test|ann", { by: -1 });
  await look(t);
  expect(await runToEnd(t, "upgrade")).toMatchObject({ total: 2, done: 1, failed: 1 });
  await expectCurrent(t, "https://test|ann");
});

async function statusOf(t: Backend) {
  const status = await t.query(internal.upgrade.status, {});
  if (status.status === "never") throw new Error("there was no upgrade");
  return status;
}
