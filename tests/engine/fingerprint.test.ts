import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  EMPTY_FINGERPRINT,
  fingerprintSegment,
  HistoryDictionary,
  mergeFingerprints,
  type Fingerprint,
} from "../../src/engine";
import {
  byDay,
  DAY_MS,
  history,
  ofRecords,
  ofSegment,
  record,
  START,
  store,
  undated,
} from "./fingerprints";
import { propertyRuns } from "./reference/compare";

describe("a segment's fingerprint", () => {
  it("is that of the records it was made of, in all and by day", () => {
    fc.assert(
      fc.property(history, (records) => {
        const { total, days } = ofSegment(records);
        const table = byDay(records);
        expect(total).toEqual(ofRecords(records));
        expect(new Set(days.keys())).toEqual(new Set(table.keys()));
        for (const [day, fingerprint] of days) expect(fingerprint).toEqual(table.get(day));
      }),
      propertyRuns(300),
    );
  });

  it("is that of undated records, which have no day", () => {
    fc.assert(
      fc.property(history, (records) => {
        const others = records.map(undated);
        const { total, days } = ofSegment(others);
        expect(total).toEqual(ofRecords(others));
        expect(days.size).toBe(0);
        expect(total.timeSum).toBe(0);
      }),
      propertyRuns(200),
    );
  });

  it("is that of its days together", () => {
    fc.assert(
      fc.property(history, (records) => {
        const { total, days } = ofSegment(records);
        const table = byDay(records);
        expect(join(days.values())).toEqual(total);
        expect(mergeFingerprints(days.values())).toEqual(total);
        expect(mergeFingerprints([...days.values()].reverse())).toEqual(total);
        expect(table.merged(table.keys())).toEqual(total);
        expect(table.merged([...table.keys(), ...table.keys(), -1])).toEqual(total);
      }),
      propertyRuns(200),
    );
  });

  it("counts records and the milliseconds since the start of their UTC month", () => {
    fc.assert(
      fc.property(history, (records) => {
        const sinceMonthStart = records.map(({ watchedAt }) => {
          const date = new Date(watchedAt);
          return watchedAt - Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
        });
        const { count, timeSum } = ofSegment(records).total;
        expect(count).toBe(records.length);
        expect(timeSum).toBe(sinceMonthStart.reduce((sum, each) => sum + each, 0));
      }),
      propertyRuns(200),
    );
  });

  it("does not depend on what else is in the dictionary, nor on when it came in", () => {
    fc.assert(
      fc.property(history, history, (records, others) => {
        const dictionary = HistoryDictionary.decode([]);
        const before = store(others, dictionary);
        const otherTotal = ofRecords(others);
        expect(fingerprintSegment(before.bytes, dictionary).total).toEqual(otherTotal);
        const { bytes } = store(records, dictionary);
        expect(fingerprintSegment(bytes, dictionary).total).toEqual(ofRecords(records));
        expect(fingerprintSegment(before.bytes, dictionary).total).toEqual(otherTotal);
      }),
      propertyRuns(200),
    );
  });

  it("is that of the records where there are hundreds of channels and topics", () => {
    const records = Array.from({ length: 1_000 }, (_, index) =>
      record({
        watchedAt: START + index * 1_000_000,
        channelTitle: `Channel ${String(index)}`,
        channelUrl: `https://www.youtube.com/channel/UC${String(index)}`,
        topics: [`Topic ${String(index % 300)}`, `Topic ${String(index % 7)}x`],
      }),
    );
    expect(ofSegment(records).total).toEqual(ofRecords(records));
  });

  it("is empty where the segment is", () => {
    expect(ofSegment([])).toEqual({ total: EMPTY_FINGERPRINT, days: new Map() });
  });

  // Stored fingerprints are compared with new ones: another hash would make all segments suspect.
  it("is what it was when it was stored", () => {
    const records = [
      record({ channelUrl: "https://www.youtube.com/channel/UC1", durationSeconds: 300 }),
      record({ watchedAt: START + 1, channelTitle: null, topics: ["Music", "日本"] }),
      record({ watchedAt: START + DAY_MS, product: "YouTube Music" }),
    ];
    expect(ofSegment(records).total).toEqual({
      count: 3,
      timeSum: 7_084_800_001,
      hash: "58f64a48ce21dc83",
    });
    expect(ofSegment(records.map(undated)).total.hash).toBe("d40a8a1d647ee151");
  });
});

/** Adds up by other means than the engine. */
function join(fingerprints: Iterable<Fingerprint>): Fingerprint {
  let [count, timeSum, first, second] = [0, 0, 0n, 0n];
  for (const each of fingerprints) {
    count += each.count;
    timeSum += each.timeSum;
    first += BigInt(`0x${each.hash.slice(0, 8)}`);
    second += BigInt(`0x${each.hash.slice(8)}`);
  }
  const digits = (sum: bigint) => (sum % 2n ** 32n).toString(16).padStart(8, "0");
  return { count, timeSum, hash: digits(first) + digits(second) };
}
