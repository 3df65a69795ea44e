import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  EMPTY_FINGERPRINT,
  FingerprintTable,
  sameFingerprint,
  type WatchRecord,
} from "../../src/engine";
import {
  byDay,
  dayOf,
  history,
  ofRecords,
  ofSegment,
  record,
  someHistory,
  someRecord,
  START,
  time,
  undated,
  type DatedRecord,
} from "./fingerprints";
import { propertyRuns } from "./reference/compare";

describe("a fingerprint of records", () => {
  it("does not depend on their order", () => {
    const reordered = history.chain((records) =>
      fc.tuple(
        fc.constant(records),
        fc.shuffledSubarray(records, { minLength: records.length }),
        fc.array(fc.boolean(), { minLength: records.length, maxLength: records.length }),
      ),
    );
    fc.assert(
      fc.property(reordered, ([records, shuffled, isUndated]) => {
        const mixed = (list: DatedRecord[]) =>
          list.map((each) => (isUndated[records.indexOf(each)] === true ? undated(each) : each));
        expect(ofRecords(mixed(shuffled))).toEqual(ofRecords(mixed(records)));
      }),
      propertyRuns(200),
    );
  });

  it("changes with any field of any of them", () => {
    const change = fc.tuple(someHistory, fc.nat(), someRecord);
    fc.assert(
      fc.property(change, fieldOf(), ([records, place, other], field) => {
        const changed = [...records];
        const index = place % records.length;
        changed[index] = { ...records[index]!, [field]: other[field] };
        expectToTellApart(records, changed);
        expectToTellApart(records.map(undated), changed.map(undated));
      }),
      propertyRuns(1_000),
    );
  });

  it("changes when a record comes, goes or is there twice", () => {
    fc.assert(
      fc.property(someHistory, someRecord, (records, other) => {
        expectToTellApart(records, [...records, other]);
        expectToTellApart(records, records.slice(1));
        expectToTellApart(records, [...records, records[0]!]);
        expectToTellApart(records, [undated(records[0]), ...records.slice(1)]);
      }),
      propertyRuns(200),
    );
  });

  it("changes when two of them exchange a field", () => {
    const exchange = fc.tuple(someHistory, fc.nat(), fc.nat());
    fc.assert(
      fc.property(exchange, fieldOf(), ([records, one, other], field) => {
        const [left, right] = [one % records.length, other % records.length];
        const swapped = [...records];
        swapped[left] = { ...records[left]!, [field]: records[right]![field] };
        swapped[right] = { ...records[right]!, [field]: records[left]![field] };
        if (left === right) return;
        expectToTellApart(records, swapped);
      }),
      propertyRuns(1_000),
    );
  });

  it("changes in its hash alone when channels or times are exchanged", () => {
    const [a, b] = [
      record({ channelTitle: "A", topics: ["Music"] }),
      record({ channelTitle: "B", watchedAt: START + 77, durationSeconds: 9 }),
    ];
    const before = ofRecords([a, b]);
    const exchanges = [
      [
        { ...a, channelTitle: "B" },
        { ...b, channelTitle: "A" },
      ],
      [
        { ...a, watchedAt: b.watchedAt },
        { ...b, watchedAt: a.watchedAt },
      ],
    ];
    for (const after of exchanges.map(ofRecords)) {
      expect({ ...after, hash: before.hash }).toEqual(before);
      // Both halves, which are independent.
      expect(after.hash.slice(0, 8)).not.toBe(before.hash.slice(0, 8));
      expect(after.hash.slice(8)).not.toBe(before.hash.slice(8));
    }
  });

  it("of a day changes when a record leaves or enters it, and of no other day", () => {
    fc.assert(
      fc.property(someHistory, fc.nat(), time, (records, place, watchedAt) => {
        const moved = records[place % records.length]!;
        const target = { ...moved, watchedAt };
        if (dayOf(target) === dayOf(moved)) return;
        const before = byDay(records);
        const after = byDay(records.map((each) => (each === moved ? target : each)));
        const days = new Set([...before.keys(), ...after.keys()]);
        const changed = [...days].filter(
          (day) => !sameFingerprint(before.get(day), after.get(day)),
        );
        expect(new Set(changed)).toEqual(new Set([dayOf(moved), dayOf(target)]));
      }),
      propertyRuns(300),
    );
  });

  it("tells apart what is alike", () => {
    const variants: WatchRecord[] = [
      ...[null, "", "a", "ab", "abc", "\u0000"].flatMap((channelTitle) =>
        [null, "", "bc", "c", "abc", "\u0000"].map((channelUrl) =>
          record({ channelTitle, channelUrl }),
        ),
      ),
      ...[["a", "b"], ["b", "a"], ["ab"], ["a,b"], ["a", ""], ["", "a"], ["a"], [""], []].map(
        (topics) => record({ topics }),
      ),
      ...[0, 1, 300, 2 ** 31, 2 ** 32, 2 ** 32 + 300, 2 ** 40].map((durationSeconds) =>
        record({ durationSeconds }),
      ),
      record({ product: "YouTube Music" }),
      ...[0, 1, START - 2 ** 32, START + 2 ** 32, START + 2 ** 40, START + 2 ** 31].map(
        (watchedAt) => record({ watchedAt }),
      ),
      undated(),
      undated({ durationSeconds: 0 }),
      record({ watchedAt: 0, durationSeconds: 0 }),
    ];
    const hashes = variants.map((each) => ofRecords([each]).hash);
    expect(new Set(hashes).size).toBe(variants.length);
  });

  it("takes a lone surrogate for U+FFFD, as a dictionary does", () => {
    const variants = ["x\uD83D", "x\uFFFD"].map((name) =>
      ofRecords([record({ channelTitle: name, channelUrl: name, topics: [name] })]),
    );
    expect(variants[0]).toEqual(variants[1]);
    expectToTellApart(
      [record({ channelTitle: "\uD83D" })],
      [record({ channelTitle: "\uD83D\uDE80" })],
    );
  });

  it("is there for records that no segment can hold, and tells them apart", () => {
    const variants: WatchRecord[] = [
      record(),
      ...[START + 0.5, START - 0.5, NaN, Infinity, -Infinity, 1e300, 2 ** 53, -1].map((watchedAt) =>
        record({ watchedAt }),
      ),
      ...[-1, 0.5, NaN, Infinity, 1e300, 0].map((durationSeconds) => record({ durationSeconds })),
    ];
    const fingerprints = variants.map((each) => ofRecords([each]));
    expect(new Set(fingerprints.map(({ hash }) => hash)).size).toBe(variants.length);
    for (const { timeSum } of fingerprints) expect(Number.isSafeInteger(timeSum)).toBe(true);
    expect(ofRecords([...variants].reverse())).toEqual(ofRecords(variants));
  });

  it("is the same for 0 and −0, which a segment does not tell apart", () => {
    const zero = record({ watchedAt: 0, durationSeconds: 0 });
    const negative = record({ watchedAt: -0, durationSeconds: -0 });
    expect(ofRecords([negative])).toEqual(ofRecords([zero]));
    expect(ofSegment([negative]).total).toEqual(ofRecords([zero]));
  });

  // What sums of hashes tell apart rests on this: no bit of a row may show in just some places.
  it("changes in any of its bits half the time, with any bit of a time or duration and with any kind", () => {
    const samples = Array.from({ length: 200 }, (_, index) =>
      record({ watchedAt: START + index * 40_000, durationSeconds: index * 60 }),
    );
    const flipped = Array.from({ length: 43 }, (_, bit) => [
      (each: DatedRecord) => ({ ...each, watchedAt: flipBit(each.watchedAt, bit) }),
      (each: DatedRecord) => ({ ...each, durationSeconds: flipBit(each.durationSeconds!, bit) }),
    ]).flat();
    const ofOtherKind = [
      (each: DatedRecord) => ({ ...each, product: "YouTube Music" as const }),
      (each: DatedRecord) => ({ ...each, durationSeconds: null }),
      undated,
    ];
    for (const change of [...flipped, ...ofOtherKind]) {
      const changes = new Array<number>(64).fill(0);
      for (const each of samples) {
        const [before, after] = [hashBits(each), hashBits(change(each))];
        changes.forEach((_, bit) => (changes[bit]! += before[bit] === after[bit] ? 0 : 1));
      }
      for (const count of changes) {
        expect(count).toBeGreaterThan(60);
        expect(count).toBeLessThan(140);
      }
    }
  });

  it("has two hashes that have nothing in common", () => {
    const agreements = new Array<number>(32).fill(0);
    for (let index = 0; index < 200; index++) {
      const bits = hashBits(record({ watchedAt: START + index }));
      agreements.forEach((_, bit) => (agreements[bit]! += bits[bit] === bits[bit + 32] ? 1 : 0));
    }
    for (const count of agreements) {
      expect(count).toBeGreaterThan(60);
      expect(count).toBeLessThan(140);
    }
  });

  it("is empty for a key that has none", () => {
    const table = new FingerprintTable<string>();
    table.add("a", record());
    expect([...table.keys()]).toEqual(["a"]);
    expect(table.get("b")).toEqual(EMPTY_FINGERPRINT);
    expect(table.merged([])).toEqual(EMPTY_FINGERPRINT);
    expect(table.merged(["b", "a"])).toEqual(ofRecords([record()]));
  });

  it("equals another in count, times and hash, or not at all", () => {
    const fingerprint = ofRecords([record()]);
    expect(sameFingerprint(fingerprint, { ...fingerprint })).toBe(true);
    expect(sameFingerprint(fingerprint, { ...fingerprint, count: 2 })).toBe(false);
    expect(sameFingerprint(fingerprint, { ...fingerprint, timeSum: 2 })).toBe(false);
    expect(sameFingerprint(fingerprint, { ...fingerprint, hash: "2" })).toBe(false);
  });
});

