import { afterEach, describe, expect, test, vi } from "vitest";
import { toEngineRecord } from "../../convex/model/records";
import { FingerprintTable } from "../../src/engine";
import { inTables } from "../support/reach";
import {
  build,
  damageResult,
  documentsOf,
  editRecord,
  recordOf,
  segmentOf,
  validate,
  validationOf,
} from "./damage";
import {
  expectFoundAndRepaired,
  expectSound,
  fingerprints,
  NO_RECORDS,
  ofResult,
  ofSegment,
  wrongResults,
  type Finding,
} from "./faults";
import { makeBackend, watches, type Backend } from "./support";

afterEach(() => vi.useRealTimers());

const OLD = "2024-01";
const NEW = "2026-03";
const SEGMENTS = "watch_segments";

/** The segments are wrong, and no result is. */
const IN_SEGMENTS = { differing: 0, stale: 0 };
const BETWEEN: Finding["layers"] = ["different", "different"];
const UNREADABLE: Finding["layers"] = ["unreadable", "different"];

async function builtBackend(): Promise<Backend> {
  const t = makeBackend();
  await build(t, ["https://test|ann"]);
  return t;
}

/** Writes other bytes into a segment, and leaves what is noted of it. */
async function damageSegment(
  t: Backend,
  partition: string,
  change: (bytes: Uint8Array) => Uint8Array,
): Promise<void> {
  const { _id, bytes } = await segmentOf(t, "https://test|ann", partition);
  const { buffer } = change(new Uint8Array(bytes)).slice();
  await inTables(t, (ctx) => ctx.db.patch(SEGMENTS, _id, { bytes: buffer }));
}

