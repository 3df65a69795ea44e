import { afterEach, describe, expect, test, vi } from "vitest";
import { api } from "../../convex/_generated/api";
import { withoutRecordWrites } from "../../convex/functions";
import { inTables, internal } from "../support/reach";
import { asUser, DAY_MS, makeBackend, NOON, watch, watches, type Backend } from "./support";

/** The modules' own text, to see what they import. */
const sources = import.meta.glob<string>("../../convex/**/*.ts", {
  query: "?raw",
  import: "default",
  eager: true,
});

afterEach(() => vi.useRealTimers());

async function logRows(t: Backend, userId: string) {
  return await inTables(t, async (ctx) =>
    ctx.db
      .query("data_change_log")
      .withIndex("by_user_processed", (q) => q.eq("userId", userId))
      .take(1_000),
  );
}

async function keys(t: Backend, userId: string): Promise<string[]> {
  return await inTables(t, async (ctx) => {
    const records = await ctx.db
      .query("watch_records")
      .withIndex("by_user_record_key", (q) => q.eq("userId", userId))
      .take(1_000);
    return records.map((record) => record.recordKey);
  });
}

describe("no change is lost", () => {
  test("one row a mutation and kind of change names the count and the UTC days touched", async () => {
    const t = makeBackend();
    const ann = asUser(t, "https://test|ann");
    await ann.mutation(api.watchRecords.ingest, {
      records: [
        watch({ watchedAt: NOON, videoId: "a" }),
        watch({ watchedAt: NOON - 1_000, videoId: "b" }),
        watch({ watchedAt: NOON - DAY_MS, videoId: "c" }),
        watch({ watchedAt: null, videoId: "d" }),
      ],
    });
    const today = Math.floor(NOON / DAY_MS);
    expect(await logRows(t, "https://test|ann")).toEqual([
      expect.objectContaining({
        changeType: "insert",
        recordCount: 4,
        changedAt: NOON,
        processed: false,
        days: [today - 1, today],
        undatedBuckets: [expect.stringMatching(/^[0-9a-f]{2}$/)],
      }),
    ]);
  });

  test("an update that moves a record marks the day it left and the day it came to", async () => {
    const t = makeBackend();
    const ann = asUser(t, "https://test|ann");
    await ann.mutation(api.watchRecords.ingest, { records: [watch({ watchedAt: NOON })] });
    const [recordKey] = await keys(t, "https://test|ann");
    await ann.mutation(api.watchRecords.update, {
      recordKey: recordKey ?? "",
      patch: { watchedAt: NOON - 40 * DAY_MS },
    });
    const today = Math.floor(NOON / DAY_MS);
    const updates = (await logRows(t, "https://test|ann")).filter(
      (row) => row.changeType === "update",
    );
    expect(updates).toEqual([
      expect.objectContaining({ recordCount: 1, days: [today - 40, today], undatedBuckets: [] }),
    ]);
  });

  test("a delete is logged, also of an undated record", async () => {
    const t = makeBackend();
    const ann = asUser(t, "https://test|ann");
    await ann.mutation(api.watchRecords.ingest, { records: [watch({ watchedAt: null })] });
    const recordKeys = await keys(t, "https://test|ann");
    await ann.mutation(api.watchRecords.remove, { recordKeys });
    const deletes = (await logRows(t, "https://test|ann")).filter(
      (row) => row.changeType === "delete",
    );
    expect(deletes).toEqual([
      expect.objectContaining({
        recordCount: 1,
        days: [],
        undatedBuckets: [recordKeys[0]?.slice(0, 2)],
      }),
    ]);
  });

  test("a mutation that changed nothing logs nothing and schedules nothing", async () => {
    const t = makeBackend();
    const ann = asUser(t, "https://test|ann");
    await ann.mutation(api.watchRecords.ingest, { records: [] });
    await ann.mutation(api.watchRecords.remove, { recordKeys: ["nope"] });
    expect(await logRows(t, "https://test|ann")).toEqual([]);
    const scheduled = await inTables(t, async (ctx) =>
      ctx.db.system.query("_scheduled_functions").take(10),
    );
    expect(scheduled).toEqual([]);
  });

  test("records and log row commit together or not at all", async () => {
    const t = makeBackend();
    const ann = asUser(t, "https://test|ann");
    await ann.mutation(api.watchRecords.ingest, { records: watches(3) });
    const before = await logRows(t, "https://test|ann");
    const tooMany = [
      ...(await keys(t, "https://test|ann")),
      ...Array.from({ length: 500 }, String),
    ];
    await expect(ann.mutation(api.watchRecords.remove, { recordKeys: tooMany })).rejects.toThrow(
      /BATCH_TOO_LARGE/,
    );
    expect(await keys(t, "https://test|ann")).toHaveLength(3);
    expect(await logRows(t, "https://test|ann")).toEqual(before);
  });

  test("any other mutation is refused a write of records", async () => {
    const t = makeBackend();
    await asUser(t, "https://test|ann").mutation(api.watchRecords.ingest, { records: watches(1) });
    await inTables(t, async (ctx) => {
      const [record] = await ctx.db.query("watch_records").take(1);
      if (record === undefined) throw new Error("no record");
      const { _id, _creationTime, ...fields } = record;
      const guarded = withoutRecordWrites(ctx.db);
      await expect(guarded.insert("watch_records", fields)).rejects.toThrow(/recordMutation/);
      await expect(guarded.patch("watch_records", _id, {})).rejects.toThrow(/recordMutation/);
      await expect(guarded.replace("watch_records", _id, fields)).rejects.toThrow(/recordMutation/);
      await expect(guarded.delete("watch_records", _id)).rejects.toThrow(/recordMutation/);
      // The older form, without the table's name.
      const untyped = guarded as unknown as { delete: (id: string) => Promise<void> };
      await expect(untyped.delete(_id)).rejects.toThrow(/recordMutation/);
    });
    expect(await keys(t, "https://test|ann")).toHaveLength(1);
  });

  test("no module but functions.ts imports a constructor that writes past the log", () => {
    const offenders = Object.entries(sources)
      .filter(([path]) => !path.includes("_generated") && !path.endsWith("/functions.ts"))
      .filter(([, source]) => {
        const imports = /import\s*\{([^}]*)\}\s*from\s*"[./]+_generated\/server"/.exec(source);
        const names = (imports?.[1] ?? "").split(",").map((name) => name.trim());
        return names.some((name) => /^(internalMutation|mutation)\b/.test(name));
      });
    expect(Object.keys(sources).length).toBeGreaterThan(10);
    expect(offenders.map(([path]) => path)).toEqual([]);
  });
});

