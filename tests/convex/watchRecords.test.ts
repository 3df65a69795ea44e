import { ConvexError } from "convex/values";
import { afterEach, expect, test, vi } from "vitest";
import { api } from "../../convex/_generated/api";
import { inTables } from "../support/reach";
import { asUser, DAY_MS, makeBackend, NOON, readRecords, watch, watches } from "./support";

afterEach(() => vi.useRealTimers());

async function errorData(promise: Promise<unknown>): Promise<unknown> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ConvexError);
  return error instanceof ConvexError ? (error.data as unknown) : null;
}

test("ingest normalises strings, sorts topics and derives them where absent", async () => {
  const t = makeBackend();
  const { topics: _topics, ...untagged } = watch({
    videoTitle: "  Football tactics  ",
    channelTitle: "Cafe\u0301",
    channelUrl: "   ",
  });
  const answer = await asUser(t, "https://test|ann").mutation(api.watchRecords.ingest, {
    records: [untagged, watch({ videoId: "x", topics: ["b", " a ", "b", ""] })],
  });
  expect(answer).toEqual({ inserted: 2, duplicates: 0, rejected: [] });
  const records = await readRecords(t, "https://test|ann");
  expect(records).toContainEqual(
    expect.objectContaining({ channelTitle: "Café", channelUrl: null, topics: ["Sports"] }),
  );
  expect(records).toContainEqual(expect.objectContaining({ topics: ["a", "b"] }));
});

test("a batch sent twice, or holding a record twice, adds nothing twice", async () => {
  const t = makeBackend();
  const records = [...watches(20), ...watches(20)];
  const ann = asUser(t, "https://test|ann");
  expect(await ann.mutation(api.watchRecords.ingest, { records })).toEqual({
    inserted: 20,
    duplicates: 20,
    rejected: [],
  });
  expect(await ann.mutation(api.watchRecords.ingest, { records })).toEqual({
    inserted: 0,
    duplicates: 40,
    rejected: [],
  });
  expect(await readRecords(t, "https://test|ann")).toHaveLength(20);
});

test("times that differ only below a second are the same watch, as in an HTML export", async () => {
  const t = makeBackend();
  const answer = await asUser(t, "https://test|ann").mutation(api.watchRecords.ingest, {
    records: [
      watch({ videoId: "x", watchedAt: NOON - 1 }),
      watch({ videoId: "x", watchedAt: NOON - 1_000 }),
    ],
  });
  expect(answer).toMatchObject({ inserted: 1, duplicates: 1 });
});

test.each([
  [
    "watchedAt before 2005",
    { watchedAt: Date.UTC(2004, 11, 31, 23, 59) },
    /watchedAt is .*2005-01-01/,
  ],
  ["watchedAt two days ahead", { watchedAt: NOON + 2 * DAY_MS }, /watchedAt is .*one day from now/],
  ["watchedAt with a fraction", { watchedAt: NOON - 0.5 }, /whole epoch milliseconds/],
  ["watchedAt beyond any calendar", { watchedAt: 1e300 }, /watchedAt is 1e\+300/],
  ["a channel title of 201", { channelTitle: "x".repeat(201) }, /channelTitle has 201 .* 200/],
  ["a URL of 2,001", { videoUrl: "x".repeat(2_001) }, /videoUrl has 2001 .* 2000/],
  [
    "21 topics",
    { topics: Array.from({ length: 21 }, (_, i) => `t${String(i)}`) },
    /topics has 21 .* 20/,
  ],
  ["a topic of 101", { topics: ["x".repeat(101)] }, /topic has 101 .* 100/],
  ["an unknown product", { product: "Vimeo" }, /product is "Vimeo"/],
  ["a negative duration", { durationSeconds: -1 }, /durationSeconds is -1/],
  ["half a second", { durationSeconds: 0.5 }, /durationSeconds is 0.5/],
])(
  "a record with %s is refused by index and reason, the others go in",
  async (_name, bad, reason) => {
    const t = makeBackend();
    const answer = await asUser(t, "https://test|ann").mutation(api.watchRecords.ingest, {
      records: [watch({ videoId: "good" }), watch(bad), watch({ videoId: "also good" })],
    });
    expect(answer).toEqual({
      inserted: 2,
      duplicates: 0,
      rejected: [{ index: 1, reason: expect.stringMatching(reason) as string }],
    });
  },
);

