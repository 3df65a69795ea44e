import { afterEach, describe, expect, test, vi } from "vitest";
import { api } from "../../convex/_generated/api";
import { findDrift } from "../../convex/model/drift/findDrift";
import { inTables, internal } from "../support/reach";
import {
  build,
  compareAll,
  documentsOf,
  editRecord,
  endOf,
  historyOf,
  interrupted,
  makeDue,
  marked,
} from "./damage";
import { expectSound } from "./faults";
import {
  DAY_MS,
  asUser,
  atEachStep,
  filtersArg,
  makeBackend,
  plant,
  runUntil,
  settle,
  stateOf,
  watch,
  watches,
  type Backend,
} from "./support";

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const HOUR_MS = 3_600_000;

describe("whose turn it is", () => {
  /** When each user was compared, while the cron comes every hour. */
  async function comparisons(
    t: Backend,
    days: number,
    everyHour: (hour: number) => Promise<void> = () => Promise.resolve(),
  ): Promise<Map<string, number[]>> {
    const compared = new Map<string, number[]>();
    for (let hour = 0; hour < days * 24; hour++) {
      vi.setSystemTime(Date.now() + HOUR_MS);
      await everyHour(hour);
      const before = await turns(t);
      await t.mutation(internal.drift.compareHourly, {});
      if ((await t.query(internal.drift.status, {})).status === "running") await endOf(t, "drift");
      for (const [userId, dueAt] of await turns(t)) {
        if (before.get(userId) === dueAt) continue;
        compared.set(userId, [...(compared.get(userId) ?? []), Date.now()]);
      }
    }
    return compared;
  }

  async function turns(t: Backend): Promise<Map<string, number | undefined>> {
    const states = await inTables(t, (ctx) => ctx.db.query("aggregation_state").take(100));
    return new Map(states.map(({ userId, driftDueAt }) => [userId, driftDueAt]));
  }

  function gaps(from: number, times: readonly number[] = []): number[] {
    return times.map((time, index) => time - (times[index - 1] ?? from));
  }

  /** As of somebody who has not been here for a month. */
  async function leave(t: Backend, userId: string): Promise<void> {
    const { _id } = await stateOf(t, userId);
    const then = Date.now() - 30 * DAY_MS;
    const away = { lastSeenAt: then, lastRecomputedAt: then, refreshAt: null };
    await inTables(t, (ctx) => ctx.db.patch("aggregation_state", _id, away));
  }

  async function request(t: Backend, userId: string): Promise<void> {
    await asUser(t, userId).mutation(api.aggregations.request, { filters: filtersArg() });
  }

  test.each([
    ["as late", 0],
    ["as early", 0.999],
  ])(
    "users seen in the last week are compared within a day, the others not at all, %s as may be",
    async (_name, random) => {
      vi.spyOn(Math, "random").mockReturnValue(random);
      const t = makeBackend();
      await build(t, ["https://test|ann", "https://test|bob", "https://test|eve"], watches(3));
      await leave(t, "https://test|bob");
      const start = Date.now();
      const compared = await comparisons(t, 16, async (hour) => {
        if (hour % 12 === 0) await request(t, "https://test|ann");
      });
      const ofAnn = gaps(start, compared.get("https://test|ann"));
      expect(Math.max(...ofAnn)).toBeLessThanOrEqual(DAY_MS);
      expect(Math.min(...ofAnn)).toBeGreaterThan(12 * HOUR_MS);
      expect(ofAnn.length).toBeGreaterThanOrEqual(16);
      // The last time gives the turn up: nothing is read.
      expect(compared.get("https://test|bob")).toHaveLength(1);
      const ofEve = compared.get("https://test|eve") ?? [];
      expect(ofEve.length).toBeGreaterThanOrEqual(7);
      expect(ofEve.at(-1)! - start).toBeLessThanOrEqual(8 * DAY_MS);
      expect((await turns(t)).get("https://test|eve")).toBe(Infinity);
    },
    60_000,
  );

  test("who comes back after long is compared within a day", async () => {
    const t = makeBackend();
    await build(t, ["https://test|ann", "https://test|bob"], watches(3));
    await leave(t, "https://test|ann");
    await leave(t, "https://test|bob");
    await makeDue(t);
    await t.mutation(internal.drift.compareHourly, {});
    expect((await comparisons(t, 2)).size).toBe(0);
    await request(t, "https://test|ann");
    const back = Date.now();
    const compared = await comparisons(t, 1);
    expect([...compared.keys()]).toEqual(["https://test|ann"]);
    expect(compared.get("https://test|ann")![0]! - back).toBeLessThanOrEqual(DAY_MS);
  });

  test("where it is nobody's, nothing is begun", async () => {
    const t = makeBackend();
    await t.mutation(internal.drift.compareHourly, {});
    await build(t, ["https://test|ann"], watches(3));
    await t.mutation(internal.drift.compareHourly, {});
    expect(await t.query(internal.drift.status, {})).toEqual({
      status: "never",
      next: "npx convex run drift:start",
    });
  });

  test("while a comparison is at work no other begins; by hand it is refused", async () => {
    const t = makeBackend();
    await build(t, ["https://test|ann", "https://test|bob"], watches(3));
    await t.mutation(internal.drift.start, { userIds: ["https://test|bob"] });
    await makeDue(t);
    await t.mutation(internal.drift.compareHourly, {});
    await expect(t.mutation(internal.drift.start, {})).rejects.toThrow(/ALREADY_RUNNING.*drift/);
    expect(await endOf(t, "drift")).toMatchObject({ total: 1, done: 1, counts: { users: 1 } });
    await t.mutation(internal.drift.compareHourly, {});
    expect(await endOf(t, "drift")).toMatchObject({ total: 1, done: 1 });
  });

  test("users listed by older code have their turn at once, and a place among samples", async () => {
    const t = makeBackend();
    await build(t, ["https://test|ann"], watches(3));
    const { _id, _creationTime, driftDueAt, sampleKey, ...older } = await stateOf(
      t,
      "https://test|ann",
    );
    expect([typeof driftDueAt, typeof sampleKey]).toEqual(["number", "number"]);
    await inTables(t, async (ctx) => {
      await ctx.db.replace("aggregation_state", _id, older);
      for (let index = 0; index < 40; index++) {
        const userId = `older${index}`;
        await ctx.db.insert("aggregation_state", { ...older, userId, epoch: 0 });
      }
    });
    await t.mutation(internal.drift.compareHourly, {});
    expect(await endOf(t, "drift")).toMatchObject({ done: 41, failed: 0, counts: { users: 41 } });
    const states = await inTables(t, (ctx) => ctx.db.query("aggregation_state").take(100));
    for (const state of states) {
      expect(state.driftDueAt).toBeGreaterThan(Date.now() + 15 * HOUR_MS);
      expect(state.sampleKey).toBeLessThan(1);
    }
    expect(new Set(states.map((state) => state.sampleKey)).size).toBe(41);
  });
});

