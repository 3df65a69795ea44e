import { getFunctionName, type FunctionReference } from "convex/server";
import { afterEach, describe, expect, test, vi } from "vitest";
import { api } from "../../convex/_generated/api";
import type { ActionCtx } from "../../convex/_generated/server";
import { joinParts } from "../../convex/model/columns";
import { storeAttributes } from "../../convex/model/compute";
import { driveQuietly, driveReporting } from "../../convex/model/drive";
import type { Work } from "../../convex/model/work";
import { inTables, internal } from "../support/reach";
import { beginRun, finishRun, wake } from "../support/runs";
import {
  ALL,
  asUser,
  DAY_MS,
  expectCorrect,
  expectedResults,
  filtersArg,
  makeBackend,
  NOON,
  runUntil,
  settle,
  stateOf,
  storedResults,
  watch,
  watches,
  type Backend,
} from "./support";

const ANN = "https://test|ann";
const BOB = "https://test|bob";

/** What Convex says of a mutation that lost all its tries against others. */
const CONFLICT =
  'Documents read from or written to the "watch_records" table changed while this mutation was ' +
  "being run and on every subsequent retry.";
const TIME_OUT = "Function execution timed out (maximum duration: 1s)";

afterEach(() => vi.useRealTimers());

async function ingest(t: Backend, userId: string, records = [watch()]): Promise<void> {
  await asUser(t, userId).mutation(api.watchRecords.ingest, { records });
}

/** The context of an action whose `advance` may fail in ways that only a real deployment has. */
function actionCtx(t: Backend, failure: (work: Work) => string | null): ActionCtx {
  const runMutation = async (reference: FunctionReference<"mutation">, args: never) => {
    if (getFunctionName(reference) === "recompute:advance") {
      const message = failure((args as { work: Work }).work);
      if (message !== null) throw new Error(message);
    }
    return (await t.mutation(reference, args)) as unknown;
  };
  const runQuery = async (reference: FunctionReference<"query">, args: never) =>
    (await t.query(reference, args)) as unknown;
  // Runs use nothing else of an action's context.
  return { runMutation, runQuery } as unknown as ActionCtx;
}

describe("a step that times out", () => {
  test("is repeated with half of the work until it fits", async () => {
    const t = makeBackend();
    await ingest(t, ANN, watches(40));
    const scales: number[] = [];
    const ctx = actionCtx(t, ({ scale }) => {
      scales.push(scale);
      return scale > 1 / 8 ? TIME_OUT : null;
    });
    expect(await driveReporting(ctx, await wake(t, ANN))).toBe("done");
    expect(scales.slice(0, 4)).toEqual([1, 1 / 2, 1 / 4, 1 / 8]);
    // What once did not fit is not tried again in this run: 3 filters at a time, two steps.
    expect(scales.slice(4)).toEqual([1 / 8]);
    await expectCorrect(t, ANN);
  });

  test("however small it is makes the run fail, and the error shows", async () => {
    const t = makeBackend();
    await ingest(t, ANN, watches(4));
    expect(
      await driveReporting(
        actionCtx(t, () => TIME_OUT),
        await wake(t, ANN),
      ),
    ).toBe("failed");
    expect((await stateOf(t, ANN)).lastError?.message).toBe(TIME_OUT);
    expect(await asUser(t, ANN).query(api.aggregations.status, {})).toMatchObject({
      lastError: TIME_OUT,
    });
  });
});

describe("a step that lost all its tries against other writers", () => {
  test("is tried again at once, and costs the run nothing", async () => {
    const t = makeBackend();
    await ingest(t, ANN, watches(4));
    let conflicts = 0;
    const ctx = actionCtx(t, () => (conflicts++ < 2 ? CONFLICT : null));
    expect(await driveReporting(ctx, await wake(t, ANN))).toBe("done");
    await expectCorrect(t, ANN);
  });

  test("again and again postpones the run a second: no error, no attempt used up", async () => {
    const t = makeBackend();
    await ingest(t, ANN, watches(4));
    await driveReporting(
      actionCtx(t, () => CONFLICT),
      await wake(t, ANN),
    );
    expect(await stateOf(t, ANN)).toMatchObject({
      ...{ phase: "scheduled", attempts: 0, lastError: null },
    });
    const postponedAt = Date.now();
    await runUntil(t, async () => (await stateOf(t, ANN)).phase === "idle");
    expect(Date.now() - postponedAt).toBeLessThanOrEqual(1_500);
    await expectCorrect(t, ANN);
  });

  test("makes a quiet run busy, and frees the lease without an error", async () => {
    const t = makeBackend();
    await ingest(t, ANN, watches(4));
    await settle(t);
    expect(
      await driveQuietly(
        actionCtx(t, () => CONFLICT),
        ANN,
        "rebuild",
      ),
    ).toBe("busy");
    expect(await stateOf(t, ANN)).toMatchObject({ phase: "idle", lastError: null });
    await expect(
      driveQuietly(
        actionCtx(t, () => "broken"),
        ANN,
        "rebuild",
      ),
    ).rejects.toThrow("broken");
    expect((await stateOf(t, ANN)).lastError?.message).toBe("broken");
  });
});

