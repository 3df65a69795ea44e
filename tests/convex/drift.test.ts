import { afterEach, describe, expect, test, vi } from "vitest";
import type { Doc } from "../../convex/_generated/dataModel";
import { undatedBucketOf } from "../../convex/model/partitions";
import { inTables } from "../support/reach";
import {
  build,
  compareAll,
  dayOf,
  documentsOf,
  editRecord,
  historyOf,
  marked,
  recordOf,
  segmentOf,
} from "./damage";
import { expectSound, fingerprints } from "./faults";
import { DAY_MS, NOON, makeBackend, settle, stateOf, type Backend } from "./support";

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const OLD = "2024-01";
const SEGMENTS = "watch_segments";
const JANUARY_2 = dayOf(Date.UTC(2024, 0, 2));

async function builtBackend(userIds: readonly string[] = ["https://test|ann"]): Promise<Backend> {
  const t = makeBackend();
  await build(t, userIds);
  return t;
}

async function bucketOf(t: Backend, videoId: string): Promise<string> {
  return undatedBucketOf((await recordOf(t, "https://test|ann", videoId)).recordKey);
}

/** What is kept of a user, but for when the next comparison is due. */
async function historyButTurn(t: Backend, userId: string) {
  const { state, ...history } = await historyOf(t, userId);
  return { ...history, state: state.map(({ driftDueAt: _driftDueAt, ...rest }) => rest) };
}

async function removeNotes(t: Backend): Promise<void> {
  const segments = await documentsOf(t, SEGMENTS, "https://test|ann");
  await inTables(t, async (ctx) => {
    for (const { _id, fingerprint: _fingerprint, _creationTime, ...rest } of segments) {
      await ctx.db.replace(SEGMENTS, _id, rest);
    }
  });
}

