import { afterEach, describe, expect, test, vi } from "vitest";
import { api, internal } from "../../convex/_generated/api";
import type { Id } from "../../convex/_generated/dataModel";
import { drawUsers, isInSample } from "../../convex/model/jobs/sample";
import {
  build,
  damageResult,
  documentsOf,
  endOf,
  historyOf,
  resultOf,
  stateOf,
  validate,
  validationOf,
  validationStatus,
} from "./damage";
import {
  asUser,
  expectedResults,
  makeIndexedBackend,
  plant,
  runUntil,
  storedResults,
  watch,
  watches,
  type Backend,
} from "./support";

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

async function builtBackend(userIds: readonly string[]): Promise<Backend> {
  const t = await makeIndexedBackend();
  await build(t, userIds, watches(8));
  // So that what is checked from now on is told from what was.
  vi.advanceTimersByTime(60_000);
  return t;
}

async function damage(t: Backend, userId: string): Promise<void> {
  await damageResult(t, userId, "kpi", (data) => ({ ...data, totalVideos: 99 }));
}

/** Users that were checked since the validation has started. */
async function checkedUsers(t: Backend): Promise<string[]> {
  const { startedAt } = await validationStatus(t);
  const rows = await t.run((ctx) => ctx.db.query("user_validations").take(1_000));
  return rows.filter(({ checkedAt }) => (checkedAt ?? 0) >= startedAt).map(({ userId }) => userId);
}

async function validationSamples(t: Backend) {
  const rows = await t.run((ctx) => ctx.db.query("metric_samples").order("desc").take(100));
  return rows.map(({ sample }) => sample).filter(({ kind }) => kind === "validation");
}

function namesOf(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `user${String(index).padStart(3, "0")}`);
}

/** Lists users who have nothing yet, with places of their own among the samples. */
async function listUsers(t: Backend, keys: readonly (number | undefined)[]): Promise<void> {
  await t.run(async (ctx) => {
    for (const [index, sampleKey] of keys.entries()) {
      await ctx.db.insert("aggregation_state", {
        ...{ userId: `user${String(index).padStart(3, "0")}`, phase: "idle", generation: 0 },
        ...{ dueAt: null, attempts: 0, busyRuns: 0, epoch: 0, recordCount: 0, lastSeenAt: 0 },
        ...{ rebuildRequested: false, rerunRequested: false, refreshAt: null },
        ...{ lastRecomputedAt: null, lastError: null },
        ...(sampleKey === undefined ? {} : { sampleKey }),
      });
    }
  });
}