test("the bounds themselves are allowed", async () => {
  const t = makeBackend();
  const answer = await asUser(t, "https://test|ann").mutation(api.watchRecords.ingest, {
    records: [
      watch({ watchedAt: Date.UTC(2005, 0, 1) }),
      watch({ watchedAt: NOON + DAY_MS }),
      watch({ watchedAt: null, channelTitle: "x".repeat(200), durationSeconds: 0 }),
    ],
  });
  expect(answer).toEqual({ inserted: 3, duplicates: 0, rejected: [] });
});

test("500 of the longest records go in by one call, 501 records are refused whole", async () => {
  const t = makeBackend();
  const long = (index: number) =>
    watch({
      watchedAt: NOON - index * 60_000,
      videoTitle: "語".repeat(2_000),
      videoUrl: "語".repeat(2_000),
      channelTitle: "語".repeat(200),
      channelUrl: "語".repeat(2_000),
      topics: Array.from({ length: 20 }, (_, i) => `${String(i)}${"語".repeat(98)}`),
    });
  const records = Array.from({ length: 501 }, (_, index) => long(index));
  const ann = asUser(t, "https://test|ann");
  expect(await errorData(ann.mutation(api.watchRecords.ingest, { records }))).toMatchObject({
    code: "BATCH_TOO_LARGE",
    message: expect.stringMatching(/501 .* 500/) as string,
  });
  const answer = await ann.mutation(api.watchRecords.ingest, { records: records.slice(1) });
  expect(answer.inserted).toBe(500);
});

test("update changes what the patch names and keeps the key, so a re-import finds the record", async () => {
  const t = makeBackend();
  const ann = asUser(t, "https://test|ann");
  const record = watch({ videoId: "x" });
  await ann.mutation(api.watchRecords.ingest, { records: [record] });
  const recordKey = await onlyKey(t, "https://test|ann");
  await ann.mutation(api.watchRecords.update, {
    recordKey,
    patch: { watchedAt: NOON - 5 * DAY_MS, durationSeconds: 77 },
  });
  expect(await readRecords(t, "https://test|ann")).toEqual([
    expect.objectContaining({ watchedAt: NOON - 5 * DAY_MS, durationSeconds: 77 }),
  ]);
  expect(await onlyKey(t, "https://test|ann")).toBe(recordKey);
  const again = await ann.mutation(api.watchRecords.ingest, { records: [record] });
  expect(again).toMatchObject({ inserted: 0, duplicates: 1 });
});

test("update refuses a value out of bounds and an unknown key, and says that nothing changed", async () => {
  const t = makeBackend();
  const ann = asUser(t, "https://test|ann");
  await ann.mutation(api.watchRecords.ingest, { records: [watch()] });
  const recordKey = await onlyKey(t, "https://test|ann");
  const bad = ann.mutation(api.watchRecords.update, { recordKey, patch: { durationSeconds: -3 } });
  expect(await errorData(bad)).toMatchObject({
    code: "INVALID_RECORDS",
    message: expect.stringMatching(/^Nothing was changed: durationSeconds is -3/) as string,
  });
  const unknown = ann.mutation(api.watchRecords.update, { recordKey: "nope", patch: {} });
  expect(await errorData(unknown)).toMatchObject({ code: "NOT_FOUND" });
});

