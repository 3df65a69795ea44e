import { afterEach, describe, expect, test, vi } from "vitest";
import { api } from "../../convex/_generated/api";
import { drawUsers, isInSample, type DrawnUser } from "../../convex/model/jobs/sample";
import { inTables, internal } from "../support/reach";
import {
  build,
  checkedUsers,
  damageResult,
  endOf,
  listUsers,
  namesOf,
  validate,
  validationSamples,
} from "./damage";
import {
  asUser,
  DAY_MS,
  filtersArg,
  makeBackend,
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

async function builtBackend(userIds: readonly string[]): Promise<Backend> {
  const t = makeBackend();
  await build(t, userIds, watches(8));
  // So that what is checked from now on is told from what was.
  vi.advanceTimersByTime(60_000);
  return t;
}

function namesIn(users: readonly DrawnUser[]): string[] {
  return users.map(({ userId }) => userId);
}

describe("a sample", () => {
  test("validates who is drawn for the run, and nobody else", async () => {
    const users = namesOf(12);
    const t = await builtBackend(users);
    const ended = await validate(t, { sample: 0.5 });
    const runs = await inTables(t, (ctx) => ctx.db.query("job_runs").take(5));
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
    const t = makeBackend();
    for (const sample of [0, -0.1, 1.01, NaN]) {
      await expect(t.mutation(internal.validation.start, { sample })).rejects.toThrow(
        new RegExp(`INVALID_SETTING.*sample is ${sample}; it must be a share`),
      );
    }
    const named = { sample: 0.5, userIds: ["https://test|ann"] };
    await expect(t.mutation(internal.validation.start, named)).rejects.toThrow(
      /INVALID_SETTING.*leave it out where userIds names them/,
    );
    expect(await t.query(internal.validation.status, {})).toMatchObject({ status: "never" });
  });
});

describe("the hourly sample", () => {
  /** As of users who open a page. */
  async function visit(t: Backend, ...userIds: string[]): Promise<void> {
    vi.advanceTimersByTime(3_600_000);
    for (const userId of userIds) {
      await asUser(t, userId).mutation(api.aggregations.request, { filters: filtersArg() });
    }
  }

  async function sampleHourly(t: Backend) {
    await t.mutation(internal.validation.sampleHourly, {});
    return await inTables(t, (ctx) => ctx.db.query("job_runs").order("desc").take(5));
  }

  test("validates one user at least, and feeds the monitoring", async () => {
    const t = await builtBackend(["https://test|ann", "https://test|bob", "https://test|eve"]);
    for (const [index, userId] of [
      "https://test|ann",
      "https://test|bob",
      "https://test|eve",
    ].entries()) {
      await damageResult(t, userId, "kpi", (data) => ({ ...data, totalVideos: 99 }));
      const { _id } = await stateOf(t, userId);
      await inTables(t, (ctx) => ctx.db.patch("aggregation_state", _id, { sampleKey: index / 3 }));
    }
    const before = await validationSamples(t);
    const drawn = new Set<string>();
    await visit(t, "https://test|ann", "https://test|bob", "https://test|eve");
    for (let hour = 0; hour < 3; hour++) {
      await sampleHourly(t);
      await endOf(t, "validation");
      const checked = await checkedUsers(t);
      expect(checked).toHaveLength(1);
      drawn.add(checked[0]!);
      vi.advanceTimersByTime(3_600_000);
    }
    expect([...drawn].sort()).toEqual(["https://test|ann", "https://test|bob", "https://test|eve"]);
    const samples = await validationSamples(t);
    expect(samples.length - before.length).toBeGreaterThanOrEqual(3);
    expect(samples[0]).toEqual({ kind: "validation", compared: 60, differing: 1 });
  });

  test("validates 200 users at most", async () => {
    const t = makeBackend();
    await listUsers(
      t,
      Array.from({ length: 250 }, (_, index) => 0.3 + index / 30_000),
    );
    vi.spyOn(Math, "random").mockReturnValue(0.3);
    const [run] = await sampleHourly(t);
    expect(run).toMatchObject({ kind: "validation", total: 200, isOfNamedUsers: true });
  });

  test("draws a hundredth, over the end of the range, and somebody wherever it begins", async () => {
    const t = makeBackend();
    await listUsers(
      t,
      Array.from({ length: 1_000 }, (_, index) => index / 1_000),
    );
    const draw = async (start: number) => {
      return namesIn(await inTables(t, (ctx) => drawUsers(ctx, start, 0.01, 200)));
    };
    expect(await draw(0.3005)).toEqual(namesOf(311).slice(301));
    expect((await draw(0.9955)).sort()).toEqual([...namesOf(6), ...namesOf(1_000).slice(996)]);
    const few = makeBackend();
    await listUsers(few, [0.2, 0.7]);
    const drawFew = async (start: number) => {
      return namesIn(await inTables(few, (ctx) => drawUsers(ctx, start, 0.01, 200)));
    };
    expect(await drawFew(0.1)).toEqual(["https://test|user000"]);
    expect(await drawFew(0.5)).toEqual(["https://test|user001"]);
    expect(await drawFew(0.8)).toEqual(["https://test|user000"]);
  });

  test("leaves out users who were neither changed nor read since their last validation", async () => {
    const t = await builtBackend(["https://test|ann", "https://test|bob"]);
    expect(await sampleHourly(t)).toEqual([]);
    await visit(t, "https://test|bob");
    await sampleHourly(t);
    await endOf(t, "validation");
    expect(await checkedUsers(t)).toEqual(["https://test|bob"]);
    expect(await sampleHourly(t)).toHaveLength(1);
    await asUser(t, "https://test|ann").mutation(api.watchRecords.ingest, { records: [watch()] });
    await settle(t);
    await sampleHourly(t);
    await endOf(t, "validation");
    expect(await checkedUsers(t)).toEqual(["https://test|ann"]);
  });

  test("leaves out users who have been inactive for a week, until they come back", async () => {
    const t = await builtBackend(["https://test|ann"]);
    await visit(t, "https://test|ann");
    vi.setSystemTime(Date.now() + 8 * DAY_MS);
    await sampleHourly(t);
    await settle(t);
    expect(await sampleHourly(t)).toEqual([]);
    expect(await stateOf(t, "https://test|ann")).toMatchObject({ isUnvalidated: false });
    await visit(t, "https://test|ann");
    expect(await sampleHourly(t)).toHaveLength(1);
  });

  test("is left out while a validation is at work, and where there is nobody", async () => {
    const t = makeBackend();
    expect(await sampleHourly(t)).toEqual([]);
    await build(t, ["https://test|ann"], watches(3));
    await t.mutation(internal.validation.start, {});
    expect(await sampleHourly(t)).toHaveLength(1);
    await endOf(t, "validation");
    expect(await sampleHourly(t)).toHaveLength(1);
    await visit(t, "https://test|ann");
    expect(await sampleHourly(t)).toHaveLength(2);
  });

  test("gives way to a validation that somebody starts, and says what it was", async () => {
    const t = await builtBackend(["https://test|ann", "https://test|bob"]);
    await visit(t, "https://test|ann", "https://test|bob");
    await sampleHourly(t);
    expect(await t.query(internal.validation.status, {})).toMatchObject({
      ...{ status: "running", total: 1, isOfNamedUsers: true, options: { sample: 0.01 } },
    });
    const started = await t.mutation(internal.validation.start, {});
    expect(started).toMatchObject({ status: "running", isOfNamedUsers: false });
    expect(await endOf(t, "validation")).toMatchObject({ total: 2, done: 2, failed: 0 });
    const runs = await inTables(t, (ctx) => ctx.db.query("job_runs").take(5));
    expect(runs.map(({ status }) => status)).toEqual(["cancelled", "done"]);
  });
});