describe("the sweep", () => {
  test("leaves a run alone that only waits for its turn", async () => {
    const t = makeBackend();
    await ingest(t, ANN, watches(4));
    const { generation } = await wake(t, ANN);
    // All places are taken: what is scheduled has not begun after minutes.
    vi.setSystemTime(NOON + 5 * 60_000);
    await t.mutation(internal.maintenance.sweep, {});
    const state = await stateOf(t, ANN);
    expect(state).toMatchObject({ phase: "scheduled", generation });
    expect(state.dueAt).toBeGreaterThan(Date.now());
    // Nor does a change queue a second one.
    await ingest(t, ANN, [watch({ videoId: "next" })]);
    await t.mutation(internal.recompute.wake, { userId: ANN });
    expect(await stateOf(t, ANN)).toMatchObject({ generation });
    await settle(t);
    await expectCorrect(t, ANN);
  });

  test("sees every user with a lost change, however many rows another has", async () => {
    const t = makeBackend();
    await ingest(t, ANN, watches(3));
    await ingest(t, BOB, watches(3));
    await settle(t);
    await inTables(t, async (ctx) => {
      const row = {
        ...{ changeType: "update" as const, recordCount: 1, changedAt: Date.now() },
        ...{ processed: false, days: [20_000], undatedBuckets: [] },
      };
      for (let count = 0; count < 700; count++) {
        await ctx.db.insert("data_change_log", { ...row, userId: ANN });
      }
      await ctx.db.insert("data_change_log", { ...row, userId: BOB });
    });
    vi.setSystemTime(Date.now() + 120_000);
    await t.mutation(internal.maintenance.sweep, {});
    for (const userId of [ANN, BOB]) expect((await stateOf(t, userId)).phase).toBe("scheduled");
  });
});

describe("a clock that was ahead for a while", () => {
  test.each([
    [
      "while a run was scheduled",
      async (t: Backend): Promise<void> => {
        await wake(t, ANN);
      },
    ],
    [
      "while a run was at work",
      async (t: Backend) => {
        const lease = await wake(t, ANN);
        await t.mutation(internal.recompute.begin, lease);
      },
    ],
    ["after a run", async (t: Backend) => await settle(t)],
  ])("%s does not hold up what comes later", async (_name, during) => {
    const t = makeBackend();
    vi.setSystemTime(NOON + 30 * DAY_MS);
    await ingest(t, ANN, watches(4));
    await during(t);
    vi.setSystemTime(NOON);
    vi.clearAllTimers();
    await ingest(t, ANN, [watch({ videoId: "later" })]);
    const startedAt = Date.now();
    await runUntil(t, async () => {
      const { pendingChanges } = await asUser(t, ANN).query(api.aggregations.status, {});
      return pendingChanges === 0;
    });
    expect(Date.now() - startedAt).toBeLessThanOrEqual(3_000);
    await expectCorrect(t, ANN);
  });
});

describe("columns that cannot be read", () => {
  test("make a request for a filter wait for their rebuild, without a raw error", async () => {
    const t = makeBackend();
    await ingest(t, ANN, watches(20));
    await settle(t);
    await inTables(t, async (ctx) => {
      const [segment] = await ctx.db.query("watch_segments").take(1);
      await ctx.db.patch("watch_segments", segment!._id, { bytes: new ArrayBuffer(3) });
    });
    const music = { ...ALL, topics: ["Music"] };
    const request = { filters: filtersArg(music), keep: true };
    expect(await asUser(t, ANN).mutation(api.aggregations.request, request)).toBe("scheduled");
    await settle(t);
    expect(await storedResults(t, ANN, music)).toEqual(await expectedResults(t, ANN, music));
    await expectCorrect(t, ANN);
  });
});

test("a rebuild that is asked for during a run is not lost with it", async () => {
  const t = makeBackend();
  await ingest(t, ANN, watches(4));
  await settle(t);
  const { epoch } = await stateOf(t, ANN);
  await ingest(t, ANN, [watch({ videoId: "new" })]);
  const begun = await beginRun(t, await wake(t, ANN));
  await t.mutation(internal.quietRuns.leaveRebuild, { userId: ANN });
  await t.mutation(internal.recompute.advance, begun);
  await finishRun(t, begun);
  await settle(t);
  expect((await stateOf(t, ANN)).epoch).toBeGreaterThan(epoch);
  await expectCorrect(t, ANN);
});

describe("channel attributes larger than a document", () => {
  const owner = { userId: ANN, epoch: 1 };

  async function store(t: Backend, attributes: Uint8Array) {
    return await inTables(t, async (ctx) => {
      const read = () =>
        ctx.db
          .query("channel_attributes")
          .withIndex("by_user_part", (q) => q.eq("userId", ANN))
          .take(10);
      const before = await read();
      await storeAttributes(ctx, owner, attributes, before);
      const after = await read();
      const old = new Map(before.map((row) => [row.part, row]));
      const written = after.filter((row) => !sameParts(row, old.get(row.part)));
      return { after, written: written.map(({ part }) => part) };
    });
  }

  /** Much faster than `toEqual` on millions of bytes. */
  function isSame(a: Uint8Array, b: Uint8Array): boolean {
    return Buffer.from(a).equals(b);
  }

  function sameParts(a: { bytes: ArrayBuffer }, b: { bytes: ArrayBuffer } | undefined): boolean {
    return b !== undefined && isSame(new Uint8Array(a.bytes), new Uint8Array(b.bytes));
  }

  test("are kept in parts, of which only those are written that changed", async () => {
    const t = makeBackend();
    const attributes = Uint8Array.from({ length: 2_000_000 }, (_, index) => index % 251);
    const { after } = await store(t, attributes);
    expect(after.map(({ part }) => part)).toEqual([0, 1, 2]);
    for (const { bytes } of after) expect(bytes.byteLength).toBeLessThan(2 ** 20);
    expect(isSame(joinParts(after), attributes)).toBe(true);
    attributes[900_000] = 255;
    const changed = await store(t, attributes);
    expect(changed.written).toEqual([1]);
    expect(isSame(joinParts(changed.after), attributes)).toBe(true);
    const shorter = await store(t, attributes.subarray(0, 10));
    expect(shorter.after).toHaveLength(1);
    expect(joinParts(shorter.after)).toEqual(attributes.subarray(0, 10));
  });
});