describe("edits straight in the table are found, and just their days are recomputed:", () => {
  type Edit = (
    t: Backend,
  ) => Promise<{ days: number[]; undatedBuckets?: string[]; count?: number }>;
  const edits: Record<string, Edit> = {
    "an edit": async (t) => {
      await editRecord(t, "https://test|ann", "https://test|old2", { durationSeconds: 1_000 });
      return { days: [JANUARY_2] };
    },
    "an insert": async (t) => {
      const { _id, _creationTime, ...record } = await recordOf(
        t,
        "https://test|ann",
        "https://test|old2",
      );
      const twins = [1, 2, 3].map((n) => ({ ...record, recordKey: `0twin${n}` }));
      await inTables(t, async (ctx) => {
        for (const twin of twins) await ctx.db.insert("watch_records", twin);
      });
      return { days: [JANUARY_2], count: 3 };
    },
    "a delete": async (t) => {
      const { _id } = await recordOf(t, "https://test|ann", "https://test|old2");
      await inTables(t, (ctx) => ctx.db.delete("watch_records", _id));
      return { days: [JANUARY_2] };
    },
    "a whole month deleted": async (t) => {
      for (const videoId of ["https://test|old1", "https://test|old2", "https://test|old3"]) {
        const { _id } = await recordOf(t, "https://test|ann", videoId);
        await inTables(t, (ctx) => ctx.db.delete("watch_records", _id));
      }
      return { days: [JANUARY_2 - 1, JANUARY_2, JANUARY_2 + 1], count: 3 };
    },
    "a record moved to another day": async (t) => {
      const watchedAt = Date.UTC(2024, 0, 20);
      await editRecord(t, "https://test|ann", "https://test|old2", { watchedAt });
      return { days: [JANUARY_2, dayOf(watchedAt)], count: 2 };
    },
    "a record moved to another month, where none was": async (t) => {
      const watchedAt = Date.UTC(2025, 6, 31, 23, 59);
      await editRecord(t, "https://test|ann", "https://test|old2", { watchedAt });
      return { days: [JANUARY_2, dayOf(watchedAt)], count: 2 };
    },
    "a record that loses its time": async (t) => {
      await editRecord(t, "https://test|ann", "https://test|old2", { watchedAt: null });
      return {
        days: [JANUARY_2],
        undatedBuckets: [await bucketOf(t, "https://test|old2")],
        count: 2,
      };
    },
    "an undated record": async (t) => {
      await editRecord(t, "https://test|ann", "undated1", { channelTitle: "Edited" });
      return { days: [], undatedBuckets: [await bucketOf(t, "undated1")] };
    },
    "an undated record deleted": async (t) => {
      const undatedBuckets = [await bucketOf(t, "undated1")];
      const { _id } = await recordOf(t, "https://test|ann", "undated1");
      await inTables(t, (ctx) => ctx.db.delete("watch_records", _id));
      return { days: [], undatedBuckets };
    },
    "two records that have swapped their days": async (t) => {
      await editRecord(t, "https://test|ann", "https://test|old1", {
        watchedAt: Date.UTC(2024, 0, 2, 20),
      });
      await editRecord(t, "https://test|ann", "https://test|old2", {
        watchedAt: Date.UTC(2024, 0, 1, 20),
      });
      return { days: [JANUARY_2 - 1, JANUARY_2], count: 2 };
    },
  };

  test.each(Object.entries(edits))("%s", async (_name, edit) => {
    const t = await builtBackend(["https://test|ann", "https://test|bob"]);
    const { days, undatedBuckets = [], count = 1 } = await edit(t);
    const bob = await historyButTurn(t, "https://test|bob");
    const ended = await compareAll(t);
    const driftedDays = days.length + undatedBuckets.length;
    expect(ended).toMatchObject({
      ...{ status: "done", done: 2, failed: 0 },
      counts: { users: 2, driftedUsers: 1, driftedDays },
    });
    expect(await marked(t)).toEqual([
      { days, undatedBuckets, recordCount: count, processed: true },
    ]);
    expect(await historyButTurn(t, "https://test|bob")).toEqual(bob);
    await expectSound(t);
    const again = await compareAll(t);
    expect(again.counts).toMatchObject({ users: 2, driftedUsers: 0, driftedDays: 0 });
  });

  const read: Partial<Doc<"watch_records">>[] = [
    { watchedAt: Date.UTC(2024, 0, 2, 20) + 1 },
    { channelTitle: "Another" },
    { channelTitle: null },
    { channelUrl: "https://x.test/" },
    { product: "YouTube Music" },
    { topics: ["History", "Music"] },
    { durationSeconds: 201 },
    { durationSeconds: null },
  ];

  test.each(read)("any field that an aggregation reads: %o", async (changes) => {
    const t = await builtBackend();
    await editRecord(t, "https://test|ann", "https://test|old2", changes);
    await compareAll(t);
    expect(await marked(t)).toMatchObject([{ days: [JANUARY_2], recordCount: 1 }]);
    await expectSound(t);
  });

  test("fields that no aggregation reads are no drift", async () => {
    const t = await builtBackend();
    const edited = { videoTitle: "Edited", videoUrl: "https://x.test/", videoId: "edited" };
    await editRecord(t, "https://test|ann", "https://test|old2", edited);
    const before = await historyButTurn(t, "https://test|ann");
    expect((await compareAll(t)).counts).toEqual({ users: 1, driftedUsers: 0, driftedDays: 0 });
    expect(await historyButTurn(t, "https://test|ann")).toEqual(before);
  });

  test("of several users, each their own days", async () => {
    const users = ["https://test|ann", "https://test|bob", "https://test|dan", "https://test|eve"];
    const t = await builtBackend(users);
    await editRecord(t, "https://test|ann", "https://test|old1", { durationSeconds: 1 });
    await editRecord(t, "https://test|dan", "https://test|old3", { durationSeconds: 1 });
    await editRecord(t, "https://test|dan", "video0", { durationSeconds: 1 });
    const ended = await compareAll(t);
    expect(ended.counts).toEqual({ users: 4, driftedUsers: 2, driftedDays: 3 });
    const found = await Promise.all(users.map((userId) => marked(t, userId)));
    expect(found.map((rows) => rows.map(({ days }) => days))).toEqual([
      [[JANUARY_2 - 1]],
      [],
      [[JANUARY_2 + 1, dayOf(NOON - DAY_MS)]],
      [],
    ]);
  });
});

