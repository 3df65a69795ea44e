import { afterEach, describe, expect, test, vi } from "vitest";
import { api } from "../../convex/_generated/api";
import type { Work } from "../../convex/model/work";
import { inTables, internal } from "../support/reach";
import { beginQuietRun, finishRun, wake, type Begun } from "../support/runs";
import {
  DAY_MS,
  NOON,
  asUser,
  atEachStep,
  backfillStatus,
  columnBytes,
  expectCorrect,
  expectedResults,
  makeBackend,
  plant,
  readRecords,
  runUntil,
  isAtRest,
  stateOf,
  storedResults,
  watch,
  watches,
  type Backend,
} from "./support";

/** A backfill beside live traffic: changes go first, and no result ever goes backwards. */

afterEach(() => vi.useRealTimers());

async function ingest(t: Backend, userId: string, records: ReturnType<typeof watches>) {
  await asUser(t, userId).mutation(api.watchRecords.ingest, { records });
}

async function built(t: Backend, userId: string, records = watches(40)): Promise<void> {
  await ingest(t, userId, records);
  await runUntil(t, () => isAtRest(t, userId));
  // Past the burst: the next change is recomputed at once.
  vi.setSystemTime(Date.now() + 60_000);
}

async function beginQuietly(t: Backend, userId: string) {
  const begun = await beginQuietRun(t, userId, "rebuild");
  if (begun === null) throw new Error("changes go first");
  return begun;
}

async function advance(t: Backend, { userId, generation }: Begun, work: Work) {
  return await t.mutation(internal.recompute.advance, { userId, generation, work });
}

async function videosOf(t: Backend, userId: string): Promise<number> {
  const results = await storedResults(t, userId);
  return (results["kpi"] as { totalVideos: number } | undefined)?.totalVideos ?? 0;
}

/** More records than one transaction folds. */
const MANY = watches(4_300, NOON - DAY_MS, 3_000_000);

describe("a change during a user's build", () => {
  test("takes its place at once; what the build had left to write is not written", async () => {
    const t = makeBackend();
    await plant(t, "https://test|ann", MANY);
    await t.action(internal.recompute.user, { userId: "https://test|ann" });
    vi.setSystemTime(Date.now() + 60_000);
    const begun = await beginQuietly(t, "https://test|ann");
    const step = await advance(t, begun, begun.work);
    expect(step.work?.rebuild).not.toBeNull();
    await ingest(t, "https://test|ann", [watch({ videoId: "new" })]);
    await wake(t, "https://test|ann");
    expect(await stateOf(t, "https://test|ann")).toMatchObject({
      phase: "scheduled",
      generation: begun.generation + 1,
      yieldsToChanges: false,
    });
    const changedAt = Date.now();
    await runUntil(t, () => isAtRest(t, "https://test|ann"));
    expect(Date.now() - changedAt).toBeLessThanOrEqual(300);
    await expectCorrect(t, "https://test|ann");
    const bytes = await columnBytes(t, "https://test|ann");
    expect(await advance(t, begun, step.work!)).toEqual({ status: "superseded", work: null });
    expect(await columnBytes(t, "https://test|ann")).toEqual(bytes);
    await expectCorrect(t, "https://test|ann");
  });

  test("before its first step takes its place as well", async () => {
    const t = makeBackend();
    await built(t, "https://test|ann");
    const begun = await beginQuietly(t, "https://test|ann");
    await ingest(t, "https://test|ann", [watch({ videoId: "new" })]);
    await wake(t, "https://test|ann");
    expect(await advance(t, begun, begun.work)).toEqual({ status: "superseded", work: null });
    await runUntil(t, () => isAtRest(t, "https://test|ann"));
    await expectCorrect(t, "https://test|ann");
  });

  test("after its results were stored is folded into the new segments", async () => {
    const t = makeBackend();
    await built(t, "https://test|ann");
    const begun = await beginQuietly(t, "https://test|ann");
    expect(await advance(t, begun, begun.work)).toEqual({ status: "advanced", work: null });
    await ingest(t, "https://test|ann", [watch({ videoId: "new" })]);
    await finishRun(t, begun);
    await runUntil(t, () => isAtRest(t, "https://test|ann"));
    await expectCorrect(t, "https://test|ann");
  });

  test("of the time zone takes its place, too", async () => {
    const t = makeBackend();
    await built(t, "https://test|ann");
    const begun = await beginQuietly(t, "https://test|ann");
    await asUser(t, "https://test|ann").mutation(api.settings.setTimeZone, {
      timeZone: "Asia/Tokyo",
    });
    expect(await advance(t, begun, begun.work)).toMatchObject({ status: "superseded" });
    await runUntil(t, () => isAtRest(t, "https://test|ann"));
    const day = { asOf: "2026-03-15", timeZone: "Asia/Tokyo" };
    expect(await storedResults(t, "https://test|ann")).toEqual(
      await expectedResults(t, "https://test|ann", undefined, day),
    );
  });
});

