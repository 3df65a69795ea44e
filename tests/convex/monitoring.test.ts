import { afterEach, describe, expect, test, vi } from "vitest";
import { api } from "../../convex/_generated/api";
import type { ReadSample } from "../../convex/metricValidators";
import { inTables, internal } from "../support/reach";
import { wake } from "../support/runs";
import { asUser, makeBackend, NOON, settle, watches, type Backend } from "./support";

afterEach(() => vi.useRealTimers());

const key = "precomputed_aggregations";
const MINUTE_MS = 60_000;
const WINDOW_MINUTES = 5;

const hit: ReadSample = { outcome: "hit", responseMs: 40 };
const FAULTS = {
  responseP95Ms: { outcome: "hit", responseMs: 900 },
  errorRate: { outcome: "error", responseMs: 40 },
} as const satisfies Record<string, ReadSample>;

/** Lets minutes pass: in each, pages report, and both crons run. */
async function pass(t: Backend, minutes: number, reads: readonly ReadSample[] = []): Promise<void> {
  for (let minute = 0; minute < minutes; minute += 1) {
    if (reads.length > 0) {
      await asUser(t, "https://test|ann").mutation(api.telemetry.report, { samples: [...reads] });
    }
    vi.setSystemTime(Date.now() + MINUTE_MS);
    await t.action(internal.monitoring.tick, {});
    await t.mutation(internal.jobs.watch, {});
  }
}

function times(count: number, sample: ReadSample): ReadSample[] {
  return Array.from({ length: count }, () => sample);
}

async function report(t: Backend) {
  return await t.query(internal.monitoring.report, {});
}

async function openCauses(t: Backend): Promise<string[]> {
  return (await report(t)).alerts.map(({ cause }) => cause);
}

async function figureOf(t: Backend, metric: string) {
  return (await report(t)).figures.find((figure) => figure.metric === metric);
}

async function reasonFor(t: Backend, userId: string): Promise<string> {
  return (await asUser(t, userId).query(api.flags.evaluate, { key })).reason;
}

async function decisions(t: Backend) {
  const events = await inTables(t, (ctx) => ctx.db.query("rollout_events").take(50));
  return events.filter(({ decision }) => decision !== null);
}

/** A backend whose flag is on for everybody. */
async function rolledOut(): Promise<Backend> {
  const t = makeBackend();
  await t.mutation(internal.flags.setDefault, { key, value: true });
  return t;
}

/** Changes a stored result behind everybody's back. */
async function damage(t: Backend, userId: string): Promise<void> {
  await inTables(t, async (ctx) => {
    const [row] = await ctx.db
      .query("precomputed_aggregations")
      .withIndex("by_user_type", (q) => q.eq("userId", userId).eq("aggregationType", "kpi"))
      .take(1);
    if (row === undefined || !("totalVideos" in row.data)) throw new Error("no kpi");
    const data = { ...row.data, totalVideos: row.data.totalVideos + 1 };
    await ctx.db.patch("precomputed_aggregations", row._id, { data });
  });
}

