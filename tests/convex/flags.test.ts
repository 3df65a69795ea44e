import fc from "fast-check";
import { ConvexError } from "convex/values";
import { afterEach, describe, expect, test, vi } from "vitest";
import { api } from "../../convex/_generated/api";
import { evaluateFlag, NEW_FLAG, type FlagFacts } from "../../convex/model/flagRules";
import { rolloutBucket } from "../../src/engine";
import { inTables, internal } from "../support/reach";
import { asUser, makeBackend, NOON, settle, watches, type Backend } from "./support";

afterEach(() => vi.useRealTimers());

const key = "some_flag";

async function evaluate(t: Backend, userId: string) {
  return await asUser(t, userId).query(api.flags.evaluate, { key });
}

async function refusalOf(call: Promise<unknown>): Promise<string> {
  const error: unknown = await call.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ConvexError);
  const { data } = error as ConvexError<{ code: string; message: string }>;
  return `${data.code}: ${data.message}`;
}

/** A user with so many records that are aggregated. */
async function userWithRecords(t: Backend, userId: string, count: number): Promise<void> {
  await asUser(t, userId).mutation(api.watchRecords.ingest, { records: watches(count) });
  await settle(t);
}

/** All users named "user-0" and so on, by whether a share of so many percent lets them in. */
function isWithin(percentage: number, userId: string): boolean {
  return rolloutBucket(key, userId) < percentage * 100;
}

const USERS = Array.from({ length: 200 }, (_, index) => `https://test|user-${String(index)}`);
const within25 = USERS.find((userId) => isWithin(25, userId))!;

describe("a flag", () => {
  test("nobody set is off, and says that it is not known", async () => {
    expect(await evaluate(makeBackend(), "https://test|ann")).toEqual({
      value: false,
      variant: "off",
      reason: "DEFAULT",
      errorCode: "FLAG_NOT_FOUND",
    });
  });

  test("is its default where no rule applies", async () => {
    const t = makeBackend();
    for (const value of [true, false]) {
      await t.mutation(internal.flags.setDefault, { key, value });
      const variant = value ? "on" : "off";
      expect(await evaluate(t, "https://test|ann")).toEqual({ value, variant, reason: "STATIC" });
    }
  });

  test("obeys its rules in their order, each overruled by the one before", async () => {
    const t = makeBackend();
    const userId = within25;
    await userWithRecords(t, userId, 20);
    const seen: string[] = [];
    const see = async () => {
      const { value, reason } = await evaluate(t, userId);
      seen.push(`${String(value)} ${reason}`);
    };
    await t.mutation(internal.flags.setDefault, { key, value: false });
    await see();
    await t.mutation(internal.flags.setPercentage, { key, percentage: 25 });
    await see();
    await t.mutation(internal.flags.setSufficientData, { key, minRecords: 20 });
    await see();
    await t.mutation(internal.flags.addBetaUsers, { key, userIds: [userId] });
    await see();
    await t.mutation(internal.flags.setUser, { key, userId, value: false });
    await see();
    await t.mutation(internal.flags.setUser, { key, userId, value: true });
    await see();
    await t.mutation(internal.flags.kill, { key, why: "smoke" });
    await see();
    expect(seen).toEqual([
      "false STATIC",
      "true SPLIT",
      "true TARGETING_MATCH",
      "true TARGETING_MATCH",
      "false TARGETING_MATCH",
      "true TARGETING_MATCH",
      "false DISABLED",
    ]);
    seen.length = 0;
    await t.mutation(internal.flags.revive, { key });
    await t.mutation(internal.flags.clearUser, { key, userId });
    await see();
    await t.mutation(internal.flags.setSufficientData, { key, isEnabled: false });
    await see();
    await t.mutation(internal.flags.removeBetaUsers, { key, userIds: [userId] });
    await see();
    await t.mutation(internal.flags.setPercentage, { key, percentage: 0 });
    await see();
    expect(seen).toEqual([
      "true TARGETING_MATCH",
      "true TARGETING_MATCH",
      "true SPLIT",
      "false STATIC",
    ]);
  });

  test("lets in who has enough records: a thousand unless told otherwise", async () => {
    const t = makeBackend();
    await t.mutation(internal.flags.setDefault, { key, value: false });
    const { sufficientData } = await t.query(internal.flags.show, { key });
    expect(sufficientData).toEqual({ isEnabled: true, minRecords: 1_000 });
    await userWithRecords(t, "https://test|ann", 19);
    await userWithRecords(t, "https://test|bob", 20);
    await t.mutation(internal.flags.setSufficientData, { key, minRecords: 20 });
    expect(await evaluate(t, "https://test|ann")).toMatchObject({ value: false, reason: "STATIC" });
    expect(await evaluate(t, "https://test|bob")).toMatchObject({
      value: true,
      reason: "TARGETING_MATCH",
    });
  });

  test("is independent of others", async () => {
    const t = makeBackend();
    await t.mutation(internal.flags.setDefault, { key: "another", value: true });
    await t.mutation(internal.flags.kill, { key: "a third", why: "smoke" });
    expect(await evaluate(t, "https://test|ann")).toMatchObject({
      value: false,
      reason: "DEFAULT",
    });
  });

  test("without a name is the one of this module", async () => {
    const t = makeBackend();
    await t.mutation(internal.flags.setPercentage, { percentage: 12.34 });
    expect(await t.query(internal.flags.show, {})).toEqual({
      key: "precomputed_aggregations",
      exists: true,
      problem: null,
      ...NEW_FLAG,
      percentage: 12.34,
    });
  });
});