test("remove deletes what is there, once, and counts it", async () => {
  const t = makeBackend();
  const ann = asUser(t, "https://test|ann");
  await ann.mutation(api.watchRecords.ingest, { records: [watch()] });
  const recordKey = await onlyKey(t, "https://test|ann");
  expect(
    await ann.mutation(api.watchRecords.remove, { recordKeys: [recordKey, recordKey, "nope"] }),
  ).toEqual({ removed: 1 });
  expect(await readRecords(t, "https://test|ann")).toEqual([]);
});

test("undated watches of one video are told apart by what stands in the place of their time", async () => {
  const t = makeBackend();
  const ann = asUser(t, "https://test|ann");
  const undated = (undatedStamp?: string) => ({
    ...watch({ watchedAt: null }),
    ...(undatedStamp === undefined ? {} : { undatedStamp }),
  });
  const records = [undated("soon"), undated("later"), undated(" soon"), undated()];
  const answer = await ann.mutation(api.watchRecords.ingest, { records });
  expect(answer).toEqual({ inserted: 3, duplicates: 1, rejected: [] });
  expect(await ann.mutation(api.watchRecords.ingest, { records })).toMatchObject({ inserted: 0 });
  const long = await ann.mutation(api.watchRecords.ingest, { records: [undated("x".repeat(201))] });
  expect(long.rejected).toEqual([
    { index: 0, reason: "undatedStamp has 201 characters; at most 200 are allowed" },
  ]);
  // A stamp beside a time says nothing.
  const dated = [{ ...watch(), undatedStamp: "a" }, watch()];
  expect(await ann.mutation(api.watchRecords.ingest, { records: dated })).toMatchObject({
    inserted: 1,
    duplicates: 1,
  });
});

test("removeUndated deletes watches without a time in parts, and no others", async () => {
  const t = makeBackend();
  const [ann, bob] = [asUser(t, "https://test|ann"), asUser(t, "https://test|bob")];
  const undated = Array.from({ length: 700 }, (_, index) =>
    watch({ watchedAt: null, videoId: `video${String(index)}` }),
  );
  for (const records of [undated.slice(0, 400), undated.slice(400), watches(3)]) {
    await ann.mutation(api.watchRecords.ingest, { records });
  }
  await bob.mutation(api.watchRecords.ingest, { records: undated.slice(0, 2) });
  const remove = () => ann.mutation(api.watchRecords.removeUndated, {});
  expect(await remove()).toEqual({ removed: 500, isDone: false });
  expect(await remove()).toEqual({ removed: 200, isDone: true });
  expect(await remove()).toEqual({ removed: 0, isDone: true });
  expect(await readRecords(t, "https://test|ann")).toHaveLength(3);
  expect(await readRecords(t, "https://test|bob")).toHaveLength(2);
});

test("page hands out all records once, as the engine reads them", async () => {
  const t = makeBackend();
  const ann = asUser(t, "https://test|ann");
  await ann.mutation(api.watchRecords.ingest, {
    records: [...watches(25), watch({ watchedAt: null })],
  });
  const seen: unknown[] = [];
  let cursor: string | null = null;
  for (let isDone = false; !isDone;) {
    const result: Awaited<ReturnType<typeof readPage>> = await readPage(cursor);
    seen.push(...result.page);
    cursor = result.continueCursor;
    isDone = result.isDone;
  }
  expect(seen).toHaveLength(26);
  expect(new Set(seen.map((record) => JSON.stringify(record)))).toEqual(
    new Set((await readRecords(t, "https://test|ann")).map((record) => JSON.stringify(record))),
  );

  function readPage(from: string | null) {
    return ann.query(api.watchRecords.page, { paginationOpts: { numItems: 10, cursor: from } });
  }
});

async function onlyKey(t: ReturnType<typeof makeBackend>, userId: string): Promise<string> {
  return await inTables(t, async (ctx) => {
    const record = await ctx.db
      .query("watch_records")
      .withIndex("by_user_record_key", (q) => q.eq("userId", userId))
      .unique();
    if (record === null) throw new Error("no record");
    return record.recordKey;
  });
}