describe("a figure that pages report", () => {
  for (const [metric, fault] of Object.entries(FAULTS)) {
    test(`beyond its limit opens an alert, and after three windows kills the flag: ${metric}`, async () => {
      const t = await rolledOut();
      const reads = [...times(20, hit), ...times(5, fault)];
      await pass(t, 3, reads);
      expect(await openCauses(t)).toEqual([metric]);
      expect(await reasonFor(t, "https://test|bob")).toBe("STATIC");
      await pass(t, 2 * WINDOW_MINUTES - 2, reads);
      expect(await reasonFor(t, "https://test|bob")).toBe("STATIC");
      await pass(t, 1, reads);
      expect(await reasonFor(t, "https://test|bob")).toBe("DISABLED");
      expect(await openCauses(t)).toEqual([metric]);
      expect(await decisions(t)).toMatchObject([
        {
          actor: "monitoring:tick",
          action: "flags:kill",
          decision: {
            metric,
            value: (await figureOf(t, metric))?.value,
            threshold: (await report(t)).thresholds[metric as keyof typeof FAULTS],
            samples: 125,
            windowMs: 300_000,
          },
        },
      ]);
    });
  }

  test("says nothing with too few samples, and opens no alert", async () => {
    const t = await rolledOut();
    await asUser(t, "https://test|ann").mutation(api.telemetry.report, {
      samples: times(3, { outcome: "error", responseMs: 9_000 }),
    });
    await pass(t, 20);
    expect(await openCauses(t)).toEqual([]);
    expect(await reasonFor(t, "https://test|bob")).toBe("STATIC");
    await pass(t, 1, times(49, FAULTS.errorRate));
    expect(await figureOf(t, "errorRate")).toMatchObject({
      value: 1,
      samples: 49,
      status: "inconclusive",
    });
    await pass(t, 1, [FAULTS.errorRate]);
    expect(await openCauses(t)).toEqual(["errorRate"]);
  });

  test("closes its alert only once it is well within its limit again", async () => {
    const t = await rolledOut();
    await pass(t, 1, times(60, { outcome: "hit", responseMs: 700 }));
    expect(await openCauses(t)).toEqual(["responseP95Ms"]);
    const [opened] = (await report(t)).alerts;
    await pass(t, WINDOW_MINUTES + 1, times(60, { outcome: "hit", responseMs: 480 }));
    expect(await figureOf(t, "responseP95Ms")).toMatchObject({ status: "ok" });
    expect(await openCauses(t)).toEqual(["responseP95Ms"]);
    await pass(t, WINDOW_MINUTES + 1, times(60, { outcome: "hit", responseMs: 300 }));
    expect(await openCauses(t)).toEqual([]);
    const alerts = await inTables(t, (ctx) => ctx.db.query("alerts").take(10));
    expect(alerts).toHaveLength(1);
    expect(alerts[0]).toMatchObject({ openedAt: opened?.openedAt, isOpen: false });
    expect(alerts[0]!.closedAt).toBeGreaterThan(alerts[0]!.lastSeenAt);
  });

  test("that crosses its limit now and then is one alert and no kill", async () => {
    const t = await rolledOut();
    const bad = times(100, { outcome: "hit", responseMs: 700 });
    const fair = times(100, { outcome: "hit", responseMs: 480 });
    for (let round = 0; round < 6; round += 1) {
      await pass(t, 3, bad);
      await pass(t, 2 * WINDOW_MINUTES, fair);
    }
    const alerts = await inTables(t, (ctx) => ctx.db.query("alerts").take(10));
    expect(alerts).toMatchObject([{ cause: "responseP95Ms", isOpen: true }]);
    expect(await reasonFor(t, "https://test|bob")).toBe("STATIC");
  });

  test("that is within its limit in between begins to be counted anew", async () => {
    const t = await rolledOut();
    const fair = times(200, { outcome: "hit", responseMs: 480 });
    const bad = times(40, { outcome: "hit", responseMs: 700 });
    const statuses = new Set<string | undefined>();
    for (let round = 0; round < 10; round += 1) {
      for (const reads of [bad, fair, fair, fair]) {
        await pass(t, 1, reads);
        statuses.add((await figureOf(t, "responseP95Ms"))?.status);
      }
    }
    expect([...statuses].sort()).toEqual(["breach", "inconclusive", "ok"]);
    expect(await openCauses(t)).toEqual(["responseP95Ms"]);
    expect(await reasonFor(t, "https://test|bob")).toBe("STATIC");
  });

  test("that breaks off in the middle begins to be counted anew", async () => {
    const t = await rolledOut();
    const bad = times(100, FAULTS.errorRate);
    await pass(t, 4, bad); // seen in two windows, the second when nobody is there any more
    await pass(t, 30);
    await pass(t, 4, bad);
    await pass(t, 4);
    expect(await reasonFor(t, "https://test|bob")).toBe("STATIC");
    await pass(t, 4, bad);
    expect(await reasonFor(t, "https://test|bob")).toBe("DISABLED");
  });

  test("of how reads are answered is shown, and neither opens an alert nor kills", async () => {
    const t = await rolledOut();
    const reads = [
      ...times(30, { outcome: "hit", responseMs: 40, basis: "results" }),
      ...times(20, { outcome: "hit", responseMs: 40, basis: "segments" }),
      ...times(10, { outcome: "late", responseMs: 40, basis: "results" }),
      ...times(20, { outcome: "fallback", responseMs: 400 }),
    ] satisfies ReadSample[];
    await pass(t, 6 * WINDOW_MINUTES, reads);
    for (const [metric, value] of Object.entries({
      hitRate: 50 / 80,
      storedRate: 40 / 60,
      fallbackRate: 20 / 80,
    })) {
      expect(await figureOf(t, metric)).toMatchObject({ value, threshold: null, status: "ok" });
    }
    expect(await openCauses(t)).toEqual([]);
    expect(await reasonFor(t, "https://test|bob")).toBe("STATIC");
  });

  test("of pages whose flag is off is no figure", async () => {
    const t = await rolledOut();
    await pass(t, 20, times(100, { outcome: "off", responseMs: 60_000 }));
    expect((await report(t)).figures.map(({ value }) => value)).toEqual(Array(7).fill(null));
    expect(await openCauses(t)).toEqual([]);
  });
});