describe("a percentage", () => {
  const facts = (userId: string, percentage: number): FlagFacts => ({
    key,
    userId,
    // Of a row, rules read only these.
    flags: [{ ...NEW_FLAG, key, percentage } as FlagFacts["flags"][number]],
    targets: [],
    recordCount: () => Promise.resolve(0),
  });

  test("is exact over 100,000 users, within the binomial's 99.9 % interval", async () => {
    const users = 100_000;
    for (const percentage of [0.01, 10, 50]) {
      let on = 0;
      for (let index = 0; index < users; index++) {
        if ((await evaluateFlag(facts(`https://test|user-${String(index)}`, percentage))).value)
          on += 1;
      }
      const share = percentage / 100;
      const deviation = 3.2905 * Math.sqrt(users * share * (1 - share));
      expect(Math.abs(on - users * share), `${String(percentage)} %`).toBeLessThanOrEqual(
        deviation,
      );
    }
  });

  test("keeps who is in as it grows, and one flag says nothing of another", async () => {
    const grown = fc.tuple(fc.string(), fc.nat(10_000), fc.nat(10_000));
    await fc.assert(
      fc.asyncProperty(grown, async ([userId, one, other]) => {
        const [less, more] = [Math.min(one, other) / 100, Math.max(one, other) / 100];
        const isIn = (await evaluateFlag(facts(userId, less))).value;
        if (isIn) expect((await evaluateFlag(facts(userId, more))).value).toBe(true);
      }),
    );
    const both = USERS.filter(
      (userId) => rolloutBucket("a", userId) < 5_000 && rolloutBucket("b", userId) < 5_000,
    );
    expect(both.length).toBeGreaterThan(25);
    expect(both.length).toBeLessThan(75);
  });
});