describe("a segment that is not as it is noted", () => {
  async function expectRebuilt(t: Backend): Promise<void> {
    const { epoch } = await stateOf(t, "https://test|ann");
    const ended = await compareAll(t);
    await settle(t);
    expect(ended.counts).toEqual({ users: 1, driftedUsers: 1, driftedDays: 0 });
    expect((await stateOf(t, "https://test|ann")).epoch).toBeGreaterThan(epoch);
    expect(await marked(t)).toEqual([]);
    await expectSound(t);
  }

  test("in what is noted leads to a rebuild", async () => {
    const t = await builtBackend();
    const { _id, fingerprint } = await segmentOf(t, "https://test|ann", OLD);
    const edited = { ...fingerprint!, timeSum: fingerprint!.timeSum + 1 };
    await inTables(t, (ctx) => ctx.db.patch(SEGMENTS, _id, { fingerprint: edited }));
    await expectRebuilt(t);
  });

  test("and cannot be read leads to a rebuild", async () => {
    const t = await builtBackend();
    await editRecord(t, "https://test|ann", "https://test|old2", { durationSeconds: 1_000 });
    const { _id } = await segmentOf(t, "https://test|ann", OLD);
    await inTables(t, (ctx) => ctx.db.patch(SEGMENTS, _id, { bytes: new ArrayBuffer(3) }));
    await expectRebuilt(t);
  });

  test("as its dictionary is missing leads to a rebuild", async () => {
    const t = await builtBackend();
    await editRecord(t, "https://test|ann", "https://test|old2", { durationSeconds: 1_000 });
    const [dictionary] = await documentsOf(t, "watch_dictionaries", "https://test|ann");
    await inTables(t, (ctx) => ctx.db.delete("watch_dictionaries", dictionary!._id));
    await expectRebuilt(t);
  });

  test.each([
    ["a later month", "2026-03"],
    ["undated records", "undated"],
  ])("but holds those of %s leads to a rebuild", async (_name, from) => {
    const t = await builtBackend();
    const partition = from === "undated" ? `undated-${await bucketOf(t, "undated1")}` : from;
    const { bytes } = await segmentOf(t, "https://test|ann", partition);
    const { _id } = await segmentOf(t, "https://test|ann", OLD);
    await inTables(t, (ctx) => ctx.db.patch(SEGMENTS, _id, { bytes }));
    await removeNotes(t);
    await expectRebuilt(t);
  });

  test("as it is missing has all its days recomputed", async () => {
    const t = await builtBackend();
    const { _id } = await segmentOf(t, "https://test|ann", OLD);
    await inTables(t, (ctx) => ctx.db.delete(SEGMENTS, _id));
    await compareAll(t);
    expect(await marked(t)).toMatchObject([
      { days: [JANUARY_2 - 1, JANUARY_2, JANUARY_2 + 1], recordCount: 3 },
    ]);
    await expectSound(t);
  });
});

describe("segments that older code has written, without a fingerprint,", () => {
  test("are compared by their bytes: nothing drifts where nothing was edited", async () => {
    const t = await builtBackend();
    await removeNotes(t);
    const before = await historyButTurn(t, "https://test|ann");
    expect((await compareAll(t)).counts).toMatchObject({ driftedUsers: 0 });
    expect(await historyButTurn(t, "https://test|ann")).toEqual(before);
  });

  test("tell the days that differ, and have a fingerprint once they are written again", async () => {
    const t = await builtBackend();
    await removeNotes(t);
    await editRecord(t, "https://test|ann", "https://test|old2", { durationSeconds: 1_000 });
    await editRecord(t, "https://test|ann", "undated1", { durationSeconds: 8 });
    const bucket = await bucketOf(t, "undated1");
    await compareAll(t);
    expect(await marked(t)).toMatchObject([{ days: [JANUARY_2], undatedBuckets: [bucket] }]);
    const records = await fingerprints(t);
    for (const partition of [OLD, `undated-${bucket}`]) {
      const { fingerprint } = await segmentOf(t, "https://test|ann", partition);
      expect(fingerprint).toEqual(records.get(partition));
    }
  });
});