describe("a figure of the server's own", () => {
  test("lag beyond its limit opens an alert", async () => {
    const t = await rolledOut();
    await t.mutation(internal.monitoring.setThresholds, { minSamples: 1 });
    await asUser(t, "https://test|ann").mutation(api.watchRecords.ingest, { records: watches(5) });
    vi.setSystemTime(NOON + 25_000); // the run comes late
    await settle(t);
    await pass(t, 1);
    expect(await openCauses(t)).toEqual(["lagP95Ms"]);
    const { value } = (await figureOf(t, "lagP95Ms"))!;
    expect(value).toBeGreaterThan(24_000);
    expect(value).toBeLessThan(26_000);
  });

  test("a stored result that differs opens an alert, and rolls back its user alone", async () => {
    const t = await rolledOut();
    for (const userId of ["https://test|ann", "https://test|bob"]) {
      await asUser(t, userId).mutation(api.watchRecords.ingest, { records: watches(20) });
    }
    await settle(t);
    await damage(t, "https://test|ann");
    await t.action(internal.validation.checkUser, { userId: "https://test|ann" });
    await pass(t, 1);
    expect(await openCauses(t)).toEqual(["consistency"]);
    expect(await reasonFor(t, "https://test|ann")).toBe("TARGETING_MATCH");
    expect(await reasonFor(t, "https://test|bob")).toBe("STATIC");
    // One bad hour is one window, however often it is looked at.
    await pass(t, 50);
    expect(await reasonFor(t, "https://test|bob")).toBe("STATIC");
  });

  test("differences that go on for three hours kill the flag", async () => {
    const t = await rolledOut();
    await asUser(t, "https://test|ann").mutation(api.watchRecords.ingest, { records: watches(20) });
    await settle(t);
    await damage(t, "https://test|ann");
    for (let hour = 0; hour < 5; hour += 1) {
      await t.action(internal.validation.checkUser, { userId: "https://test|ann" });
      await pass(t, 50);
    }
    expect(await reasonFor(t, "https://test|bob")).toBe("DISABLED");
    expect((await decisions(t)).at(-1)).toMatchObject({
      actor: "monitoring:tick",
      decision: { metric: "consistency", threshold: 0.9999, windowMs: 3_600_000 },
    });
  });
});

describe("an automatic kill", () => {
  const bad = times(100, FAULTS.errorRate);

  test("holds until a person revives the flag, however well the figures look", async () => {
    const t = await rolledOut();
    await pass(t, 11, bad);
    expect(await reasonFor(t, "https://test|bob")).toBe("DISABLED");
    await pass(t, 120, times(100, hit));
    expect(await reasonFor(t, "https://test|bob")).toBe("DISABLED");
    expect(await decisions(t)).toHaveLength(1);
    await t.mutation(internal.flags.revive, { why: "fixed" });
    await pass(t, 30, times(100, hit));
    expect(await reasonFor(t, "https://test|bob")).toBe("STATIC");
  });

  test("can be switched off; the alert stays", async () => {
    const t = await rolledOut();
    await t.mutation(internal.monitoring.setThresholds, { killsOnBreach: false });
    await pass(t, 40, bad);
    expect(await reasonFor(t, "https://test|bob")).toBe("STATIC");
    expect(await openCauses(t)).toEqual(["errorRate"]);
  });

  test("comes after as many windows as are set", async () => {
    const t = await rolledOut();
    await t.mutation(internal.monitoring.setThresholds, { breachWindows: 1 });
    await pass(t, 1, bad);
    expect(await reasonFor(t, "https://test|bob")).toBe("DISABLED");
  });

  test("does not make a flag that nobody has set", async () => {
    const t = makeBackend();
    await pass(t, 40, bad);
    expect(await reasonFor(t, "https://test|bob")).toBe("DEFAULT");
    expect(await inTables(t, (ctx) => ctx.db.query("feature_flags").take(1))).toEqual([]);
  });
});

