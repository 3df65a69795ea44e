import type { FunctionReturnType } from "convex/server";
import { afterEach, describe, expect, test, vi } from "vitest";
import { api } from "../../convex/_generated/api";
import { inTables, internal } from "../support/reach";
import {
  build,
  checkedUsers,
  damageResult,
  documentsOf,
  endOf,
  historyOf,
  listUsers,
  namesOf,
  resultOf,
  validate,
  validationOf,
  validationSamples,
  validationStatus,
} from "./damage";
import {
  ALL,
  asUser,
  atEachStep,
  expectedResults,
  keep,
  makeBackend,
  plant,
  runUntil,
  storedResults,
  watch,
  watches,
  type Backend,
} from "./support";

afterEach(() => vi.useRealTimers());

async function builtBackend(userIds: readonly string[]): Promise<Backend> {
  const t = makeBackend();
  await build(t, userIds, watches(8));
  // So that what is checked from now on is told from what was.
  vi.advanceTimersByTime(60_000);
  return t;
}

async function damage(t: Backend, userId: string): Promise<void> {
  await damageResult(t, userId, "kpi", (data) => ({ ...data, totalVideos: 99 }));
}

describe("a validation", () => {
  test("is about all users there are: a healthy one beside a damaged one stays equal", async () => {
    const t = await builtBackend(["https://test|ann", "https://test|bob"]);
    expect(await t.query(internal.validation.status, {})).toEqual({
      status: "never",
      next: "npx convex run validation:start",
    });
    await damage(t, "https://test|ann");
    const before = await historyOf(t, "https://test|bob");
    const ended = await validate(t);
    expect(ended).toMatchObject({
      ...{ status: "done", total: 2, done: 2, failed: 0, failures: [], retrying: [] },
      counts: { users: 2, compared: 120, equal: 119, differing: 1, stale: 0, faulty: 1 },
      ...{ score: 119 / 120, next: "npm run rollout -- status" },
    });
    expect(ended.differences.map(({ userId }) => userId)).toEqual(["https://test|ann"]);
    expect(await validationOf(t, "https://test|bob")).toMatchObject({
      ...{ status: "passed", compared: 60, differing: 0 },
      layers: { recordsToSegments: "equal", segmentsToResults: "equal" },
    });
    expect(await historyOf(t, "https://test|bob")).toEqual(before);
    expect(await documentsOf(t, "feature_flag_targets", "https://test|bob")).toEqual([]);
  });

  test("is about named users alone, each once", async () => {
    const t = await builtBackend(["https://test|ann", "https://test|bob", "https://test|eve"]);
    const ended = await validate(t, {
      userIds: ["https://test|eve", "https://test|ann", "https://test|eve"],
    });
    expect(ended).toMatchObject({ total: 2, done: 2, score: 1, counts: { compared: 120 } });
    expect(await checkedUsers(t)).toEqual(["https://test|ann", "https://test|eve"]);
  });

  test("lists a user who does not exist at once, and goes on with the others", async () => {
    const t = await builtBackend(["https://test|ann"]);
    const ended = await validate(t, { userIds: ["https://test|nobody", "https://test|ann"] });
    expect(ended).toMatchObject({ status: "done", total: 2, done: 1, failed: 1, score: 1 });
    expect(ended.failures).toEqual([
      {
        ...{ userId: "https://test|nobody", attempts: 1 },
        error: expect.stringContaining(
          'no user with the id "https://test|nobody" has any records',
        ) as string,
      },
    ]);
    expect(ended.finishedAt).toBeLessThan(ended.startedAt + 10_000);
  });

  test("of a deployment without users has no score", async () => {
    const t = makeBackend();
    expect(await validate(t)).toMatchObject({ status: "done", total: 0, score: null });
  });

  test("does not pass a user whose results were never built", async () => {
    const t = makeBackend();
    await plant(t, "https://test|ann", watches(3));
    await t.mutation(internal.backfill.adopt, {});
    await runUntil(
      t,
      async () => (await documentsOf(t, "aggregation_state", "https://test|ann")).length > 0,
    );
    const ended = await validate(t);
    expect(ended).toMatchObject({ score: null, counts: { compared: 0, segments: 1 } });
    expect(await documentsOf(t, "user_validations", "https://test|ann")).toEqual([]);
    expect(await validationSamples(t)).toEqual([]);
    // Nor one whose first build has failed: what is built then is served only once it was checked.
    const ann = { userId: "https://test|ann" };
    const generation = (await t.mutation(internal.quietRuns.begin, { ...ann, plan: "rebuild" }))!;
    await t.mutation(internal.quietRuns.giveUp, { ...ann, generation, message: "broken" });
    await validate(t);
    expect(await t.action(internal.validation.checkUser, ann)).toMatchObject({
      outcome: "inconclusive",
    });
    expect(await validationOf(t, "https://test|ann")).toMatchObject({
      status: "pending",
      checkedAt: null,
    });
  });

  test("that repairs leaves all users equal, and what it found is read as repaired", async () => {
    const t = await builtBackend([
      "https://test|ann",
      "https://test|bob",
      "https://test|eve",
      "https://test|dan",
    ]);
    await damage(t, "https://test|ann");
    const { _id } = await resultOf(t, "https://test|bob", "kpi");
    await inTables(t, (ctx) => ctx.db.delete("precomputed_aggregations", _id));
    const [segment] = await documentsOf(t, "watch_segments", "https://test|dan");
    await inTables(t, (ctx) => ctx.db.delete("watch_segments", segment!._id));
    const eve = await historyOf(t, "https://test|eve");
    const ended = await validate(t, { repair: true });
    expect(ended.counts).toMatchObject({ users: 4, faulty: 3, repaired: 3, differing: 2 });
    expect(ended.differences.map((found) => `${found.userId} ${found.fault}`)).toEqual([
      ...["ann value", "bob missing-result", "dan segment-differs"].map(
        (found) => `https://test|${found}`,
      ),
    ]);
    expect(ended.differences.every(({ isRepaired }) => isRepaired)).toBe(true);
    expect(await historyOf(t, "https://test|eve")).toEqual(eve);
    for (const userId of [
      "https://test|ann",
      "https://test|bob",
      "https://test|eve",
      "https://test|dan",
    ]) {
      expect(await storedResults(t, userId)).toEqual(await expectedResults(t, userId));
      expect(await validationOf(t, userId)).toMatchObject({ status: "passed", differing: 0 });
    }
    expect(await validate(t)).toMatchObject({ score: 1, differences: [], counts: { faulty: 0 } });
  });
});

