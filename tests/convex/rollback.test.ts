import { afterEach, describe, expect, test, vi } from "vitest";
import { api } from "../../convex/_generated/api";
import { inTables, internal } from "../support/reach";
import { wake } from "../support/runs";
import { asUser, makeBackend, settle, watches, type Backend } from "./support";

afterEach(() => vi.useRealTimers());

const key = "precomputed_aggregations";

async function evaluate(t: Backend, userId: string) {
  const { value, reason } = await asUser(t, userId).query(api.flags.evaluate, { key });
  return `${String(value)} ${reason}`;
}

async function built(t: Backend, userId: string): Promise<void> {
  await asUser(t, userId).mutation(api.watchRecords.ingest, { records: watches(20) });
  await settle(t);
}

async function validationOf(t: Backend, userId: string) {
  return await inTables(t, (ctx) =>
    ctx.db
      .query("user_validations")
      .withIndex("by_user", (q) => q.eq("userId", userId))
      .unique(),
  );
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
    await ctx.db.patch("precomputed_aggregations", _id, {
      data: { ...data, totalVideos: data.totalVideos + 1 },
    });
  });
}

describe("a user's first build", () => {
  test("is validated as its last step; the flag counts from then on", async () => {
    const t = makeBackend();
    await t.mutation(internal.flags.setDefault, { key, value: true });
    expect(await evaluate(t, "https://test|ann")).toBe("true STATIC"); // nothing is stored yet
    await asUser(t, "https://test|ann").mutation(api.watchRecords.ingest, { records: watches(20) });
    await wake(t, "https://test|ann");
    expect(await evaluate(t, "https://test|ann")).toBe("false DEFAULT");
    await settle(t);
    expect(await evaluate(t, "https://test|ann")).toBe("true STATIC");
    expect(await validationOf(t, "https://test|ann")).toMatchObject({
      status: "passed",
      checkedAt: expect.any(Number) as number,
      compared: 60,
      differing: 0,
    });
  });

  test("leaves other flags alone", async () => {
    const t = makeBackend();
    await t.mutation(internal.flags.setDefault, { key: "other", value: true });
    await asUser(t, "https://test|ann").mutation(api.watchRecords.ingest, { records: watches(2) });
    const { value } = await asUser(t, "https://test|ann").query(api.flags.evaluate, {
      key: "other",
    });
    expect(value).toBe(true);
  });
});

describe("a validation", () => {
  test("that finds a difference rolls the user back at once, and says what differed", async () => {
    const t = makeBackend();
    await t.mutation(internal.flags.setDefault, { key, value: true });
    await built(t, "https://test|ann");
    await built(t, "https://test|bob");
    await damage(t, "https://test|ann");
    const report = await t.action(internal.validation.checkUser, { userId: "https://test|ann" });
    expect(report).toMatchObject({
      outcome: "failed",
      compared: 60,
      differing: 1,
      differences: [
        { aggregationType: "kpi", path: "$.totalVideos", stored: "21", expected: "20" },
      ],
    });
    expect(await evaluate(t, "https://test|ann")).toBe("false TARGETING_MATCH");
    expect(await evaluate(t, "https://test|bob")).toBe("true STATIC");
    const rows = await inTables(t, (ctx) => ctx.db.query("rollout_events").order("desc").take(1));
    expect(rows).toMatchObject([
      {
        actor: "check:conclude",
        action: "rollout:rollbackUser",
        subject: "https://test|ann",
        after: "off",
        decision: { metric: "consistency", value: 59 / 60, threshold: 1, samples: 60, windowMs: 0 },
        why: expect.stringMatching(
          /^1 of 60 results differ.*kpi of \w+ at \$\.totalVideos is 21, expected 20$/,
        ) as string,
      },
    ]);
  });

  test("that passes later does not undo it; a person does", async () => {
    const t = makeBackend();
    await t.mutation(internal.flags.setDefault, { key, value: true });
    await built(t, "https://test|ann");
    await damage(t, "https://test|ann");
    await t.action(internal.validation.checkUser, { userId: "https://test|ann" });
    await t.action(internal.recompute.user, { userId: "https://test|ann" });
    const report = await t.action(internal.validation.checkUser, { userId: "https://test|ann" });
    expect(report).toMatchObject({ outcome: "passed", differing: 0 });
    expect(await evaluate(t, "https://test|ann")).toBe("false TARGETING_MATCH");
    await t.mutation(internal.flags.clearUser, { userId: "https://test|ann", why: "repaired" });
    expect(await evaluate(t, "https://test|ann")).toBe("true STATIC");
  });

  test("that failed keeps even a user who was named out, until one passes", async () => {
    const t = makeBackend();
    await built(t, "https://test|ann");
    await damage(t, "https://test|ann");
    await t.action(internal.validation.checkUser, { userId: "https://test|ann" });
    await t.mutation(internal.flags.setUser, { userId: "https://test|ann", value: true });
    expect(await evaluate(t, "https://test|ann")).toBe("false DEFAULT");
    await t.action(internal.recompute.user, { userId: "https://test|ann" });
    await t.action(internal.validation.checkUser, { userId: "https://test|ann" });
    expect(await evaluate(t, "https://test|ann")).toBe("true TARGETING_MATCH");
  });

  test("meets changes with no verdict", async () => {
    const t = makeBackend();
    await built(t, "https://test|ann");
    const before = await validationOf(t, "https://test|ann");
    await asUser(t, "https://test|ann").mutation(api.watchRecords.ingest, { records: watches(25) });
    const report = await t.action(internal.validation.checkUser, { userId: "https://test|ann" });
    expect(report.outcome).toBe("inconclusive");
    expect(await validationOf(t, "https://test|ann")).toEqual(before);
    expect(await evaluate(t, "https://test|ann")).toBe("false DEFAULT");
  });

  test("notes nothing where the results changed while it read", async () => {
    const t = makeBackend();
    await built(t, "https://test|ann");
    const opened = await t.query(internal.check.open, { userId: "https://test|ann" });
    await t.action(internal.recompute.user, { userId: "https://test|ann" });
    const isNoted = await t.mutation(internal.check.conclude, {
      userId: "https://test|ann",
      runId: null,
      moment: opened!.moment,
      findings: {
        compared: 60,
        equal: 0,
        differing: 60,
        stale: 0,
        layers: { recordsToSegments: "equal", segmentsToResults: "different" },
        segments: 0,
        differences: [],
      },
    });
    expect(isNoted).toBe(false);
    expect(await validationOf(t, "https://test|ann")).toMatchObject({ status: "passed" });
  });

  test("finds a missing result, a second one and one of another zone", async () => {
    const t = makeBackend();
    await built(t, "https://test|ann");
    await inTables(t, async (ctx) => {
      const rows = await ctx.db.query("precomputed_aggregations").take(60);
      const of = (type: string) => rows.find((row) => row.aggregationType === type)!;
      await ctx.db.delete("precomputed_aggregations", of("kpi")._id);
      const { _id, _creationTime, ...twin } = of("monthly_trend");
      await ctx.db.insert("precomputed_aggregations", twin);
    });
    const report = await t.action(internal.validation.checkUser, { userId: "https://test|ann" });
    expect(report.differing).toBe(2);
    expect(
      report.differences?.map(({ aggregationType, fault }) => `${aggregationType ?? ""} ${fault}`),
    ).toEqual(["kpi missing-result", "monthly_trend duplicate-result"]);
  });

  test("can be told not to roll back by itself", async () => {
    const t = makeBackend();
    await t.mutation(internal.flags.setDefault, { key, value: true });
    await built(t, "https://test|ann");
    await t.mutation(internal.monitoring.setThresholds, { rollsBackUsers: false });
    await damage(t, "https://test|ann");
    await t.action(internal.validation.checkUser, { userId: "https://test|ann" });
    const targets = await inTables(t, (ctx) => ctx.db.query("feature_flag_targets").take(5));
    expect(targets).toEqual([]);
    expect(await evaluate(t, "https://test|ann")).toBe("true STATIC");
    await t.mutation(internal.monitoring.setThresholds, { rollsBackUsers: true });
    expect(await evaluate(t, "https://test|ann")).toBe("false DEFAULT");
  });
});

