import type { FunctionReference } from "convex/server";
import { afterEach, describe, expect, test, vi } from "vitest";
import { api } from "../../convex/_generated/api";
import type { ActionCtx } from "../../convex/_generated/server";
import { driveQuietly } from "../../convex/model/drive";
import { run as recomputeRun } from "../../convex/recompute";
import { ENGINE_VERSION } from "../../src/engine";
import { inTables, internal } from "../support/reach";
import { wake } from "../support/runs";
import { ingest, readAll, runFor, runToEnd, settleUsers } from "./erasing";
import {
  ALL,
  NOON,
  asUser,
  expectedResults,
  filtersArg,
  makeBackend,
  stateOf,
  storedResults,
  watch,
  type Backend,
} from "./support";
import { expectCurrent, filtersOf, makeUsers, rowsOf, storeAsOther } from "./versions";

afterEach(() => vi.useRealTimers());

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const MUSIC = { ...ALL, topics: ["Music"] };

/** A user whose results newer code has stored just now. */
async function makeNewer(t: Backend): Promise<void> {
  await makeUsers(t, "https://test|ann");
  await storeAsOther(t, "https://test|ann", { by: 1, hasOtherData: true });
  const { _id } = await stateOf(t, "https://test|ann");
  const lastRecomputedAt = Date.now();
  await inTables(t, (ctx) => ctx.db.patch("aggregation_state", _id, { lastRecomputedAt }));
}

/** All that newer code has made of the records, and noted of it. */
async function readNewer(t: Backend): Promise<string[]> {
  const tables = [
    "precomputed_aggregations",
    "tracked_filters",
    "watch_segments",
    "watch_dictionaries",
    "channel_attributes",
  ];
  const rows = await readAll(t);
  return rows.filter(({ table }) => tables.includes(table)).map(({ text }) => text);
}

async function waitingRows(t: Backend) {
  const rows = await inTables(t, (ctx) => ctx.db.query("data_change_log").take(100));
  return rows.filter(({ processed }) => !processed);
}

describe("results that newer code has stored", () => {
  test("are left alone by a run for changes, which comes again every 30 s", async () => {
    const t = makeBackend();
    await makeNewer(t);
    const newer = await readNewer(t);
    await ingest(t, "https://test|ann", [watch({ videoId: "new" })]);
    const { generation } = await wake(t, "https://test|ann");
    await runFor(t, 5 * MINUTE_MS);
    expect(await readNewer(t)).toEqual(newer);
    expect(await waitingRows(t)).toHaveLength(1);
    const state = await stateOf(t, "https://test|ann");
    expect(state).toMatchObject({ phase: "scheduled", attempts: 0, lastError: null });
    expect(state.generation - generation).toBe(10);
  });

  test("are taken over once nothing newer has been written for 15 minutes", async () => {
    const t = makeBackend();
    await makeNewer(t);
    const newer = await readNewer(t);
    await ingest(t, "https://test|ann", [watch({ videoId: "new" })]);
    const { lastRecomputedAt } = await stateOf(t, "https://test|ann");
    await runFor(t, 15 * MINUTE_MS - SECOND_MS);
    expect(await readNewer(t)).toEqual(newer);
    await settleUsers(t, "https://test|ann");
    expect(Date.now() - (lastRecomputedAt ?? 0)).toBeLessThan(15 * MINUTE_MS + 40 * SECOND_MS);
    await expectCurrent(t, "https://test|ann");
    expect(await waitingRows(t)).toEqual([]);
  });

  test("are left to it as long as it goes on writing", async () => {
    const t = makeBackend();
    await makeNewer(t);
    await ingest(t, "https://test|ann", [watch({ videoId: "new" })]);
    for (let round = 0; round < 3; round++) {
      await runFor(t, 10 * MINUTE_MS);
      await makeNewestNow(t);
    }
    expect(await stateOf(t, "https://test|ann")).toMatchObject({
      engineVersion: ENGINE_VERSION + 10,
    });
    expect(await waitingRows(t)).toHaveLength(1);
  });

  test("are left alone by an upgrade and by runs that nobody waits for", async () => {
    const t = makeBackend();
    await makeNewer(t);
    const before = await readAll(t);
    await t.mutation(internal.upgrade.look, {});
    for (const plan of ["refresh", "rebuild"] as const) {
      const begun = await t.mutation(internal.quietRuns.begin, {
        userId: "https://test|ann",
        plan,
      });
      expect(begun).toBeNull();
    }
    expect(await readAll(t)).toEqual(before);
  });

  test("are left alone by a page that asks, for what is stored and for what is not", async () => {
    const t = makeBackend();
    await makeNewer(t);
    const newer = await readNewer(t);
    for (const filters of [ALL, MUSIC]) {
      const asked = await asUser(t, "https://test|ann").mutation(api.aggregations.request, {
        filters: filtersArg(filters),
        keep: true,
      });
      expect(asked).toBe("ready");
    }
    await runFor(t, 5 * MINUTE_MS);
    // The wish for the second filter is kept for whoever computes next.
    expect(await readNewer(t)).toEqual(expect.arrayContaining(newer));
    expect(
      (await filtersOf(t, "https://test|ann")).filter(({ stored }) => stored === null),
    ).toHaveLength(1);
    expect(await rowsOf(t, "https://test|ann")).toHaveLength(60);
    await runFor(t, 11 * MINUTE_MS);
    await expectCurrent(t, "https://test|ann");
    const expected = await expectedResults(t, "https://test|ann", MUSIC);
    expect(await storedResults(t, "https://test|ann", MUSIC)).toEqual(expected);
  });

  test("are not called wrong by a validation, nor right, and their user stays on them", async () => {
    const t = makeBackend();
    await t.mutation(internal.flags.setUser, { userId: "https://test|ann", value: true });
    await makeNewer(t);
    const newer = await readNewer(t);
    const before = await validationsOf(t);
    await t.mutation(internal.validation.start, { userIds: ["https://test|ann"], repair: true });
    expect(await runToEnd(t, "validation")).toMatchObject({ done: 1, failed: 0 });
    const report = await t.action(internal.validation.checkUser, { userId: "https://test|ann" });
    expect(report).toMatchObject({ compared: 0, differing: 0, differences: [] });
    const key = "precomputed_aggregations";
    const flag = await asUser(t, "https://test|ann").query(api.flags.evaluate, { key });
    expect(flag).toMatchObject({ value: true });
    expect(await readNewer(t)).toEqual(newer);
    expect(await validationsOf(t)).toEqual(before);
  });

  test("of one aggregation do not keep a validation from judging the other nine", async () => {
    const t = makeBackend();
    await makeUsers(t, "https://test|ann");
    await storeAsOther(t, "https://test|ann", { by: 1, types: ["kpi"], hasOtherData: true });
    const report = await t.action(internal.validation.checkUser, { userId: "https://test|ann" });
    expect(report).toMatchObject({ outcome: "passed", compared: 54, equal: 54, differences: [] });
  });
});

