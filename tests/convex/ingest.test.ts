import { afterEach, describe, expect, test, vi } from "vitest";
import { api } from "../../convex/_generated/api";
import { recordKeyOf } from "../../src/takeout/recordKey";
import { inTables } from "../support/reach";
import { Rounds } from "./rounds";
import {
  asUser,
  makeBackend,
  makeLenientBackend,
  NOON,
  readRecords,
  watch,
  watches,
  type Backend,
} from "./support";

afterEach(() => vi.useRealTimers());

async function keysOf(t: Backend, userId: string): Promise<string[]> {
  return await inTables(t, async (ctx) => {
    const records = await ctx.db
      .query("watch_records")
      .withIndex("by_user_record_key", (q) => q.eq("userId", userId))
      .take(1_000);
    return records.map(({ recordKey }) => recordKey);
  });
}

describe("the look-ups of a batch go together", () => {
  /** More than any call needs, far fewer than one a record. */
  const MAX_ROUNDS = 30;

  test("when 500 records are all there", async () => {
    const t = makeBackend();
    const ann = asUser(t, "https://test|ann");
    const records = watches(500);
    await ann.mutation(api.watchRecords.ingest, { records });
    const rounds = Rounds.of(t);
    const answer = await ann.mutation(api.watchRecords.ingest, { records });
    expect(answer).toEqual({ inserted: 0, duplicates: 500, rejected: [] });
    expect(rounds.take()).toBeLessThan(MAX_ROUNDS);
  });

  test("when 500 records are new", async () => {
    const t = makeBackend();
    const rounds = Rounds.of(t);
    await asUser(t, "https://test|ann").mutation(api.watchRecords.ingest, {
      records: watches(500),
    });
    expect(rounds.take()).toBeLessThan(MAX_ROUNDS);
  });

  test("when 500 keys are removed that are not there", async () => {
    const t = makeBackend();
    const rounds = Rounds.of(t);
    const recordKeys = Array.from({ length: 500 }, (_, index) => `key-${String(index)}`);
    const answer = await asUser(t, "https://test|ann").mutation(api.watchRecords.remove, {
      recordKeys,
    });
    expect(answer).toEqual({ removed: 0 });
    expect(rounds.take()).toBeLessThan(MAX_ROUNDS);
  });
});

describe("a batch", () => {
  test("keeps the first of several records with one key, and counts the others", async () => {
    const t = makeBackend();
    const ann = asUser(t, "https://test|ann");
    const same = { videoId: "x", watchedAt: NOON - 1_000 };
    const answer = await ann.mutation(api.watchRecords.ingest, {
      records: [
        watch({ ...same, channelTitle: "First" }),
        watch({ ...same, channelTitle: "Second" }),
        watch({ ...same, channelTitle: "Third", durationSeconds: -1 }),
        watch({ ...same, channelTitle: "Fourth" }),
      ],
    });
    expect(answer).toMatchObject({ inserted: 1, duplicates: 2, rejected: [{ index: 2 }] });
    expect(await readRecords(t, "https://test|ann")).toMatchObject([{ channelTitle: "First" }]);
  });

  test("takes the next of several records with one key where the first is refused", async () => {
    const t = makeBackend();
    const same = { videoId: "x", watchedAt: NOON - 1_000 };
    const answer = await asUser(t, "https://test|ann").mutation(api.watchRecords.ingest, {
      records: [
        watch({ ...same, channelTitle: "y".repeat(201) }),
        watch({ ...same, channelTitle: "Second" }),
      ],
    });
    expect(answer).toMatchObject({ inserted: 1, duplicates: 0, rejected: [{ index: 0 }] });
    expect(await readRecords(t, "https://test|ann")).toMatchObject([{ channelTitle: "Second" }]);
  });

  test("counts what is stored and what is repeated, and names refusals in order", async () => {
    const t = makeBackend();
    const ann = asUser(t, "https://test|ann");
    const [stored, first, second, third] = watches(4);
    await ann.mutation(api.watchRecords.ingest, { records: [stored!] });
    const bad = watch({ product: "Vimeo" });
    const answer = await ann.mutation(api.watchRecords.ingest, {
      records: [bad, stored!, first!, stored!, bad, second!, first!, third!, bad],
    });
    expect(answer).toMatchObject({ inserted: 3, duplicates: 3 });
    expect(answer.rejected.map(({ index }) => index)).toEqual([0, 4, 8]);
    expect(await readRecords(t, "https://test|ann")).toHaveLength(4);
  });

  test("does not find the records of another user", async () => {
    const t = makeBackend();
    const records = watches(3);
    await asUser(t, "https://test|bob").mutation(api.watchRecords.ingest, { records });
    const answer = await asUser(t, "https://test|ann").mutation(api.watchRecords.ingest, {
      records,
    });
    expect(answer).toEqual({ inserted: 3, duplicates: 0, rejected: [] });
  });

  test("of keys to remove may name a key twice and keys of others", async () => {
    const t = makeBackend();
    const ann = asUser(t, "https://test|ann");
    await ann.mutation(api.watchRecords.ingest, { records: watches(5) });
    await asUser(t, "https://test|bob").mutation(api.watchRecords.ingest, {
      records: [watch({ videoId: "only bob's" })],
    });
    const [foreign] = await keysOf(t, "https://test|bob");
    const [a, b] = await keysOf(t, "https://test|ann");
    const answer = await ann.mutation(api.watchRecords.remove, {
      recordKeys: [a!, foreign!, b!, a!],
    });
    expect(answer).toEqual({ removed: 2 });
    expect(await keysOf(t, "https://test|ann")).toHaveLength(3);
    expect(await keysOf(t, "https://test|bob")).toHaveLength(1);
  });
});