test("a burst of 200 ingest calls leads to a handful of recomputes", async () => {
  const t = makeBackend();
  const ann = asUser(t, "https://test|ann");
  const records = watches(400);
  const recomputedAt = new Set<number>();
  for (let call = 0; call < 200; call++) {
    await ann.mutation(api.watchRecords.ingest, { records: records.slice(call * 2, call * 2 + 2) });
    // A call each 25 ms, as a fast import makes them; due runs start in between and finish.
    vi.advanceTimersByTime(25);
    await t.finishInProgressScheduledFunctions();
    recomputedAt.add((await ann.query(api.aggregations.status, {})).lastRecomputedAt ?? 0);
  }
  await t.finishAllScheduledFunctions(vi.runAllTimers);
  recomputedAt.add((await ann.query(api.aggregations.status, {})).lastRecomputedAt ?? 0);
  recomputedAt.delete(0);
  expect(recomputedAt.size).toBeGreaterThan(0);
  expect(recomputedAt.size).toBeLessThanOrEqual(8);
  expect(await ann.query(api.aggregations.status, {})).toMatchObject({
    recordCount: 400,
    pendingChanges: 0,
  });
});

test("the log is emptied a day after its rows were processed, never before", async () => {
  const t = makeBackend();
  await asUser(t, "https://test|ann").mutation(api.watchRecords.ingest, { records: watches(3) });
  await t.finishAllScheduledFunctions(vi.runAllTimers);
  const [row] = await logRows(t, "https://test|ann");
  vi.setSystemTime((row?.changedAt ?? 0) + DAY_MS - 1);
  await t.mutation(internal.maintenance.cleanUp, {});
  expect(await logRows(t, "https://test|ann")).toHaveLength(1);
  vi.setSystemTime((row?.changedAt ?? 0) + DAY_MS + 1);
  await t.mutation(internal.maintenance.cleanUp, {});
  expect(await logRows(t, "https://test|ann")).toEqual([]);
});

test("an unprocessed row is never deleted, however old", async () => {
  const t = makeBackend();
  await asUser(t, "https://test|ann").mutation(api.watchRecords.ingest, { records: watches(3) });
  vi.setSystemTime(NOON + 400 * DAY_MS);
  await t.mutation(internal.maintenance.cleanUp, {});
  expect(await logRows(t, "https://test|ann")).toHaveLength(1);
});