function fieldOf() {
  return fc.constantFrom(
    "watchedAt",
    "channelTitle",
    "channelUrl",
    "product",
    "topics",
    "durationSeconds",
  );
}

/** Fingerprints are the same where the records are, as far as a dictionary can hold them. */
function expectToTellApart(before: readonly WatchRecord[], after: readonly WatchRecord[]): void {
  const isSame = sameFingerprint(ofRecords(before), ofRecords(after));
  expect(isSame).toBe(contentOf(before) === contentOf(after));
}

/** The set of records, as far as a dictionary can hold them, as text. */
function contentOf(records: readonly WatchRecord[]): string {
  const asStored = (string: string) => string.replace(/\p{Surrogate}/gu, "\uFFFD");
  const rows = records.map((each) =>
    JSON.stringify([
      each.watchedAt,
      each.channelTitle === null ? null : asStored(each.channelTitle),
      each.channelUrl === null ? null : asStored(each.channelUrl),
      each.product,
      each.topics.map(asStored),
      each.durationSeconds,
    ]),
  );
  return rows.sort().join();
}

function hashBits(each: WatchRecord): string {
  return BigInt(`0x${ofRecords([each]).hash}`)
    .toString(2)
    .padStart(64, "0");
}

function flipBit(value: number, bit: number): number {
  return Math.floor(value / 2 ** bit) % 2 === 0 ? value + 2 ** bit : value - 2 ** bit;
}