describe("a validation", () => {
  test("is about all users there are: a healthy one beside a damaged one stays equal", async () => {
    const t = await builtBackend(["ann", "bob"]);
    expect(await t.query(internal.validation.status, {})).toEqual({
      status: "never",
      next: "npx convex run validation:start",
    });
    await damage(t, "ann");
    const before = await historyOf(t, "bob");
    const ended = await validate(t);
    expect(ended).toMatchObject({
      ...{ status: "done", total: 2, done: 2, failed: 0, failures: [], retrying: [] },
      counts: { users: 2, compared: 120, equal: 119, differing: 1, stale: 0, faulty: 1 },
      ...{ score: 119 / 120, next: "npm run rollout -- status" },
    });
    expect(ended.differences.map(({ userId }) => userId)).toEqual(["ann"]);
    expect(await validationOf(t, "bob")).toMatchObject({
      ...{ status: "passed", compared: 60, differing: 0 },
      layers: { recordsToSegments: "equal", segmentsToResults: "equal" },
    });
    expect(await historyOf(t, "bob")).toEqual(before);
    expect(await documentsOf(t, "feature_flag_targets", "bob")).toEqual([]);
  });

  test("is about named users alone, each once", async () => {
    const t = await builtBackend(["ann", "bob", "eve"]);
    const ended = await validate(t, { userIds: ["eve", "ann", "eve"] });
    expect(ended).toMatchObject({ total: 2, done: 2, score: 1, counts: { compared: 120 } });
    expect(await checkedUsers(t)).toEqual(["ann", "eve"]);
  });

  test("lists a user who does not exist at once, and goes on with the others", async () => {
    const t = await builtBackend(["ann"]);
    const ended = await validate(t, { userIds: ["nobody", "ann"] });
    expect(ended).toMatchObject({ status: "done", total: 2, done: 1, failed: 1, score: 1 });
    expect(ended.failures).toEqual([
      {
        ...{ userId: "nobody", attempts: 1 },
        error: expect.stringMatching(
          /nobody with the id "nobody" has ever written a rec/,
        ) as string,
      },
    ]);
    expect(ended.finishedAt).toBeLessThan(ended.startedAt + 10_000);
  });

  test("of a deployment without users has no score", async () => {
    const t = await makeIndexedBackend();
    expect(await validate(t)).toMatchObject({ status: "done", total: 0, score: null });
  });

  test("does not pass a user whose results were never built", async () => {
    const t = await makeIndexedBackend();
    await plant(t, "ann", watches(3));
    await t.mutation(internal.backfill.adopt, {});
    await runUntil(t, async () => (await documentsOf(t, "aggregation_state", "ann")).length > 0);
    const ended = await validate(t);
    expect(ended).toMatchObject({ score: null, counts: { compared: 0, segments: 1 } });
    expect(await documentsOf(t, "user_validations", "ann")).toEqual([]);
    expect(await validationSamples(t)).toEqual([]);
    // Nor one whose first build has failed: what is built then is served only once it was checked.
    const ann = { userId: "ann" };
    const begun = await t.mutation(internal.recompute.beginQuietly, { ...ann, plan: "rebuild" });
    const { generation } = begun!;
    await t.mutation(internal.recompute.giveUp, { ...ann, generation, message: "broken" });
    await validate(t);
    expect(await t.action(internal.validation.checkUser, ann)).toMatchObject({
      outcome: "inconclusive",
    });
    expect(await validationOf(t, "ann")).toMatchObject({ status: "pending", checkedAt: null });
  });

  test("that repairs leaves all users equal, and what it found is read as repaired", async () => {
    const t = await builtBackend(["ann", "bob", "eve", "dan"]);
    await damage(t, "ann");
    const { _id } = await resultOf(t, "bob", "kpi");
    await t.run((ctx) => ctx.db.delete("precomputed_aggregations", _id));
    const [segment] = await documentsOf(t, "watch_segments", "dan");
    await t.run((ctx) => ctx.db.delete("watch_segments", segment!._id));
    const eve = await historyOf(t, "eve");
    const ended = await validate(t, { repair: true });
    expect(ended.counts).toMatchObject({ users: 4, faulty: 3, repaired: 3, differing: 2 });
    expect(ended.differences.map((found) => `${found.userId} ${found.fault}`)).toEqual([
      ...["ann value", "bob missing-result", "dan segment-differs"],
    ]);
    expect(ended.differences.every(({ isRepaired }) => isRepaired)).toBe(true);
    expect(await historyOf(t, "eve")).toEqual(eve);
    for (const userId of ["ann", "bob", "eve", "dan"]) {
      expect(await storedResults(t, userId)).toEqual(await expectedResults(t, userId));
      expect(await validationOf(t, userId)).toMatchObject({ status: "passed", differing: 0 });
    }
    expect(await validate(t)).toMatchObject({ score: 1, differences: [], counts: { faulty: 0 } });
  });
});

describe("a user who changes something", () => {
  /** Adds a record whenever none is waiting. */
  async function keepChanging(t: Backend): Promise<void> {
    const waiting = (await documentsOf(t, "data_change_log", "ann")).filter(
      (row) => !row.processed,
    );
    if (waiting.length > 0) return;
    const records = [watch({ videoId: `at ${Date.now()}` })];
    await asUser(t, "ann").mutation(api.watchRecords.ingest, { records });
  }

  test("all the time cannot be validated: the run says so, and blames nobody", async () => {
    const t = await builtBackend(["ann", "bob"]);
    const before = await validationOf(t, "ann");
    await keepChanging(t);
    await t.mutation(internal.validation.start, { repair: true });
    const errors = new Set<string>();
    await runUntil(t, async () => {
      await keepChanging(t);
      const { status, retrying } = await validationStatus(t);
      for (const { userId, attempts, error } of retrying) {
        errors.add(`${userId}, ${attempts}: ${error}`);
      }
      return status !== "running";
    });
    const message = "the user's records or results changed meanwhile: to be tried again";
    expect([...errors]).toEqual([1, 2, 3, 4].map((attempt) => `ann, ${attempt}: ${message}`));
    expect(await validationStatus(t)).toMatchObject({
      ...{ done: 2, failed: 0, failures: [], differences: [], score: 1 },
      counts: { inconclusive: 1, users: 1, compared: 60, equal: 60 },
    });
    expect(await validationOf(t, "ann")).toEqual(before);
    expect(await documentsOf(t, "feature_flag_targets", "ann")).toEqual([]);
  }, 60_000);

  test("and then rests is validated by a later attempt", async () => {
    const t = await builtBackend(["ann"]);
    await keepChanging(t);
    await t.mutation(internal.validation.start, {});
    await runUntil(t, async () => {
      await keepChanging(t);
      return (await validationStatus(t)).retrying.length > 0;
    });
    await endOf(t, "validation");
    const { score, counts } = await validationStatus(t);
    expect({ score, counts }).toMatchObject({ score: 1, counts: { users: 1, compared: 60 } });
  });
});