describe("a user", () => {
  test("whose results were never built is left alone", async () => {
    const t = makeBackend();
    await plant(t, "https://test|ann", watches(3));
    await t.mutation(internal.backfill.adopt, {});
    await runUntil(
      t,
      async () => (await documentsOf(t, "aggregation_state", "https://test|ann")).length > 0,
    );
    const before = await stateOf(t, "https://test|ann");
    const ended = await compareAll(t);
    expect(ended).toMatchObject({ failed: 0, counts: { users: 1, driftedUsers: 0 } });
    const { log, segments, results } = await historyOf(t, "https://test|ann");
    expect({ log, segments, results }).toEqual({ log: [], segments: [], results: [] });
    const { driftDueAt, ...after } = await stateOf(t, "https://test|ann");
    expect({ ...before, ...after }).toEqual(before);
    expect(driftDueAt).toBeGreaterThan(Date.now());
  });

  test("who changes something meanwhile is compared again, and nothing wrong is marked", async () => {
    const t = makeBackend();
    await build(t, ["https://test|ann"]);
    await makeDue(t);
    await asUser(t, "https://test|ann").mutation(api.watchRecords.ingest, {
      records: [watch({ videoId: "first" })],
    });
    await t.mutation(internal.drift.compareHourly, {});
    let count = 0;
    await atEachStep(t, async () => {
      const status = await t.query(internal.drift.status, {});
      if (status.status === "never") throw new Error("there was no comparison");
      if (status.retrying.length > 0) return true;
      const records = [watch({ videoId: `at ${count++}` })];
      await asUser(t, "https://test|ann").mutation(api.watchRecords.ingest, { records });
      return false;
    });
    expect(await endOf(t, "drift")).toMatchObject({
      ...{ done: 1, failed: 0 },
      counts: { users: 1, driftedUsers: 0, driftedDays: 0 },
    });
    await settle(t);
    expect(await marked(t)).toEqual([]);
    await expectSound(t);
  });

  test("who is never at rest is left to the next hour, and the run says so", async () => {
    const t = makeBackend();
    await build(t, ["https://test|ann", "https://test|bob"], watches(3));
    await editRecord(t, "https://test|ann", "video0", { durationSeconds: 9 });
    const { _id } = await stateOf(t, "https://test|ann");
    await inTables(t, (ctx) => ctx.db.patch("aggregation_state", _id, { phase: "running" }));
    await makeDue(t);
    await t.mutation(internal.drift.compareHourly, {});
    const ended = await endOf(t, "drift");
    expect(ended).toMatchObject({
      ...{ done: 2, failed: 0, failures: [] },
      counts: { inconclusive: 1, users: 1, driftedUsers: 0 },
      left: [{ userId: "https://test|ann" }],
    });
    expect(await marked(t)).toEqual([]);
    await inTables(t, (ctx) => ctx.db.patch("aggregation_state", _id, { phase: "idle" }));
    await t.mutation(internal.drift.compareHourly, {});
    expect(await endOf(t, "drift")).toMatchObject({ total: 1, counts: { driftedUsers: 1 } });
    expect(await marked(t)).toMatchObject([{ recordCount: 1 }]);
  });

  test("who does not exist is listed at once where named", async () => {
    const t = makeBackend();
    await build(t, ["https://test|ann"], watches(3));
    await t.mutation(internal.drift.start, {
      userIds: ["https://test|nobody", "https://test|ann"],
    });
    expect(await endOf(t, "drift")).toMatchObject({
      ...{ done: 1, failed: 1, counts: { users: 1 } },
      failures: [
        {
          userId: "https://test|nobody",
          attempts: 1,
          error: expect.stringMatching(/nobody/) as string,
        },
      ],
    });
  });
});