describe("half of a surrogate pair in a record", () => {
  const HALF = "\uD83D";
  const fields = {
    videoId: `id${HALF}`,
    videoTitle: `title${HALF}`,
    videoUrl: `https://youtu.be/${HALF}`,
    channelTitle: ` ${HALF}channel `,
    channelUrl: `https://youtube.com/${HALF}`,
    topics: [`topic${HALF}`, "topic\uFFFD"],
  };
  const stored = {
    videoId: "id\uFFFD",
    videoTitle: "title\uFFFD",
    videoUrl: "https://youtu.be/\uFFFD",
    channelTitle: "\uFFFDchannel",
    channelUrl: "https://youtube.com/\uFFFD",
    topics: ["topic\uFFFD"],
  };

  test("becomes U+FFFD in every field, and the key is of what is stored", async () => {
    const t = makeLenientBackend();
    const ann = asUser(t, "https://test|ann");
    const answer = await ann.mutation(api.watchRecords.ingest, {
      records: [watch(fields), watch(stored)],
    });
    expect(answer).toEqual({ inserted: 1, duplicates: 1, rejected: [] });
    const records = await inTables(t, (ctx) => ctx.db.query("watch_records").take(2));
    expect(records).toMatchObject([stored]);
    const watchedAt = watch().watchedAt;
    expect(records[0]?.recordKey).toBe(recordKeyOf({ ...fields, product: "YouTube", watchedAt }));
  });

  test("becomes U+FFFD by an update, too", async () => {
    const t = makeLenientBackend();
    const ann = asUser(t, "https://test|ann");
    await ann.mutation(api.watchRecords.ingest, { records: [watch()] });
    const [recordKey] = await keysOf(t, "https://test|ann");
    await ann.mutation(api.watchRecords.update, { recordKey: recordKey!, patch: fields });
    expect(await inTables(t, (ctx) => ctx.db.query("watch_records").take(2))).toMatchObject([
      stored,
    ]);
  });

  test("is not echoed by a refusal that cuts a product inside a pair", async () => {
    const t = makeLenientBackend();
    const product = `${"x".repeat(49)}🚀`;
    const { rejected } = await asUser(t, "https://test|ann").mutation(api.watchRecords.ingest, {
      records: [watch({ product })],
    });
    expect(rejected[0]?.reason).toContain(`"${"x".repeat(49)}"`);
  });
});