describe("a segment that is damaged is found, named, and made right:", () => {
  test("a byte that leads to another value", async () => {
    const t = await builtBackend();
    const before = (await fingerprints(t)).get(OLD);
    // The last duration, 300 s, is stored as 0xAC 0x02.
    await damageSegment(t, OLD, (bytes) => {
      expect([...bytes.subarray(-2)]).toEqual([0xac, 0x02]);
      return bytes.with(-1, 0x03);
    });
    const damaged = new FingerprintTable<string>();
    for (const videoId of ["https://test|old1", "https://test|old2", "https://test|old3"]) {
      const record = toEngineRecord(await recordOf(t, "https://test|ann", videoId));
      const isLast = videoId === "https://test|old3";
      damaged.add(OLD, isLast ? { ...record, durationSeconds: 428 } : record);
    }
    await expectFoundAndRepaired(t, {
      differences: [ofSegment(OLD, damaged.get(OLD), before)],
      ...{ ...IN_SEGMENTS, layers: BETWEEN },
    });
  });

  test("a byte that makes no sense", async () => {
    const t = await builtBackend();
    const before = (await fingerprints(t)).get(OLD);
    await damageSegment(t, OLD, (bytes) => bytes.with(0, 9));
    await expectFoundAndRepaired(t, {
      differences: [ofSegment(OLD, "unknown segment format", before)],
      ...{ ...IN_SEGMENTS, layers: UNREADABLE },
    });
  });

  test("bytes cut off, and bytes too many", async () => {
    for (const change of [
      (bytes: Uint8Array) => bytes.slice(0, -1),
      (bytes: Uint8Array) => Uint8Array.of(...bytes, 0),
    ]) {
      const t = await builtBackend();
      await damageSegment(t, NEW, change);
      const { differences } = await validate(t, { repair: true });
      expect(differences).toMatchObject([{ fault: "unreadable-segment", path: NEW }]);
      await expectSound(t);
    }
  });

  test("the bytes of another month", async () => {
    const t = await builtBackend();
    const records = await fingerprints(t);
    const { bytes } = await segmentOf(t, "https://test|ann", NEW);
    await damageSegment(t, OLD, () => new Uint8Array(bytes));
    await expectFoundAndRepaired(t, {
      differences: [ofSegment(OLD, records.get(NEW), records.get(OLD))],
      ...{ ...IN_SEGMENTS, layers: BETWEEN },
    });
  });

  test("what is noted of its records", async () => {
    const t = await builtBackend();
    const records = await fingerprints(t);
    const { _id } = await segmentOf(t, "https://test|ann", OLD);
    const fingerprint = { ...records.get(OLD), count: 4 };
    await inTables(t, (ctx) => ctx.db.patch(SEGMENTS, _id, { fingerprint }));
    await expectFoundAndRepaired(t, {
      differences: [ofSegment(`${OLD} (noted)`, fingerprint, records.get(OLD))],
      ...{ ...IN_SEGMENTS, layers: ["different", "equal"] },
    });
  });

  test("a segment that is missing", async () => {
    const t = await builtBackend();
    const records = await fingerprints(t);
    const { _id } = await segmentOf(t, "https://test|ann", OLD);
    await inTables(t, (ctx) => ctx.db.delete(SEGMENTS, _id));
    await expectFoundAndRepaired(t, {
      differences: [ofSegment(OLD, NO_RECORDS, records.get(OLD))],
      ...{ ...IN_SEGMENTS, layers: BETWEEN },
    });
  });

  test("all segments missing", async () => {
    const t = await builtBackend();
    const records = await fingerprints(t);
    for (const { _id } of await documentsOf(t, SEGMENTS, "https://test|ann")) {
      await inTables(t, (ctx) => ctx.db.delete(SEGMENTS, _id));
    }
    await expectFoundAndRepaired(t, {
      differences: [...records.keys()].sort().map((partition) => {
        return ofSegment(partition, NO_RECORDS, records.get(partition));
      }),
      ...{ ...IN_SEGMENTS, layers: ["absent", "different"] },
    });
  });

  test("a second segment of a month", async () => {
    const t = await builtBackend();
    const { _id, _creationTime, ...twin } = await segmentOf(t, "https://test|ann", OLD);
    await inTables(t, (ctx) => ctx.db.insert(SEGMENTS, twin));
    const { differences } = await validate(t, { repair: true });
    expect(differences).toMatchObject([{ fault: "unreadable-segment", path: OLD }]);
    await expectSound(t);
  });

  test("the dictionary missing", async () => {
    const t = await builtBackend();
    const records = await fingerprints(t);
    const [dictionary] = await documentsOf(t, "watch_dictionaries", "https://test|ann");
    await inTables(t, (ctx) => ctx.db.delete("watch_dictionaries", dictionary!._id));
    // Entries are numbered in the order of time, undated ones last.
    const highest: Record<string, number> = { [OLD]: 0, [NEW]: 20 };
    await expectFoundAndRepaired(t, {
      differences: [...records.keys()].sort().map((partition) => {
        const message = `a segment names number ${highest[partition] ?? 21} of 0`;
        return ofSegment(partition, message, records.get(partition));
      }),
      ...{ ...IN_SEGMENTS, layers: UNREADABLE },
    });
  });

  test("a segment of no records", async () => {
    const t = await builtBackend();
    const { _id, _creationTime, fingerprint, ...old } = await segmentOf(t, "https://test|ann", OLD);
    const stray = { ...old, partition: "2023-12", fingerprint: fingerprint! };
    await inTables(t, (ctx) => ctx.db.insert(SEGMENTS, stray));
    await expectFoundAndRepaired(t, {
      differences: [ofSegment("2023-12", fingerprint!, NO_RECORDS)],
      ...{ ...IN_SEGMENTS, layers: BETWEEN },
    });
  });
});