describe("step by step", () => {
  async function compareByHand(t: Backend, step: string, happen: () => Promise<unknown>) {
    const opened = await t.query(internal.check.open, { userId: "https://test|ann" });
    const { epoch, moment } = opened!;
    const ctx = interrupted(t, step, happen);
    const found = await findDrift(ctx, "https://test|ann", epoch);
    if (step === "drift:conclude") await happen();
    return await t.mutation(internal.drift.conclude, {
      userId: "https://test|ann",
      moment,
      ...found,
    });
  }

  const steps = ["drift:records", "drift:notes", "drift:storedDays", "drift:conclude"];

  test.each(steps)("a change before %s makes the comparison void", async (step) => {
    const t = makeBackend();
    await build(t, ["https://test|ann"]);
    await editRecord(t, "https://test|ann", "https://test|old2", { durationSeconds: 1_000 });
    const isNoted = await compareByHand(t, step, async () => {
      const records = [watch({ videoId: "meanwhile", watchedAt: Date.UTC(2024, 0, 2, 3) })];
      await asUser(t, "https://test|ann").mutation(api.watchRecords.ingest, { records });
    });
    expect(isNoted).toBe(false);
    expect(await marked(t)).toEqual([]);
  });

  test.each(steps)("a run that comes and goes before %s makes it void, too", async (step) => {
    const t = makeBackend();
    await build(t, ["https://test|ann"]);
    await editRecord(t, "https://test|ann", "https://test|old2", { durationSeconds: 1_000 });
    const isNoted = await compareByHand(t, step, async () => {
      await t.action(internal.recompute.user, { userId: "https://test|ann" });
    });
    expect(isNoted).toBe(false);
    expect(await marked(t)).toEqual([]);
  });
});
