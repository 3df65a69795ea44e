import { afterEach, describe, expect, test, vi } from "vitest";
import { api } from "../../convex/_generated/api";
import type { Doc } from "../../convex/_generated/dataModel";
import { inTables, internal } from "../support/reach";
import { latestRun, runToEnd } from "./erasing";
import {
  adopt,
  asUser,
  makeBackend,
  plant,
  runUntil,
  settle,
  watch,
  watches,
  type Backend,
} from "./support";

/** What keeps the runs of jobs moving, and within their places. */

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

const MINUTE_MS = 60_000;
/** Convex allows any number in `durationSeconds`; the engine takes whole ones only. */
const BAD = watch({ videoId: "bad", durationSeconds: 1.5 });

async function plantUsers(t: Backend, count: number): Promise<void> {
  for (let index = 0; index < count; index++)
    await plant(t, `https://test|user${String(index)}`, watches(2));
  await adopt(t);
}

async function tasks(t: Backend): Promise<Doc<"job_tasks">[]> {
  return await inTables(t, (ctx) => ctx.db.query("job_tasks").take(1_000));
}

async function openCauses(t: Backend): Promise<string[]> {
  return (await t.query(internal.monitoring.report, {})).alerts.map(({ cause }) => cause);
}

describe("JOB_PARALLELISM", () => {
  /** What the queue goes by, once a run has queued somebody. */
  async function parallelismOf(t: Backend): Promise<unknown> {
    await t.mutation(internal.backfill.start, { dryRun: true });
    await runToEnd(t, "backfill");
    const found: unknown[] = [];
    await inQueue(t, async (db) => {
      for (const { maxParallelism } of await db.query("globals").take(2)) {
        found.push(maxParallelism);
      }
    });
    return found.length === 1 ? found[0] : found;
  }

  test("sets how many users are in progress at a time; three where it is not set", async () => {
    const t = makeBackend();
    await plantUsers(t, 1);
    expect(await parallelismOf(t)).toBe(3);
    vi.stubEnv("JOB_PARALLELISM", "1");
    expect(await parallelismOf(t)).toBe(1);
    vi.stubEnv("JOB_PARALLELISM", "6");
    expect(await parallelismOf(t)).toBe(6);
  });

  test.each(["0", "-1", "2.5", "many", "", "101"])(
    "opens an alert where it is %j, and is three",
    async (value) => {
      const t = makeBackend();
      vi.stubEnv("JOB_PARALLELISM", value);
      await t.action(internal.monitoring.tick, {});
      expect((await t.query(internal.monitoring.report, {})).alerts).toMatchObject([
        {
          cause: "job-configuration",
          message: `JOB_PARALLELISM is "${value}"; it must be a whole number from 1 to 100; until this is fixed, the default applies`,
        },
      ]);
      await plantUsers(t, 1);
      expect(await parallelismOf(t)).toBe(3);
      vi.stubEnv("JOB_PARALLELISM", "4");
      await t.action(internal.monitoring.tick, {});
      expect(await openCauses(t)).toEqual([]);
    },
  );
});

