import { afterEach, describe, expect, test, vi } from "vitest";
import { maxOutstanding } from "../../convex/model/jobs/pool";
import { api } from "../../convex/_generated/api";
import type { Id, TableNames } from "../../convex/_generated/dataModel";
import { inTables, internal } from "../support/reach";
import { beginQuietRun, wake } from "../support/runs";
import {
  adopt,
  asUser,
  backfillStatus,
  expectCorrect,
  makeBackend,
  plant,
  runUntil,
  findState,
  stateOf,
  storedResults,
  watch,
  watches,
  type Backend,
} from "./support";

afterEach(() => vi.useRealTimers());

const SECOND_MS = 1_000;
/** Convex allows any number in `durationSeconds`; the engine takes whole ones only. */
const BAD = watch({ videoId: "bad", durationSeconds: 1.5 });

async function isOver(t: Backend): Promise<boolean> {
  return (await backfillStatus(t)).status !== "running";
}

async function backfill(t: Backend, args: { userIds?: string[]; dryRun?: boolean } = {}) {
  await t.mutation(internal.backfill.start, args);
  await runUntil(t, () => isOver(t));
  return await backfillStatus(t);
}

async function plantUsers(t: Backend, userIds: readonly string[], count = 5): Promise<void> {
  for (const userId of userIds) await plant(t, userId, watches(count));
  await adopt(t);
}

function namesOf(count: number): string[] {
  return Array.from(
    { length: count },
    (_, index) => `https://test|user${String(index).padStart(3, "0")}`,
  );
}

async function count(t: Backend, table: TableNames) {
  return (await inTables(t, (ctx) => ctx.db.query(table).take(1_000))).length;
}