describe("silence", () => {
  test("of pages, though users come back, is noticed, and their first word ends it", async () => {
    const t = await rolledOut();
    await asUser(t, "https://test|bob").mutation(api.watchRecords.ingest, { records: watches(5) });
    await settle(t);
    await pass(t, 60);
    expect(await openCauses(t)).toEqual([]); // an import, perhaps from a terminal
    await asUser(t, "https://test|bob").mutation(api.aggregations.request, {
      filters: { timeframe: "YTD", product: "All", topics: [], channels: [] },
    });
    await pass(t, 10);
    expect(await openCauses(t)).toEqual(["telemetry-silent"]);
    await pass(t, 1, [hit]);
    expect(await openCauses(t)).toEqual([]);
  });

  test("of pages is right where telemetry is switched off", async () => {
    const t = await rolledOut();
    await t.mutation(internal.monitoring.setThresholds, { expectsTelemetry: false });
    await asUser(t, "https://test|bob").mutation(api.watchRecords.ingest, { records: watches(5) });
    await settle(t);
    await pass(t, 60);
    await asUser(t, "https://test|bob").mutation(api.aggregations.request, {
      filters: { timeframe: "YTD", product: "All", topics: [], channels: [] },
    });
    await pass(t, 10);
    expect(await openCauses(t)).toEqual([]);
  });

  test("of the cron that looks at the figures is noticed by the other, and the other way round", async () => {
    const t = await rolledOut();
    await pass(t, 2);
    for (let minute = 0; minute < 7; minute += 1) {
      vi.setSystemTime(Date.now() + MINUTE_MS);
      await t.mutation(internal.jobs.watch, {});
    }
    expect(await openCauses(t)).toEqual(["monitoring-silent"]);
    await pass(t, 2);
    expect(await openCauses(t)).toEqual([]);
    for (let minute = 0; minute < 7; minute += 1) {
      vi.setSystemTime(Date.now() + MINUTE_MS);
      await t.action(internal.monitoring.tick, {});
    }
    expect(await openCauses(t)).toEqual(["sweep-silent"]);
  });

  test("of recompute is noticed: a change that nobody takes up", async () => {
    const t = await rolledOut();
    await asUser(t, "https://test|ann").mutation(api.watchRecords.ingest, { records: watches(5) });
    await pass(t, 4);
    expect(await openCauses(t)).toEqual([]);
    await pass(t, 3);
    expect(await openCauses(t)).toEqual(["changes-waiting"]);
    await settle(t);
    await pass(t, 1);
    expect(await openCauses(t)).toEqual([]);
  });

  test("of a first validation is noticed, after it was asked for again", async () => {
    const t = await rolledOut();
    await asUser(t, "https://test|ann").mutation(api.watchRecords.ingest, { records: watches(5) });
    await settle(t);
    // As if the check had died.
    const lost = await inTables(t, async (ctx) => {
      const row = await ctx.db.query("user_validations").first();
      await ctx.db.patch("user_validations", row!._id, { status: "pending", checkedAt: null });
      return row!._id;
    });
    expect(await reasonFor(t, "https://test|ann")).toBe("DEFAULT");
    await pass(t, 7);
    await settle(t);
    expect(await reasonFor(t, "https://test|ann")).toBe("STATIC");
    await inTables(t, async (ctx) => {
      await ctx.db.patch("user_validations", lost, { status: "pending" });
      // Never at rest: no check comes to an end.
      const state = await ctx.db.query("aggregation_state").first();
      await ctx.db.patch("aggregation_state", state!._id, { phase: "running" });
    });
    await pass(t, 61);
    expect(await openCauses(t)).toEqual(["validation-silent"]);
  });
});