describe("a build", () => {
  test("does not begin while a recompute is on its way or at work", async () => {
    const t = makeBackend();
    await built(t, "https://test|ann");
    const begin = () =>
      t.mutation(internal.quietRuns.begin, { userId: "https://test|ann", plan: "rebuild" });
    await ingest(t, "https://test|ann", [watch({ videoId: "a" })]);
    const { generation } = await wake(t, "https://test|ann");
    expect(await begin()).toBeNull();
    await t.mutation(internal.recompute.begin, { userId: "https://test|ann", generation });
    expect(await begin()).toBeNull();
    expect(await stateOf(t, "https://test|ann")).toMatchObject({ phase: "running", generation });
  });

  test("sends a recompute first where changes wait and none is on its way", async () => {
    const t = makeBackend();
    await built(t, "https://test|ann");
    await ingest(t, "https://test|ann", [watch({ videoId: "a" })]);
    const state = await stateOf(t, "https://test|ann");
    // As it is where a schedule was lost.
    await inTables(t, (ctx) =>
      ctx.db.patch("aggregation_state", state._id, { phase: "idle", dueAt: null, generation: 99 }),
    );
    const begun = await t.mutation(internal.quietRuns.begin, {
      userId: "https://test|ann",
      plan: "rebuild",
    });
    expect(begun).toBeNull();
    expect(await stateOf(t, "https://test|ann")).toMatchObject({
      phase: "scheduled",
      generation: 100,
    });
    await runUntil(t, () => isAtRest(t, "https://test|ann"));
    await expectCorrect(t, "https://test|ann");
  });

  test("is left to a user's own next run where they are never at rest", async () => {
    const t = makeBackend();
    await built(t, "https://test|ann");
    const { epoch } = await stateOf(t, "https://test|ann");
    await t.mutation(internal.backfill.start, {});
    let videos = 40;
    await atEachStep(t, async () => {
      await ingest(t, "https://test|ann", [watch({ videoId: `more${String(videos++)}` })]);
      return (await backfillStatus(t)).status !== "running";
    });
    expect(await backfillStatus(t)).toMatchObject({
      ...{ done: 1, failed: 0, counts: { leftToChanges: 1 } },
      left: [
        {
          userId: "https://test|ann",
          attempts: 4,
          error: expect.stringMatching(/their next run builds/) as string,
        },
      ],
    });
    await runUntil(t, () => isAtRest(t, "https://test|ann"));
    expect((await stateOf(t, "https://test|ann")).epoch).toBeGreaterThan(epoch);
    await expectCorrect(t, "https://test|ann");
  }, 60_000);
});

test("while users import and a backfill runs, what is stored never goes backwards", async () => {
  const t = makeBackend();
  const users = ["https://test|ann", "https://test|bob", "https://test|eve"];
  for (const userId of users) await built(t, userId);
  await t.mutation(internal.backfill.start, {});
  const most = new Map(users.map((userId) => [userId, 40]));
  let step = 0;
  await atEachStep(t, async () => {
    const userId = users[step % users.length] ?? "https://test|ann";
    if (step % 4 === 0 && step < 60) {
      await ingest(t, userId, [watch({ videoId: `live${String(step)}` })]);
    }
    for (const name of users) {
      const videos = await videosOf(t, name);
      expect(videos).toBeGreaterThanOrEqual(most.get(name) ?? 0);
      most.set(name, videos);
    }
    step += 1;
    return (await backfillStatus(t)).status !== "running" && step > 60;
  });
  await runUntil(t, async () =>
    (await Promise.all(users.map((u) => isAtRest(t, u)))).every(Boolean),
  );
  expect(await backfillStatus(t)).toMatchObject({ status: "done", done: 3, failed: 0 });
  for (const userId of users) {
    await expectCorrect(t, userId);
    expect(await videosOf(t, userId)).toBe((await readRecords(t, userId)).length);
  }
}, 60_000);