describe("rolling back", () => {
  async function rollout(t: Backend): Promise<void> {
    await t.mutation(internal.flags.setDefault, { key, value: false });
    await t.mutation(internal.flags.setSufficientData, { minRecords: 20 });
    await t.mutation(internal.flags.setPercentage, { percentage: 100 });
    await t.mutation(internal.flags.addBetaUsers, { userIds: ["https://test|beta"] });
    await t.mutation(internal.flags.setUser, { userId: "https://test|named", value: true });
    await built(t, "https://test|rich");
  }
  const users = [
    "https://test|beta",
    "https://test|named",
    "https://test|rich",
    "https://test|poor",
  ];

  test.each([
    ["beta", ["true SPLIT", "true TARGETING_MATCH", "true TARGETING_MATCH", "true SPLIT"]],
    [
      "sufficientData",
      ["true TARGETING_MATCH", "true TARGETING_MATCH", "true SPLIT", "true SPLIT"],
    ],
    [
      "percentage",
      ["true TARGETING_MATCH", "true TARGETING_MATCH", "true TARGETING_MATCH", "false STATIC"],
    ],
    ["all", ["false DISABLED", "false DISABLED", "false DISABLED", "false DISABLED"]],
  ] as const)("by %s takes off who is on by it", async (segment, expected) => {
    const t = makeBackend();
    await rollout(t);
    await t.mutation(internal.rollout.rollbackAll, { reason: "smoke", segment });
    const seen = [];
    for (const userId of users) seen.push(await evaluate(t, userId));
    expect(seen).toEqual(expected);
    const rows = await inTables(t, (ctx) => ctx.db.query("rollout_events").order("desc").take(1));
    expect(rows).toMatchObject([{ action: `rollout:rollbackAll ${segment}`, why: "smoke" }]);
  });

  test("takes off one user", async () => {
    const t = makeBackend();
    await rollout(t);
    await t.mutation(internal.rollout.rollbackUser, {
      userId: "https://test|rich",
      reason: "wrong numbers",
    });
    expect(await evaluate(t, "https://test|rich")).toBe("false TARGETING_MATCH");
    expect(await evaluate(t, "https://test|poor")).toBe("true SPLIT");
  });

  test("shows in the survey of all users", async () => {
    const t = makeBackend();
    await t.mutation(internal.flags.setDefault, { key, value: true });
    for (const userId of ["https://test|ann", "https://test|bob", "https://test|eve"])
      await built(t, userId);
    await t.mutation(internal.rollout.rollbackUser, { userId: "https://test|eve", reason: "x" });
    const { counts, isDone } = await t.query(internal.rollout.survey, { cursor: null });
    expect(isDone).toBe(true);
    expect(counts).toEqual([
      { reason: "STATIC", rule: "default", value: true, users: 2 },
      { reason: "TARGETING_MATCH", rule: "user", value: false, users: 1 },
    ]);
  });
});