describe("a backfill", () => {
  test("builds the results of all users there are, and checks them", async () => {
    const t = makeBackend();
    await plantUsers(t, ["https://test|ann", "https://test|bob", "https://test|eve"]);
    expect(await backfill(t)).toMatchObject({
      ...{ status: "done", total: 3, done: 3, failed: 0, failures: [], retrying: [] },
      counts: { records: 15 },
      remainingMs: null,
      next: "npx convex run validation:start",
    });
    for (const userId of ["https://test|ann", "https://test|bob", "https://test|eve"])
      await expectCorrect(t, userId);
    const checked = await inTables(t, (ctx) => ctx.db.query("user_validations").take(10));
    expect(checked.map((row) => row.status)).toEqual(["passed", "passed", "passed"]);
  });

  test("builds only the users that are named, each once", async () => {
    const t = makeBackend();
    await plantUsers(t, ["https://test|ann", "https://test|bob", "https://test|eve"]);
    const ended = await backfill(t, {
      userIds: ["https://test|eve", "https://test|ann", "https://test|eve"],
    });
    expect(ended).toMatchObject({ total: 2, done: 2 });
    await expectCorrect(t, "https://test|ann");
    expect(await storedResults(t, "https://test|bob")).toEqual({});
  });

  test("heals what was damaged: it trusts nothing but the records", async () => {
    const t = makeBackend();
    await asUser(t, "https://test|ann").mutation(api.watchRecords.ingest, { records: watches(20) });
    await runUntil(t, async () => (await findState(t, "https://test|ann"))?.phase === "idle");
    await inTables(t, async (ctx) => {
      for (const { _id } of await ctx.db.query("watch_segments").take(10)) {
        await ctx.db.delete("watch_segments", _id);
      }
      for (const row of await ctx.db.query("precomputed_aggregations").take(7)) {
        await ctx.db.delete("precomputed_aggregations", row._id);
      }
    });
    await backfill(t);
    await expectCorrect(t, "https://test|ann");
    expect(await count(t, "precomputed_aggregations")).toBe(60);
  });

  test("goes on past a user that fails, keeps why, and lists them at the end", async () => {
    const t = makeBackend();
    const users = namesOf(10);
    for (const userId of users) await plant(t, userId, watches(3));
    await plant(t, "https://test|user005", [BAD]);
    await adopt(t);
    const ended = await backfill(t);
    expect(ended).toMatchObject({ status: "done", total: 10, done: 9, failed: 1 });
    expect(ended.failures).toEqual([
      {
        userId: "https://test|user005",
        attempts: 5,
        error: "durationSeconds is 1.5; it must be a whole number, 0 or more",
      },
    ]);
    expect(ended.next).toBe(`npx convex run backfill:start '{"userIds":["https://test|user005"]}'`);
    expect(await stateOf(t, "https://test|user005")).toMatchObject({
      phase: "idle",
      lastError: { message: expect.stringContaining("durationSeconds is 1.5") as string },
    });
    for (const userId of users.filter((name) => name !== "https://test|user005"))
      await expectCorrect(t, userId);
  });

  test("tries a user that fails again, later each time, and shows it meanwhile", async () => {
    const t = makeBackend();
    await plant(t, "https://test|ann", [BAD]);
    await adopt(t);
    await t.mutation(internal.backfill.start, {});
    const failedAt: number[] = [];
    await runUntil(t, async () => {
      const { retrying } = await backfillStatus(t);
      if ((retrying[0]?.attempts ?? 0) > failedAt.length) failedAt.push(Date.now());
      return await isOver(t);
    });
    const waitedMs = failedAt.slice(1).map((at, index) => at - (failedAt[index] ?? 0));
    expect(waitedMs).toHaveLength(4);
    [1, 4, 16, 64].forEach((seconds, index) => {
      // The queue spreads its tries from half to one and a half times that.
      expect(waitedMs[index]).toBeGreaterThan(0.5 * seconds * SECOND_MS);
      expect(waitedMs[index]).toBeLessThan((1.5 * seconds + 2) * SECOND_MS);
    });
  });

  test("promises no time left where only those are left that are tried again", async () => {
    const t = makeBackend();
    await plantUsers(t, ["https://test|ann", "https://test|bob"]);
    await plant(t, "https://test|eve", [BAD]);
    await adopt(t);
    await t.mutation(internal.backfill.start, {});
    await runUntil(t, async () => {
      const { done, retrying } = await backfillStatus(t);
      return done === 2 && retrying.length === 1;
    });
    const { usersPerSecond, remainingMs } = await backfillStatus(t);
    expect(usersPerSecond).toBeGreaterThan(0);
    expect(remainingMs).toBeNull();
  });

  test("hints at the users that failed in words a shell takes as they are", async () => {
    const t = makeBackend();
    await plant(t, "o'neill", [BAD]);
    await adopt(t);
    const { next } = await backfill(t);
    expect(next).toBe(String.raw`npx convex run backfill:start '{"userIds":["o'\''neill"]}'`);
  });

  test("takes a user up again once what was wrong is right", async () => {
    const t = makeBackend();
    await plant(t, "https://test|ann", [...watches(3), BAD]);
    await adopt(t);
    await t.mutation(internal.backfill.start, {});
    await runUntil(t, async () => (await backfillStatus(t)).retrying.length > 0);
    await inTables(t, async (ctx) => {
      for (const record of await ctx.db.query("watch_records").take(10)) {
        await ctx.db.patch("watch_records", record._id, { durationSeconds: 2 });
      }
    });
    await runUntil(t, () => isOver(t));
    expect(await backfillStatus(t)).toMatchObject({ done: 1, failed: 0, retrying: [] });
    await expectCorrect(t, "https://test|ann");
  });

  test("says at once that a named user does not exist", async () => {
    const t = makeBackend();
    await plantUsers(t, ["https://test|ann"]);
    const ended = await backfill(t, { userIds: ["https://test|ann", "https://test|nobody"] });
    expect(ended).toMatchObject({ done: 1, failed: 1 });
    expect(ended.failures).toMatchObject([
      {
        userId: "https://test|nobody",
        attempts: 1,
        error: expect.stringMatching(/^Nothing was changed: no user with the id/) as string,
      },
    ]);
    expect(ended.finishedAt).toBeLessThan(ended.startedAt + 10 * SECOND_MS);
  });

  test("of a deployment without users ends at once", async () => {
    const t = makeBackend();
    expect(await backfill(t)).toMatchObject({ status: "done", total: 0, done: 0 });
  });
});