describe("an edit straight in the Convex dashboard is found, named, and made right:", () => {
  test("in the month's segment, and in each result it reaches", async () => {
    const t = await builtBackend();
    const before = (await fingerprints(t)).get(OLD);
    await editRecord(t, "https://test|ann", "https://test|old2", { durationSeconds: 1_000 });
    const watched = { stored: "600", expected: "1400" };
    await expectFoundAndRepaired(t, {
      differences: [
        ofSegment(OLD, before, (await fingerprints(t)).get(OLD)),
        ofResult("kpi", { path: "$.totalWatchTimeSeconds", stored: "5747", expected: "6547" }),
        ofResult("monthly_trend", { path: "$[0].watchTimeSeconds", ...watched }),
        ofResult("top_channels", { path: "$[6].watchTimeSeconds", ...watched }),
        ofResult("enhanced_channel_metrics", { path: "$[6].watchTimeSeconds", ...watched }),
      ],
      ...{ differing: 4, stale: 0, layers: ["different", "equal"] },
    });
  });

  test("where no stored result shows it, in the segment alone, and nobody is taken off", async () => {
    const t = await builtBackend();
    const before = (await fingerprints(t)).get(OLD);
    await editRecord(t, "https://test|ann", "https://test|old2", { product: "YouTube Music" });
    await expectFoundAndRepaired(t, {
      differences: [ofSegment(OLD, before, (await fingerprints(t)).get(OLD))],
      ...{ ...IN_SEGMENTS, layers: ["different", "equal"] },
    });
  });

  test.each([
    [
      "a record inserted",
      async (t: Backend) => {
        const { _id, _creationTime, ...record } = await recordOf(t, "https://test|ann", "video3");
        await inTables(t, (ctx) =>
          ctx.db.insert("watch_records", { ...record, recordKey: "0new" }),
        );
      },
    ],
    [
      "a record deleted",
      async (t: Backend) => {
        const { _id } = await recordOf(t, "https://test|ann", "video3");
        await inTables(t, (ctx) => ctx.db.delete("watch_records", _id));
      },
    ],
    [
      "the same record twice, as an import of an old export would leave it",
      async (t: Backend) => {
        const { _id, _creationTime, ...record } = await recordOf(t, "https://test|ann", "video3");
        await inTables(t, (ctx) => ctx.db.insert("watch_records", record));
      },
    ],
    [
      "a record moved to another month",
      async (t: Backend) => {
        await editRecord(t, "https://test|ann", "video3", { watchedAt: Date.UTC(2025, 10, 5) });
      },
    ],
    [
      "a record that lost its time",
      async (t: Backend) => await editRecord(t, "https://test|ann", "video3", { watchedAt: null }),
    ],
  ])("%s, with just the results that are wrong", async (_name, edit) => {
    const t = await builtBackend();
    await edit(t);
    const wrong = await wrongResults(t);
    expect(wrong.length).toBeGreaterThan(20);
    const found = await validate(t);
    expect(found.counts).toMatchObject({ compared: 60, stale: 0, differing: wrong.length });
    const { layers } = await validationOf(t, "https://test|ann");
    expect(layers).toEqual({ recordsToSegments: "different", segmentsToResults: "equal" });
    const named = found.differences
      .filter(({ aggregationType }) => aggregationType !== null)
      .map(({ aggregationType, filters }) => `${aggregationType!} ${filters!.timeframe}`);
    expect(named.length).toBeGreaterThan(10);
    expect(wrong).toEqual(expect.arrayContaining([...new Set(named)]));
    await validate(t, { repair: true });
    await expectSound(t);
  });

  test("an edit that no aggregation reads is no difference", async () => {
    const t = await builtBackend();
    await editRecord(t, "https://test|ann", "https://test|old2", {
      videoTitle: "Another title",
      videoUrl: "https://x.test/",
    });
    await expectSound(t);
  });
});

test("both wrong: each is named, and each layer tells of itself", async () => {
  const t = await builtBackend();
  const before = (await fingerprints(t)).get(OLD);
  await editRecord(t, "https://test|ann", "https://test|old2", { product: "YouTube Music" });
  await damageResult(t, "https://test|ann", "kpi", (data) => ({ ...data, totalVideos: 27 }));
  await expectFoundAndRepaired(t, {
    differences: [
      ofSegment(OLD, before, (await fingerprints(t)).get(OLD)),
      ofResult("kpi", { path: "$.totalVideos", stored: "27", expected: "26" }),
    ],
    ...{ differing: 1, stale: 0, layers: BETWEEN },
  });
});

test("a wrong result beside a hundred damaged segments still takes the user off", async () => {
  const t = makeBackend();
  await build(t, ["https://test|ann"], watches(110, undefined, 31 * 86_400_000));
  const [dictionary] = await documentsOf(t, "watch_dictionaries", "https://test|ann");
  await inTables(t, (ctx) => ctx.db.delete("watch_dictionaries", dictionary!._id));
  await damageResult(t, "https://test|ann", "kpi", (data) => ({ ...data, totalVideos: 27 }));
  // All are counted, not only those that are told.
  expect((await validate(t)).counts).toMatchObject({ differing: 1, segments: 110 });
  expect(await documentsOf(t, "feature_flag_targets", "https://test|ann")).toMatchObject([
    { value: false },
  ]);
});