describe("one validation at a time", () => {
  test("a second one is refused, with how far the first is, and leaves it alone", async () => {
    const t = await builtBackend(["ann"]);
    await t.mutation(internal.validation.start, {});
    await expect(t.mutation(internal.validation.start, { sample: 0.5 })).rejects.toThrow(
      /ALREADY_RUNNING.*\(validation\) has been at work since 2026-03-15T12:/,
    );
    await endOf(t, "validation");
    expect(await validationStatus(t)).toMatchObject({ status: "done", done: 1, score: 1 });
  });

  test("cancelling begins nobody new and keeps what was found; another may start then", async () => {
    const t = await builtBackend(["aaa"]);
    await damage(t, "aaa");
    await listUsers(
      t,
      namesOf(60).map(() => 0.5),
    );
    await t.mutation(internal.validation.start, {});
    await runUntil(t, async () => (await validationStatus(t)).done >= 10);
    await t.mutation(internal.validation.cancel, {});
    const { status, done, differences, next } = await validationStatus(t);
    expect({ status, next }).toEqual({
      ...{ status: "cancelled", next: "npx convex run validation:start" },
    });
    expect(done).toBeLessThan(30);
    expect(differences).toMatchObject([{ userId: "aaa", path: "$.totalVideos" }]);
    expect(await validate(t)).toMatchObject({ status: "done", done: 61 });
    expect(await t.mutation(internal.validation.cancel, {})).toMatchObject({ status: "done" });
  });
});

describe("a sample", () => {
  test("validates who is drawn for the run, and nobody else", async () => {
    const users = namesOf(12);
    const t = await builtBackend(users);
    const ended = await validate(t, { sample: 0.5 });
    const runs = await t.run((ctx) => ctx.db.query("job_runs").take(5));
    const drawn = users.filter((userId) => isInSample(runs[0]!._id, userId, 0.5));
    expect(drawn.length).toBeGreaterThan(0);
    expect(drawn.length).toBeLessThan(12);
    expect(ended).toMatchObject({ total: drawn.length, done: drawn.length, score: 1 });
    expect(await checkedUsers(t)).toEqual(drawn);
  });

  test("draws about its share, for a run always the same users, for another others", () => {
    const users = namesOf(20_000);
    const draw = (runId: string, share: number) => {
      return users.filter((userId) => isInSample(runId, userId, share));
    };
    for (const share of [0.01, 0.1, 0.5]) {
      const wanted = share * users.length;
      expect(Math.abs(draw("run1", share).length - wanted)).toBeLessThan(5 * Math.sqrt(wanted));
    }
    expect(draw("run1", 1)).toEqual(users);
    const first = draw("run1", 0.1);
    expect(draw("run1", 0.1)).toEqual(first);
    const second = new Set(draw("run2", 0.1));
    const inBoth = first.filter((userId) => second.has(userId)).length;
    expect(inBoth).toBeGreaterThan(120);
    expect(inBoth).toBeLessThan(280);
  });

  test("is a share above 0 and up to 1, of all users", async () => {
    const t = await makeIndexedBackend();
    for (const sample of [0, -0.1, 1.01, NaN]) {
      await expect(t.mutation(internal.validation.start, { sample })).rejects.toThrow(
        new RegExp(`INVALID_SETTING.*sample is ${sample}; it must be a share`),
      );
    }
    const named = { sample: 0.5, userIds: ["ann"] };
    await expect(t.mutation(internal.validation.start, named)).rejects.toThrow(
      /INVALID_SETTING.*leave it out where userIds names them/,
    );
    expect(await t.query(internal.validation.status, {})).toMatchObject({ status: "never" });
  });
});