describe("a user who changes something", () => {
  /** Adds a record whenever none is waiting. */
  async function keepChanging(t: Backend): Promise<void> {
    const waiting = (await documentsOf(t, "data_change_log", "https://test|ann")).filter(
      (row) => !row.processed,
    );
    if (waiting.length > 0) return;
    const records = [watch({ videoId: `at ${Date.now()}` })];
    await asUser(t, "https://test|ann").mutation(api.watchRecords.ingest, { records });
  }

  test("all the time cannot be validated: the run says so, and blames nobody", async () => {
    const t = await builtBackend(["https://test|ann", "https://test|bob"]);
    const before = await validationOf(t, "https://test|ann");
    await keepChanging(t);
    await t.mutation(internal.validation.start, { repair: true });
    const errors = new Set<string>();
    await atEachStep(t, async () => {
      await keepChanging(t);
      const { status, retrying } = await validationStatus(t);
      for (const { userId, attempts, error } of retrying) {
        errors.add(`${userId}, ${attempts}: ${error}`);
      }
      return status !== "running";
    });
    const message = "the user's records or results changed meanwhile: this will be retried";
    expect([...errors]).toEqual(
      [1, 2, 3, 4].map((attempt) => `https://test|ann, ${attempt}: ${message}`),
    );
    expect(await validationStatus(t)).toMatchObject({
      ...{ done: 2, failed: 0, failures: [], differences: [], score: 1 },
      counts: { inconclusive: 1, users: 1, compared: 60, equal: 60 },
      left: [
        {
          userId: "https://test|ann",
          attempts: 4,
          error: expect.stringMatching(/changed every time/) as string,
        },
      ],
    });
    expect(await validationOf(t, "https://test|ann")).toEqual(before);
    expect(await documentsOf(t, "feature_flag_targets", "https://test|ann")).toEqual([]);
  }, 60_000);

  test("and then rests is validated by a later attempt", async () => {
    const t = await builtBackend(["https://test|ann"]);
    await keepChanging(t);
    await t.mutation(internal.validation.start, {});
    await atEachStep(t, async () => {
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
    const t = await builtBackend(["https://test|ann"]);
    await t.mutation(internal.validation.start, {});
    await expect(t.mutation(internal.validation.start, { sample: 0.5 })).rejects.toThrow(
      /ALREADY_RUNNING.*\(validation\) has been at work since 2026-03-15T12:/,
    );
    await endOf(t, "validation");
    expect(await validationStatus(t)).toMatchObject({ status: "done", done: 1, score: 1 });
  });

  test("cancelling begins nobody new and keeps what was found; another may start then", async () => {
    const t = await builtBackend(["https://test|aaa"]);
    await damage(t, "https://test|aaa");
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
    expect(differences).toMatchObject([{ userId: "https://test|aaa", path: "$.totalVideos" }]);
    expect(await validate(t)).toMatchObject({ status: "done", done: 61 });
    expect(await t.mutation(internal.validation.cancel, {})).toMatchObject({ status: "done" });
  });
});

test("of many differences the first fifty are told, and a hundred kept of a user", async () => {
  const t = await builtBackend(["https://test|ann"]);
  for (let index = 0; index < 6; index++) {
    await keep(t, "https://test|ann", { ...ALL, topics: [`Topic ${index}`] });
  }
  for (const { _id } of await documentsOf(t, "precomputed_aggregations", "https://test|ann")) {
    await inTables(t, (ctx) => ctx.db.patch("precomputed_aggregations", _id, { version: 0 }));
  }
  const { differences, counts } = await validate(t);
  expect(counts).toMatchObject({ compared: 120, stale: 120 });
  expect(differences).toHaveLength(50);
  const first = await t.query(internal.validation.differences, {});
  expect(first.differences).toHaveLength(100);
  expect(first.differences.slice(0, 50)).toEqual(differences);
  expect(first.cursor).toBeNull();
  const ofBob = await t.query(internal.validation.differences, { userId: "https://test|bob" });
  expect(ofBob).toEqual({ differences: [], cursor: null });
});

test("all differences are read page by page, and those of one user alone", async () => {
  const users = ["https://test|ann", "https://test|bob", "https://test|eve", "https://test|kim"];
  const t = await builtBackend(users);
  for (const userId of users) {
    for (const { _id } of await documentsOf(t, "precomputed_aggregations", userId)) {
      await inTables(t, (ctx) => ctx.db.patch("precomputed_aggregations", _id, { version: 0 }));
    }
  }
  await validate(t);
  const told: string[] = [];
  const sizes: number[] = [];
  let cursor: string | null = null;
  do {
    const page: FunctionReturnType<typeof internal.validation.differences> = await t.query(
      internal.validation.differences,
      { cursor },
    );
    told.push(...page.differences.map(({ userId }) => userId));
    sizes.push(page.differences.length);
    ({ cursor } = page);
  } while (cursor !== null);
  expect(sizes).toEqual([200, 40]);
  expect(new Set(told)).toEqual(new Set(users));
  const { differences } = await t.query(internal.validation.differences, {
    userId: "https://test|bob",
  });
  expect(differences.map(({ userId }) => userId)).toEqual(Array(60).fill("https://test|bob"));
});