async function validationsOf(t: Backend) {
  return await inTables(t, (ctx) => ctx.db.query("user_validations").take(10));
}

async function makeNewestNow(t: Backend): Promise<void> {
  const { _id } = await stateOf(t, "https://test|ann");
  const lastRecomputedAt = Date.now();
  await inTables(t, (ctx) => ctx.db.patch("aggregation_state", _id, { lastRecomputedAt }));
}

/** What an action of code sees that handed on less than `advance` asks for now. */
function asOfOlderCode(ctx: ActionCtx): ActionCtx {
  const runMutation = async (
    reference: FunctionReference<"mutation", "internal">,
    args: Record<string, unknown>,
  ): Promise<unknown> => {
    if (!("work" in args)) return await ctx.runMutation(reference, args);
    const { cost: _cost, ...work } = args["work"] as Record<string, unknown>; // an object, as it is validated
    return await ctx.runMutation(reference, { ...args, work });
  };
  // The overloads that are left out take nothing else.
  return { ...ctx, runMutation: runMutation as ActionCtx["runMutation"] };
}

describe("an action of older code that hands over work in a shape of then", () => {
  test("fails, and the change is folded in by the run that comes after it", async () => {
    const t = makeBackend();
    await makeUsers(t, "https://test|ann");
    const before = await rowsOf(t, "https://test|ann");
    await ingest(t, "https://test|ann", [watch({ videoId: "new" })]);
    const { generation } = await wake(t, "https://test|ann");
    // What Convex itself calls of a registered function.
    const { _handler: handler } = recomputeRun as unknown as {
      _handler: (ctx: ActionCtx, args: { userId: string; generation: number }) => Promise<null>;
    };
    await t.action(async (ctx) =>
      handler(asOfOlderCode(ctx), { userId: "https://test|ann", generation }),
    );
    expect(await stateOf(t, "https://test|ann")).toMatchObject({
      ...{ phase: "scheduled", attempts: 1, rebuildRequested: false },
      lastError: { message: expect.stringContaining("cost") as string },
    });
    expect(await rowsOf(t, "https://test|ann")).toEqual(before);
    expect(await waitingRows(t)).toHaveLength(1);
    await settleUsers(t, "https://test|ann");
    expect(Date.now()).toBeLessThan(NOON + 30 * SECOND_MS);
    await expectCurrent(t, "https://test|ann");
  });

  test("and that nobody waited for is given up, and its user is at rest", async () => {
    const t = makeBackend();
    await makeUsers(t, "https://test|ann");
    await storeAsOther(t, "https://test|ann", { by: -1, hasOtherData: true });
    const before = await rowsOf(t, "https://test|ann");
    const driving = t.action(async (ctx) =>
      driveQuietly(asOfOlderCode(ctx), "https://test|ann", "refresh"),
    );
    await expect(driving).rejects.toThrow(/cost/);
    expect(await stateOf(t, "https://test|ann")).toMatchObject({ phase: "idle", dueAt: null });
    expect(await rowsOf(t, "https://test|ann")).toEqual(before);
    await t.mutation(internal.upgrade.look, {});
    expect(await runToEnd(t, "upgrade")).toMatchObject({ done: 1, failed: 0 });
    await expectCurrent(t, "https://test|ann");
  });
});