describe("looking after runs", () => {
  /** A run with one user in the queue, which then forgets all it knows. */
  async function queueAndForget(t: Backend): Promise<Doc<"job_tasks">> {
    await plantUsers(t, 1);
    await t.mutation(internal.backfill.start, {});
    await runUntil(t, async () => (await tasks(t)).length > 0);
    const [task] = await tasks(t);
    await inQueue(t, async (db) => {
      for (const table of ["work", "pendingStart", "pendingCompletion"]) {
        for (const { _id } of await db.query(table).take(100)) await db.delete(table, _id);
      }
    });
    return task!;
  }

  test("an end that still waits for its turn is not taken for lost", async () => {
    const t = makeBackend();
    const { workId } = await queueAndForget(t);
    // As where every place for scheduled functions has been taken for a while.
    vi.setSystemTime(Date.now() + 3 * MINUTE_MS);
    const result = { kind: "success" as const, returnValue: { counts: { records: 77 } } };
    await t.mutation(async (ctx) => {
      await ctx.scheduler.runAfter(0, internal.jobs.complete, {
        ...{ workId: workId!, context: null, result },
      });
    });
    await t.mutation(internal.jobs.watch, {});
    expect(await runToEnd(t, "backfill")).toMatchObject({ done: 1, counts: { records: 77 } });
  });

  test("work that is lost is queued again", async () => {
    const t = makeBackend();
    await queueAndForget(t);
    vi.setSystemTime(Date.now() + 3 * MINUTE_MS);
    await t.mutation(internal.jobs.watch, {});
    await runUntil(t, async () => (await tasks(t))[0]?.attempts === 1);
    expect(await runToEnd(t, "backfill")).toMatchObject({ done: 1, counts: { records: 2 } });
  });

  test("a step that is lost is scheduled again, one that is pending is not", async () => {
    const t = makeBackend();
    await plantUsers(t, 3);
    await t.mutation(internal.backfill.start, {});
    await runUntil(t, async () => (await tasks(t)).length > 0);
    const { stepId } = await latestRun(t, "backfill");
    vi.setSystemTime(Date.now() + 3 * MINUTE_MS);
    await t.mutation(internal.jobs.watch, {});
    expect((await latestRun(t, "backfill")).stepId).toBe(stepId);
    await t.mutation(async (ctx) => await ctx.scheduler.cancel(stepId!));
    await t.mutation(internal.jobs.watch, {});
    expect((await latestRun(t, "backfill")).stepId).not.toBe(stepId);
    expect(await runToEnd(t, "backfill")).toMatchObject({ status: "done", done: 3 });
  });
});

test("nothing is scheduled any more once a run is over", async () => {
  const t = makeBackend();
  await plantUsers(t, 2);
  await t.mutation(internal.backfill.start, {});
  await t.mutation(internal.backfill.cancel, {});
  await settle(t);
  expect(await latestRun(t, "backfill")).toMatchObject({ outstanding: 0, stepId: null });
  expect(await tasks(t)).toEqual([]);
  expect(await inTables(t, (ctx) => ctx.db.query("job_ends").take(10))).toEqual([]);
});

test("users who failed open an alert at once; another run of the kind closes it", async () => {
  const t = makeBackend();
  await plant(t, "https://test|ann", [BAD]);
  await adopt(t);
  await t.mutation(internal.backfill.start, {});
  await runToEnd(t, "backfill");
  expect((await t.query(internal.monitoring.report, {})).alerts).toMatchObject([
    {
      cause: "jobs-failed",
      message: "users failed after all attempts: 1 in the backfill (jobs:status lists them)",
    },
  ]);
  await t.mutation(internal.drift.start, { userIds: ["https://test|ann"] });
  await runToEnd(t, "drift");
  expect(await openCauses(t)).toEqual(["jobs-failed"]);
  await t.mutation(internal.backfill.start, { dryRun: true });
  expect(await openCauses(t)).toEqual([]);
});

test("a check that still waits for its turn is not asked for again", async () => {
  const t = makeBackend();
  await asUser(t, "https://test|ann").mutation(api.watchRecords.ingest, { records: watches(3) });
  await runUntil(t, async () => (await pendingChecks(t)) > 0);
  for (let minute = 0; minute < 12; minute++) {
    vi.setSystemTime(Date.now() + MINUTE_MS);
    await t.action(internal.monitoring.tick, {});
  }
  expect(await pendingChecks(t)).toBe(1);
});

async function pendingChecks(t: Backend): Promise<number> {
  const scheduled = await inTables(t, (ctx) =>
    ctx.db.system.query("_scheduled_functions").take(1_000),
  );
  return scheduled.filter(
    ({ name, state }) => name.includes("checkUser") && state.kind === "pending",
  ).length;
}

interface QueueDocument {
  _id: string;
  maxParallelism?: number;
}

interface QueueDatabase {
  query: (table: string) => { take: (count: number) => Promise<QueueDocument[]> };
  delete: (table: string, id: string) => Promise<void>;
}

/** Changes what the queue knows. Its tables are not part of this project's data model. */
async function inQueue(t: Backend, change: (db: QueueDatabase) => Promise<void>): Promise<void> {
  const access = t as unknown as {
    runInComponent: (
      path: string,
      handler: (ctx: { db: QueueDatabase }) => Promise<void>,
    ) => Promise<void>;
  };
  await access.runInComponent("workpool", async ({ db }) => await change(db));
}
