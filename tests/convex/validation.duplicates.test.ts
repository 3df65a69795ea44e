import { afterEach, describe, expect, test, vi } from "vitest";
import type { Doc } from "../../convex/_generated/dataModel";
import { inTables, internal } from "../support/reach";
import { wake } from "../support/runs";
import {
  build,
  compareAll,
  dayOf,
  documentsOf,
  marked,
  recordOf,
  validate,
  validationOf,
} from "./damage";
import { expectSound } from "./faults";
import {
  adopt,
  expectCorrect,
  HALF_LIMITS,
  makeBackend,
  plant,
  storedResults,
  watches,
  type Backend,
} from "./support";

afterEach(() => vi.useRealTimers());

async function builtBackend(): Promise<Backend> {
  const t = makeBackend();
  await build(t, ["https://test|ann", "https://test|bob"]);
  return t;
}

/** A further row of a record, as an import past the module leaves it. */
async function double(
  t: Backend,
  videoId: string,
  changes: Partial<Doc<"watch_records">> = {},
): Promise<Doc<"watch_records">> {
  const record = await recordOf(t, "https://test|ann", videoId);
  const { _id, _creationTime, ...fields } = record;
  await inTables(t, (ctx) => ctx.db.insert("watch_records", { ...fields, ...changes }));
  return record;
}

function named({ recordKey }: Doc<"watch_records">) {
  return {
    ...{ userId: "https://test|ann", fault: "duplicate-record", path: recordKey },
    ...{ stored: "several rows", expected: "one row" },
  };
}

describe("a record that is there twice", () => {
  test("is named by its key, and there once after a repair, which the results show", async () => {
    const t = await builtBackend();
    const before = await storedResults(t, "https://test|ann");
    const records = await documentsOf(t, "watch_records", "https://test|ann");
    const doubled = [await double(t, "video3"), await double(t, "video7")];
    const found = await validate(t, { userIds: ["https://test|ann"] });
    const twice = found.differences.filter(({ fault }) => fault === "duplicate-record");
    expect(twice).toHaveLength(2);
    for (const record of doubled)
      expect(twice).toContainEqual(expect.objectContaining(named(record)));
    expect(found.counts).toMatchObject({ faulty: 1 });
    const repaired = await validate(t, { repair: true });
    expect(repaired.counts).toMatchObject({ users: 2, faulty: 1, repaired: 1 });
    expect(await documentsOf(t, "watch_records", "https://test|ann")).toEqual(records);
    expect(await storedResults(t, "https://test|ann")).toEqual(before);
    await expectSound(t);
  });

  test("is named where the results are made of both already, and takes nobody off", async () => {
    const t = await builtBackend();
    const record = await double(t, "video3");
    await compareAll(t);
    expect(await marked(t)).toMatchObject([{ days: [dayOf(record.watchedAt!)], recordCount: 1 }]);
    await expectCorrect(t, "https://test|ann"); // of the records as they are
    const found = await validate(t);
    expect(found).toMatchObject({ score: 1, differences: [named(record)] });
    expect((await validationOf(t, "https://test|ann")).layers).toEqual({
      recordsToSegments: "equal",
      segmentsToResults: "equal",
    });
    expect(await documentsOf(t, "feature_flag_targets", "https://test|ann")).toEqual([]);
    await validate(t, { repair: true });
    expect(await documentsOf(t, "watch_records", "https://test|ann")).toHaveLength(26);
    await expectCorrect(t, "https://test|ann");
  });

  test("but says something else is left to people, and stays named", async () => {
    const t = await builtBackend();
    const record = await double(t, "video3", { videoTitle: "Another title" });
    await double(t, "video9");
    const ended = await validate(t, { repair: true });
    expect(ended.counts).toMatchObject({ faulty: 1, repaired: 0 });
    expect(ended.differences).toMatchObject([named(record)]);
    expect(await documentsOf(t, "watch_records", "https://test|ann")).toHaveLength(27);
    await expectCorrect(t, "https://test|ann");
  });
});

test("the longest records, all of them twice, are mended far from the limits", async () => {
  const t = makeBackend(HALF_LIMITS);
  const videoTitle = "x".repeat(20_000);
  const records = watches(450).map((record) => ({ ...record, videoTitle }));
  await plant(t, "https://test|ann", records);
  await plant(t, "https://test|ann", records);
  await adopt(t);
  expect(await dropAll(t)).toBe(450);
  // The deletions were logged: a run comes for them.
  expect((await wake(t, "https://test|ann")).generation).toBeGreaterThan(0);
});

/** How many were deleted. */
async function dropAll(t: Backend): Promise<number> {
  let deleted = 0;
  let after: string | null = null;
  do {
    const step: { deleted: number; after: string | null } = await t.mutation(
      internal.check.dropDuplicates,
      { userId: "https://test|ann", after },
    );
    deleted += step.deleted;
    ({ after } = step);
  } while (after !== null);
  return deleted;
}

test("surplus records are deleted wherever they lie among thousands, and logged", async () => {
  const t = makeBackend();
  const records = watches(2_100);
  await plant(t, "https://test|ann", records);
  const rows = (await inTables(t, (ctx) => ctx.db.query("watch_records").take(3_000))).sort(
    (a, b) => (a.recordKey < b.recordKey ? -1 : 1),
  );
  // About the ends of the pages, which fall between two copies; one of them three times over.
  const places = [0, 500, 997, 998, 999, 999, 1_000, 1_998, 2_099];
  await inTables(t, async (ctx) => {
    for (const place of places) {
      const { _id, _creationTime, ...record } = rows[place]!;
      await ctx.db.insert("watch_records", record);
    }
  });
  await adopt(t);
  expect(await dropAll(t)).toBe(places.length);
  const left = await inTables(t, (ctx) => ctx.db.query("watch_records").take(3_000));
  expect(new Set(left.map(({ _id }) => _id))).toEqual(new Set(rows.map(({ _id }) => _id)));
  const log = await documentsOf(t, "data_change_log", "https://test|ann");
  expect(log.reduce((sum, row) => sum + row.recordCount, 0)).toBe(places.length);
});