describe("nonsense", () => {
  test.each([
    [{ percentage: 900 }, /INVALID_SETTING: Nothing was changed: percentage is 900; .* 0 and 100/],
    [{ percentage: -1 }, /percentage is -1/],
    [{ percentage: Number.NaN }, /percentage is NaN/],
    [{ percentage: 12.345 }, /12.345 is finer than steps of 0.01/],
  ])("is refused by setPercentage: %j", async (args, message) => {
    const t = makeBackend();
    expect(await refusalOf(t.mutation(internal.flags.setPercentage, { key, ...args }))).toMatch(
      message,
    );
    expect(await t.query(internal.flags.show, { key })).toMatchObject({ exists: false });
  });

  test("is refused by setSufficientData and addBetaUsers", async () => {
    const t = makeBackend();
    const half = t.mutation(internal.flags.setSufficientData, { key, minRecords: 0.5 });
    expect(await refusalOf(half)).toMatch(/minRecords is 0.5; it must be a whole number/);
    const userIds = Array.from({ length: 501 }, (_, index) => String(index));
    const many = t.mutation(internal.flags.addBetaUsers, { key, userIds });
    expect(await refusalOf(many)).toMatch(/BATCH_TOO_LARGE: .*userIds has 501 entries/);
  });

  test.each([
    ["a percentage of 900", { percentage: 900 }],
    ["a percentage that is none", { percentage: Number.NaN }],
    ["a share of records", { sufficientData: { isEnabled: true, minRecords: -5 } }],
  ])("written by hand in the tables is off for everybody: %s", async (_what, changes) => {
    const t = makeBackend();
    await t.mutation(internal.flags.setDefault, { key, value: true });
    await inTables(t, async (ctx) => {
      const [flag] = await ctx.db.query("feature_flags").take(1);
      await ctx.db.patch("feature_flags", flag!._id, changes);
    });
    expect(await evaluate(t, "https://test|ann")).toEqual({
      value: false,
      variant: "off",
      reason: "ERROR",
      errorCode: "GENERAL",
    });
    expect((await t.query(internal.flags.show, { key })).problem).not.toBeNull();
  });

  test("by hand may be two rows of one flag, or of one user", async () => {
    const t = makeBackend();
    const row = { ...NEW_FLAG, key, defaultValue: true };
    await inTables(t, async (ctx) => {
      await ctx.db.insert("feature_flags", row);
      for (const value of [true, false]) {
        await ctx.db.insert("feature_flag_targets", {
          key,
          userId: "https://test|bob",
          value,
          isBeta: false,
        });
      }
    });
    expect(await evaluate(t, "https://test|bob")).toMatchObject({ value: false, reason: "ERROR" });
    expect(await evaluate(t, "https://test|ann")).toMatchObject({ value: true, reason: "STATIC" });
    await inTables(t, async (ctx) => {
      await ctx.db.insert("feature_flags", row);
    });
    expect(await evaluate(t, "https://test|ann")).toMatchObject({ value: false, reason: "ERROR" });
    const setting = t.mutation(internal.flags.setDefault, { key, value: false });
    expect(await refusalOf(setting)).toMatch(/several rows of the flag "some_flag"/);
    // A rule set by a function puts the user's rows in order.
    await t.mutation(internal.flags.setUser, { key, userId: "https://test|bob", value: true });
    const targets = await inTables(t, (ctx) => ctx.db.query("feature_flag_targets").take(5));
    expect(targets).toMatchObject([{ userId: "https://test|bob", value: true }]);
  });
});

describe("the audit trail", () => {
  async function events(t: Backend) {
    const rows = await inTables(t, (ctx) => ctx.db.query("rollout_events").take(50));
    return rows.map(({ _id, _creationTime, ...event }) => event);
  }

  test("has a row for each change: who, what, before, after and why", async () => {
    const t = makeBackend();
    await t.mutation(internal.flags.setDefault, { key, value: true, why: "beta went well" });
    await t.mutation(internal.flags.setPercentage, { key, percentage: 12.5 });
    await t.mutation(internal.flags.setSufficientData, { key, minRecords: 5 });
    await t.mutation(internal.flags.addBetaUsers, {
      key,
      userIds: ["https://test|ann", "https://test|ann"],
    });
    await t.mutation(internal.flags.setUser, { key, userId: "https://test|ann", value: false });
    await t.mutation(internal.flags.kill, { key, why: "smoke" });
    const base = { at: NOON, actor: "admin", key, subject: null, why: null, decision: null };
    expect(await events(t)).toEqual([
      { ...base, action: "flags:setDefault", before: null, after: true, why: "beta went well" },
      { ...base, action: "flags:setPercentage", before: 0, after: 12.5 },
      {
        ...base,
        action: "flags:setSufficientData",
        before: { isEnabled: true, minRecords: 1_000 },
        after: { isEnabled: true, minRecords: 5 },
      },
      {
        ...base,
        action: "flags:addBetaUsers",
        subject: "https://test|ann",
        before: "no rule",
        after: "no rule, beta",
      },
      {
        ...base,
        action: "flags:setUser",
        subject: "https://test|ann",
        before: "no rule, beta",
        after: "off, beta",
      },
      { ...base, action: "flags:kill", before: "alive", after: "killed", why: "smoke" },
    ]);
  });

  test("has none where nothing changed", async () => {
    const t = makeBackend();
    for (let time = 0; time < 2; time++) {
      await t.mutation(internal.flags.setPercentage, { key, percentage: 5 });
      await t.mutation(internal.flags.setUser, { key, userId: "https://test|ann", value: true });
      await t.mutation(internal.flags.clearUser, { key, userId: "https://test|bob" });
    }
    expect(await events(t)).toHaveLength(2);
  });
});