describe("one backfill at a time", () => {
  test("a second one is refused, with how far the first is, and leaves it alone", async () => {
    const t = makeBackend();
    await plantUsers(t, ["https://test|ann"]);
    await t.mutation(internal.backfill.start, {});
    await expect(t.mutation(internal.backfill.start, {})).rejects.toThrow(
      /ALREADY_RUNNING.*\(backfill\) has been at work since 2026-03-15T12:00/,
    );
    await runUntil(t, () => isOver(t));
    expect(await backfillStatus(t)).toMatchObject({ status: "done", done: 1 });
    expect(await backfill(t)).toMatchObject({ status: "done", done: 1 });
  });

  test("a validation may run beside it", async () => {
    const t = makeBackend();
    await plantUsers(t, ["https://test|ann"]);
    await t.mutation(internal.backfill.start, {});
    await t.mutation(internal.validation.start, {});
    await runUntil(t, () => isOver(t));
  });

  test("more named users than allowed, and empty names, are refused by number and bound", async () => {
    const t = makeBackend();
    const start = (userIds: string[]) => t.mutation(internal.backfill.start, { userIds });
    await expect(start(namesOf(1_001))).rejects.toThrow(
      /BATCH_TOO_LARGE.*1001 entries; at most 1000/,
    );
    await expect(start([])).rejects.toThrow(/NOT_FOUND.*userIds must name users/);
    await expect(start([""])).rejects.toThrow(/NOT_FOUND/);
    expect(await t.query(internal.backfill.status, {})).toEqual({
      status: "never",
      next: "npx convex run backfill:start",
    });
  });
});

describe("cancelling", () => {
  test("begins nobody new; who is done stays done; another backfill may start", async () => {
    const t = makeBackend();
    const users = namesOf(40);
    await plantUsers(t, users, 2);
    await t.mutation(internal.backfill.start, {});
    await runUntil(t, async () => (await backfillStatus(t)).done >= 4);
    await t.mutation(internal.backfill.cancel, {});
    expect(await backfillStatus(t)).toMatchObject({
      status: "cancelled",
      next: "npx convex run backfill:start",
    });
    // The last ones end, and are added up.
    await runUntil(t, async () => (await tasks(t)).length + (await count(t, "job_ends")) === 0);
    const { done } = await backfillStatus(t);
    expect(done).toBeLessThan(24);
    const built = await Promise.all(users.map((userId) => storedResults(t, userId)));
    expect(built.filter((results) => Object.keys(results).length === 10)).toHaveLength(done);
    expect(await backfill(t)).toMatchObject({ status: "done", done: 40 });
    for (const userId of users) await expectCorrect(t, userId);
  });

  test("without a backfill at work changes nothing", async () => {
    const t = makeBackend();
    expect(await t.mutation(internal.backfill.cancel, {})).toMatchObject({ status: "never" });
    await backfill(t);
    expect(await t.mutation(internal.backfill.cancel, {})).toMatchObject({ status: "done" });
  });
});

async function tasks(t: Backend) {
  return await inTables(t, (ctx) => ctx.db.query("job_tasks").take(1_000));
}

test("a dry run counts users and records, and builds nothing", async () => {
  const t = makeBackend();
  await plantUsers(t, ["https://test|ann", "https://test|bob"], 7);
  const ended = await backfill(t, { dryRun: true });
  expect(ended).toMatchObject({
    ...{ status: "done", total: 2, done: 2 },
    counts: { users: 2, records: 14 },
    options: { isDryRun: true },
    next: "npx convex run backfill:start",
  });
  for (const table of ["precomputed_aggregations", "watch_segments"] as const) {
    expect(await count(t, table)).toBe(0);
  }
  expect(await stateOf(t, "https://test|ann")).toMatchObject({ epoch: 0, lastRecomputedAt: null });
});

test("a dry run fails for a user who does not exist, as the backfill would", async () => {
  const t = makeBackend();
  const ended = await backfill(t, { dryRun: true, userIds: ["https://test|nobody"] });
  expect(ended).toMatchObject({ status: "done", total: 1, done: 0, failed: 1 });
});