describe("the hourly sample", () => {
  async function sampleHourly(t: Backend) {
    await t.mutation(internal.validation.sampleHourly, {});
    return await t.run((ctx) => ctx.db.query("job_runs").order("desc").take(5));
  }

  test("validates one user at least, and feeds the monitoring", async () => {
    const t = await builtBackend(["ann", "bob", "eve"]);
    await damage(t, "ann");
    await damage(t, "bob");
    await damage(t, "eve");
    const before = await validationSamples(t);
    const drawn = new Set<string>();
    for (let hour = 0; hour < 30 && drawn.size < 3; hour++) {
      await sampleHourly(t);
      await endOf(t, "validation");
      const checked = await checkedUsers(t);
      expect(checked).toHaveLength(1);
      drawn.add(checked[0]!);
      vi.advanceTimersByTime(3_600_000);
    }
    expect([...drawn].sort()).toEqual(["ann", "bob", "eve"]);
    const samples = await validationSamples(t);
    expect(samples.length - before.length).toBeGreaterThanOrEqual(3);
    expect(samples[0]).toEqual({ kind: "validation", compared: 60, differing: 1 });
  });

  test("validates 200 users at most", async () => {
    const t = await makeIndexedBackend();
    await listUsers(
      t,
      Array.from({ length: 250 }, (_, index) => 0.3 + index / 30_000),
    );
    vi.spyOn(Math, "random").mockReturnValue(0.3);
    const [run] = await sampleHourly(t);
    expect(run).toMatchObject({ kind: "validation", total: 200, isOfNamedUsers: true });
  });

  test("draws a hundredth, over the end of the range, and somebody wherever it begins", async () => {
    const t = await makeIndexedBackend();
    await listUsers(
      t,
      Array.from({ length: 1_000 }, (_, index) => index / 1_000),
    );
    const draw = (start: number) => t.run((ctx) => drawUsers(ctx, start, 0.01, 200));
    expect(await draw(0.3005)).toEqual(namesOf(311).slice(301));
    expect((await draw(0.9955)).sort()).toEqual([...namesOf(6), ...namesOf(1_000).slice(996)]);
    const few = await makeIndexedBackend();
    await listUsers(few, [0.2, 0.7]);
    const drawFew = (start: number) => few.run((ctx) => drawUsers(ctx, start, 0.01, 200));
    expect(await drawFew(0.1)).toEqual(["user000"]);
    expect(await drawFew(0.5)).toEqual(["user001"]);
    expect(await drawFew(0.8)).toEqual(["user000"]);
  });

  test("is left out while a validation is at work, and where there is nobody", async () => {
    const t = await makeIndexedBackend();
    expect(await sampleHourly(t)).toEqual([]);
    await build(t, ["ann"], watches(3));
    await t.mutation(internal.validation.start, {});
    expect(await sampleHourly(t)).toHaveLength(1);
    await endOf(t, "validation");
    expect(await sampleHourly(t)).toHaveLength(2);
  });
});

test("of many differences the first fifty are told, and a hundred kept of a user", async () => {
  const t = await builtBackend(["ann"]);
  for (const { _id } of await documentsOf(t, "precomputed_aggregations", "ann")) {
    await t.run((ctx) => ctx.db.patch("precomputed_aggregations", _id, { version: 0 }));
  }
  const { differences } = await validate(t);
  expect(differences).toHaveLength(50);
  const runId = (await t.run((ctx) => ctx.db.query("job_runs").take(1)))[0]!._id;
  expect(await kept(t, runId)).toHaveLength(60);
  expect((await stateOf(t, "ann")).phase).toBe("idle");
});

async function kept(t: Backend, runId: Id<"job_runs">) {
  const rows = await t.run((ctx) => ctx.db.query("validation_differences").take(1_000));
  return rows.filter((row) => row.runId === runId);
}