describe("settings", () => {
  test("left without sense by hand raise an alert until they are set right", async () => {
    const t = await rolledOut();
    const id = await inTables(t, async (ctx) => {
      const flag = (await ctx.db.query("feature_flags").first())!;
      await ctx.db.patch("feature_flags", flag._id, { percentage: 900 });
      const limits = (await report(t)).thresholds;
      await ctx.db.insert("thresholds", { ...limits, consistency: 95 });
      return flag._id;
    });
    await pass(t, 1);
    expect((await report(t)).alerts).toMatchObject(
      [
        {
          cause: "flag-configuration",
          message: /percentage is 900; it must lie between 0 and 100/,
        },
        { cause: "threshold-configuration", message: /consistency is 95; it must be a share/ },
      ].map((alert) => ({ ...alert, message: expect.stringMatching(alert.message) as string })),
    );
    expect(await reasonFor(t, "https://test|bob")).toBe("ERROR");
    expect((await report(t)).thresholds.consistency).toBe(0.9999);
    await inTables(t, (ctx) => ctx.db.patch("feature_flags", id, { percentage: 9 }));
    await t.mutation(internal.monitoring.setThresholds, { consistency: 0.9 });
    await pass(t, 1);
    expect(await openCauses(t)).toEqual([]);
  });

  test("of any other flag, too", async () => {
    const t = await rolledOut();
    await t.mutation(internal.flags.setPercentage, { key: "other", percentage: 5 });
    await inTables(t, async (ctx) => {
      const { _id, _creationTime, ...row } = (await ctx.db
        .query("feature_flags")
        .withIndex("by_key", (q) => q.eq("key", "other"))
        .unique())!;
      await ctx.db.insert("feature_flags", row);
    });
    await pass(t, 1);
    expect((await report(t)).alerts).toMatchObject([
      {
        cause: "flag-configuration",
        message: expect.stringMatching(/the flag "other": there are 2 rows/) as string,
      },
    ]);
    expect(await reasonFor(t, "https://test|bob")).toBe("STATIC");
  });

  test("are refused with what is allowed, and those not named stay", async () => {
    const t = makeBackend();
    const setThresholds = internal.monitoring.setThresholds;
    expect(await t.mutation(setThresholds, { consistency: 0.9 })).toMatchObject({
      consistency: 0.9,
    });
    expect(await t.mutation(setThresholds, { minSamples: 7 })).toMatchObject({
      consistency: 0.9,
      minSamples: 7,
      errorRate: 0.001,
    });
    for (const [changes, message] of [
      [{ errorRate: 2 }, /errorRate is 2; it must be a share from 0 to 1/],
      [{ lagP95Ms: 0 }, /lagP95Ms is 0; milliseconds above 0/],
      [{ minSamples: 0.5 }, /minSamples is 0.5; it must be a whole number from 1 on/],
      [{ breachWindows: 0 }, /breachWindows is 0/],
    ] as const) {
      await expect(t.mutation(setThresholds, changes)).rejects.toThrow(message);
    }
    expect((await report(t)).thresholds).toMatchObject({ consistency: 0.9, minSamples: 7 });
  });
});

test("a report tells of the last window's quantiles, recomputes and queue", async () => {
  const t = await rolledOut();
  await asUser(t, "https://test|ann").mutation(api.watchRecords.ingest, { records: watches(5) });
  await settle(t);
  await asUser(t, "https://test|bob").mutation(api.watchRecords.ingest, { records: watches(5) });
  await wake(t, "https://test|bob");
  await pass(t, 1, [
    ...times(98, { outcome: "hit", responseMs: 50 }),
    ...times(2, { outcome: "hit", responseMs: 400 }),
  ]);
  const { activity, queueDepth, evaluatedAt } = await report(t);
  expect(evaluatedAt).toBe(Date.now());
  expect(queueDepth).toBe(1);
  expect(activity).toMatchObject({ recomputes: 1, failedRecomputes: 0 });
  expect(activity!.responseMs.p50).toBeCloseTo(50, -1);
  expect(activity!.responseMs.p99! / 400).toBeCloseTo(1, 1);
});