describe("adoption", () => {
  test("lists users whose records were there before, and only those", async () => {
    const t = makeBackend();
    await asUser(t, "https://test|bob").mutation(api.watchRecords.ingest, { records: watches(3) });
    await wake(t, "https://test|bob");
    for (const userId of ["https://test|ann", "https://test|eve"])
      await plant(t, userId, watches(600));
    await adopt(t);
    expect(await t.query(internal.jobs.status, { kind: "adoption" })).toMatchObject({
      ...{ status: "done", total: 3, done: 3, counts: { adopted: 2 } },
      next: "npx convex run backfill:start",
    });
    await adopt(t);
    expect(await t.query(internal.jobs.status, { kind: "adoption" })).toMatchObject({
      counts: { adopted: 0 },
    });
  });

  test("takes more users than fit one transaction", async () => {
    const t = makeBackend();
    const users = namesOf(700);
    for (let start = 0; start < users.length; start += 100) {
      await inTables(t, async (ctx) => {
        for (const userId of users.slice(start, start + 100)) {
          const { product: _product, topics, ...fields } = watch();
          await ctx.db.insert("watch_records", {
            ...{ ...fields, userId, recordKey: "00", product: "YouTube" },
            ...{ topics: topics ?? [], durationSeconds: null },
          });
        }
      });
    }
    await adopt(t);
    expect(await t.query(internal.jobs.status, { kind: "adoption" })).toMatchObject({
      ...{ done: 700, counts: { adopted: 700 } },
    });
  });
});

describe("progress", () => {
  test("tells rate and time left while it works, by the clock of its own marks", async () => {
    const t = makeBackend();
    await plantUsers(t, namesOf(30), 1);
    await t.mutation(internal.backfill.start, {});
    await runUntil(t, async () => (await backfillStatus(t)).done >= 16);
    const { done, total, usersPerSecond, remainingMs, updatedAt, startedAt } =
      await backfillStatus(t);
    const perSecond = done / ((updatedAt - startedAt) / SECOND_MS);
    expect(usersPerSecond).toBeCloseTo(perSecond, 6);
    expect(remainingMs).toBeCloseTo(((total - done) / perSecond) * SECOND_MS, 3);
  });

  test("only a few users are queued and at work at a time", async () => {
    const t = makeBackend();
    const users = maxOutstanding() + 10;
    await plantUsers(t, namesOf(users), 1);
    await t.mutation(internal.backfill.start, {});
    let most = 0;
    let mostRunning = 0;
    await runUntil(t, async () => {
      most = Math.max(most, (await tasks(t)).length);
      const states = await inTables(t, (ctx) => ctx.db.query("aggregation_state").take(100));
      const running = states.filter(({ phase }) => phase === "running").length;
      mostRunning = Math.max(mostRunning, running);
      return await isOver(t);
    });
    expect(most).toBe(maxOutstanding());
    expect(mostRunning).toBeLessThanOrEqual(8);
    expect(await backfillStatus(t)).toMatchObject({ done: users, total: users });
  });

  test("an end that is told twice is counted once", async () => {
    const t = makeBackend();
    await plantUsers(t, ["https://test|ann", "https://test|bob"]);
    await t.mutation(internal.backfill.start, {});
    await runUntil(t, async () => (await tasks(t)).some(({ status }) => status === "queued"));
    const queued = await tasks(t);
    await runUntil(t, () => isOver(t));
    for (const { workId } of queued) {
      const result = { kind: "success" as const, returnValue: { counts: { records: 5 } } };
      await t.mutation(internal.jobs.complete, { workId: asWorkId(workId), context: null, result });
    }
    expect(await backfillStatus(t)).toMatchObject({ done: 2, counts: { records: 10 } });
  });
});

function asWorkId(workId: string | null) {
  if (workId === null) throw new Error("not queued");
  return workId as string & { __isWorkId: true }; // as the queue gave it
}

