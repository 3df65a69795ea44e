import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  CorruptColumnsError,
  fingerprintSegment,
  sameFingerprint,
  spliceSegment,
  type Fingerprint,
  type HistoryDictionary,
} from "../../src/engine";
import { ofRecords, record, someHistory, START, store, undated } from "./fingerprints";
import { propertyRuns } from "./reference/compare";

describe("damage to a stored segment", () => {
  /**
   * Every kind of row, with steps of one byte and of several; 11 of them, so that bits are left
   * over. No two of a channel: a byte of bits could exchange a field of theirs, which leaves the
   * same set.
   */
  const rows = Array.from({ length: 11 }, (_, index) =>
    record({
      watchedAt: START + (index >> 1) * (index < 6 ? 50 : 40_000_000),
      channelTitle: index === 0 ? null : `c${String(index)}`,
      product: index % 3 === 0 ? "YouTube Music" : "YouTube",
      topics: index % 5 === 0 ? ["Music", "News"] : ["Other"],
      durationSeconds: index % 2 === 0 ? index : null,
    }),
  );
  const durationBytes = 6; // one for each of the even rows
  const unusedBits = 0b11111000; // of the second byte of each list of bits

  it.each([
    ["dated", rows],
    ["undated", rows.map(undated)],
  ])(
    "to any byte of %s rows is an error or another fingerprint, but in unused bits",
    (_, records) => {
      const { bytes, dictionary } = store(records);
      const total = fingerprintSegment(bytes, dictionary).total;
      const bitsEnd = bytes.length - durationBytes;
      const hasUnusedBits = [bitsEnd - 3, bitsEnd - 1];
      for (let place = 0; place < bytes.length; place++) {
        for (let flipped = 1; flipped < 256; flipped++) {
          const isUnused = hasUnusedBits.includes(place) && (flipped & ~unusedBits) === 0;
          const damaged = bytes.slice();
          damaged[place] = damaged[place]! ^ flipped;
          const isSame = isUnnoticed(damaged, dictionary, total);
          expect(isSame, `byte ${String(place)} ^ ${String(flipped)}`).toBe(isUnused);
        }
      }
    },
  );

  it("is an error or another fingerprint, unless written again it is what it was", () => {
    const damage = fc.record({ at: fc.nat(), flipped: fc.integer({ min: 1, max: 255 }) });
    fc.assert(
      fc.property(someHistory, damage, (given, { at, flipped }) => {
        const records = given.map((each, index) => ({ ...each, channelUrl: String(index) }));
        const { bytes, dictionary } = store(records);
        const damaged = bytes.slice();
        const place = at % bytes.length;
        damaged[place] = damaged[place]! ^ flipped;
        const { total } = fingerprintSegment(bytes, dictionary);
        if (!isUnnoticed(damaged, dictionary, total)) return;
        const again = spliceSegment(damaged, { from: 0, to: 0 }, [], dictionary);
        expect(again).toEqual(bytes);
      }),
      propertyRuns(2_000),
    );
  });

  it("that cuts it off anywhere is an error", () => {
    const { bytes, dictionary } = store(rows);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => fingerprintSegment(bytes.slice(0, length), dictionary)).toThrow(
        CorruptColumnsError,
      );
    }
  });

  it("that makes numbers larger than can be told apart is an error", () => {
    const { dictionary } = store([record()]);
    const ofTimes = (...varints: number[]) => Uint8Array.of(1, 2, 1, ...varints, 0, 0, 0, 0, 0, 0);
    const ofDuration = (...varint: number[]) => Uint8Array.of(1, 1, 0, 0, 0, 0, 1, ...varint);
    expect(fingerprintSegment(ofTimes(2, 5), dictionary).total).toEqual(
      ofRecords([record({ watchedAt: 1 }), record({ watchedAt: 6 })]),
    );
    expect(fingerprintSegment(ofDuration(2), dictionary).total).toEqual(
      ofRecords([undated({ durationSeconds: 2 })]),
    );
    const most = [255, 255, 255, 255, 255, 255, 255, 127];
    for (const bytes of [ofTimes(...most, 5), ofTimes(2, ...most), ofDuration(...most)]) {
      expect(() => fingerprintSegment(bytes, dictionary)).toThrow("a segment holds the number");
    }
  });

  /** Whether damaged bytes go unnoticed. */
  function isUnnoticed(damaged: Uint8Array, dictionary: HistoryDictionary, before: Fingerprint) {
    try {
      return sameFingerprint(fingerprintSegment(damaged, dictionary).total, before);
    } catch (error) {
      expect(error).toBeInstanceOf(CorruptColumnsError);
      return false;
    }
  }
});