describe("crash anywhere, nothing lost", () => {
  test("a user whose work was lost with the queue is queued again", async () => {
    const t = makeBackend();
    await plantUsers(t, namesOf(20), 1);
    await t.mutation(internal.backfill.start, {});
    await runUntil(t, async () => (await backfillStatus(t)).done >= 5);
    await forgetQueue(t);
    // Nothing moves any more until somebody looks after it.
    vi.setSystemTime(Date.now() + 3 * 60 * SECOND_MS);
    await t.mutation(internal.jobs.watch, {});
    await runUntil(t, () => isOver(t));
    expect(await backfillStatus(t)).toMatchObject({
      status: "done",
      total: 20,
      done: 20,
      failed: 0,
    });
    for (const userId of namesOf(20)) await expectCorrect(t, userId);
  });

  test("a user whose work is lost again and again is given up, and listed", async () => {
    const t = makeBackend();
    await plantUsers(t, ["https://test|ann"]);
    await t.mutation(internal.backfill.start, {});
    for (let times = 0; times < 5; times++) {
      await runUntil(t, async () => {
        const [task] = await tasks(t);
        return task?.attempts === times && task.workId !== null;
      });
      await forgetQueue(t);
      vi.setSystemTime(Date.now() + 3 * 60 * SECOND_MS);
      await t.mutation(internal.jobs.watch, {});
    }
    await runUntil(t, () => isOver(t));
    expect(await backfillStatus(t)).toMatchObject({
      ...{ status: "done", failed: 1 },
      failures: [
        { userId: "https://test|ann", error: expect.stringMatching(/work was lost/) as string },
      ],
    });
  });

  test("a build that died with its lease is done again", async () => {
    const t = makeBackend();
    await plantUsers(t, ["https://test|ann"], 30);
    // Begun, and never heard of again: as an action that is killed in a deploy.
    const begun = await t.mutation(internal.quietRuns.begin, {
      userId: "https://test|ann",
      plan: "rebuild",
    });
    expect(begun).not.toBeNull();
    expect(await stateOf(t, "https://test|ann")).toMatchObject({ phase: "running" });
    expect(await backfill(t)).toMatchObject({ done: 1, failed: 0 });
    await expectCorrect(t, "https://test|ann");
  });

  test("what a cancelled build has left is deleted by the next", async () => {
    const t = makeBackend();
    await plantUsers(t, ["https://test|ann"], 30);
    await backfill(t);
    const before = await count(t, "watch_segments");
    const begun = await beginQuietRun(t, "https://test|ann", "rebuild");
    await t.mutation(internal.recompute.advance, begun!);
    expect(await count(t, "watch_segments")).toBeGreaterThan(before);
    await backfill(t);
    await runUntil(t, async () => (await count(t, "watch_segments")) === before);
    await expectCorrect(t, "https://test|ann");
  });
});

/** All that the queue knows is gone, and the functions it has scheduled with it. */
async function forgetQueue(t: Backend): Promise<void> {
  // The component's tables are not part of this project's data model.
  const inComponent = (t as unknown as ComponentAccess).runInComponent.bind(t);
  await inComponent("workpool", async ({ db }) => {
    for (const table of ["work", "pendingStart", "pendingCompletion"]) {
      for (const { _id } of await db.query(table).take(1_000)) await db.delete(table, _id);
    }
    const states = await db.query("internalState").take(1);
    for (const { _id } of states) await db.patch("internalState", _id, { running: [] });
  });
}

interface ComponentAccess {
  runInComponent: (
    path: string,
    handler: (ctx: {
      db: {
        query: (table: string) => { take: (count: number) => Promise<{ _id: Id<"job_runs"> }[]> };
        delete: (table: string, id: string) => Promise<void>;
        patch: (table: string, id: string, changes: object) => Promise<void>;
      };
    }) => Promise<void>,
  ) => Promise<void>;
}

test("old runs are deleted with all they have left, the latest 20 are kept", async () => {
  const t = makeBackend();
  await plantUsers(t, ["https://test|ann"]);
  for (let index = 0; index < 22; index++) {
    await backfill(t, { userIds: index === 0 ? ["https://test|nobody"] : ["https://test|ann"] });
    if (index === 19) expect(await tasks(t)).toHaveLength(1);
  }
  const runs = await inTables(t, (ctx) => ctx.db.query("job_runs").take(100));
  expect(runs.filter(({ kind }) => kind === "backfill")).toHaveLength(20);
  expect(await tasks(t)).toEqual([]);
});
