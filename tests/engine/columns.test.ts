import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  aggregate,
  aggregateHistory,
  channelAttributes,
  channelAttributesChanged,
  CorruptColumnsError,
  decodeHistory,
  encodeSegment,
  HistoryDictionary,
  prepareHistory,
  segmentRecordCount,
  keepsWatches,
  spliceSegment,
  type WatchRecord,
} from "../../src/engine";

const AT = { asOf: "2026-03-15", timeZone: "UTC" };
const ALL = { timeframe: "All", product: "All", topics: [], channels: [] } as const;
const START = Date.UTC(2026, 0, 1);

function record(fields: Partial<WatchRecord> = {}): WatchRecord {
  return {
    watchedAt: START,
    channelTitle: "A channel",
    channelUrl: null,
    product: "YouTube",
    topics: ["Other"],
    durationSeconds: null,
    ...fields,
  };
}

const title = fc.oneof(
  fc.constantFrom("A", "__proto__", "", "🚀", "a\u0000b", "日本", "=", "c"),
  fc.string({ unit: "grapheme" }),
);
const someRecord = fc.record({
  watchedAt: fc.integer({ min: START, max: START + 40 * 86_400_000 }),
  channelTitle: fc.option(title),
  channelUrl: fc.option(
    fc.oneof(title, fc.constantFrom("https://www.youtube.com/channel/UC1", "https://x.test/c")),
  ),
  product: fc.constantFrom("YouTube" as const, "YouTube Music" as const),
  topics: fc.uniqueArray(title, { minLength: 1, maxLength: 4 }).map((topics) => topics.sort()),
  durationSeconds: fc.option(fc.oneof(fc.nat(400), fc.constant(2 ** 40))),
});
const history = fc
  .array(someRecord, { maxLength: 40 })
  .map((records) => records.sort((a, b) => a.watchedAt - b.watchedAt));

/** Stores and reads back: the dictionary by its parts, the segment by its bytes. */
function reread(segments: (Uint8Array | null)[], dictionary: HistoryDictionary) {
  const parts = dictionary.changedParts().map(({ bytes }) => bytes);
  const stored = segments.filter((segment) => segment !== null);
  return decodeHistory(HistoryDictionary.decode(parts), stored);
}

describe("stored columns", () => {
  it("say what the records say", () => {
    fc.assert(
      fc.property(history, fc.array(someRecord, { maxLength: 5 }), (dated, others) => {
        const undated = others.map((other) => ({ ...other, watchedAt: null }));
        const dictionary = HistoryDictionary.decode([]);
        const segments = [encodeSegment(dated, dictionary), encodeSegment(undated, dictionary)];
        expect(segments.map(segmentRecordCount)).toEqual([dated.length, undated.length]);
        const prepared = prepareHistory(reread(segments, dictionary), AT);
        expect(aggregateHistory(prepared, [ALL])[0]).toEqual(
          aggregate([...dated, ...undated], { filters: ALL, ...AT }),
        );
      }),
      { numRuns: 200 },
    );
  });

  it("spliced over a range are those of the spliced records, once or twice", () => {
    const bound = fc.integer({ min: START - 1, max: START + 41 * 86_400_000 });
    fc.assert(
      fc.property(history, history, bound, bound, (before, replacement, one, other) => {
        const range = { from: Math.min(one, other), to: Math.max(one, other) };
        const isInside = ({ watchedAt }: { watchedAt: number }) =>
          watchedAt >= range.from && watchedAt < range.to;
        const inside = replacement.filter(isInside);
        const expected = [
          ...before.filter(({ watchedAt }) => watchedAt < range.from),
          ...inside,
          ...before.filter(({ watchedAt }) => watchedAt >= range.to),
        ];
        const dictionary = HistoryDictionary.decode([]);
        const stored = before.length === 0 ? null : encodeSegment(before, dictionary);
        const once = spliceSegment(stored, range, inside, dictionary);
        const twice = spliceSegment(once, range, inside, dictionary);
        expect(once).toEqual(expected.length === 0 ? null : encodeSegment(expected, dictionary));
        expect(twice).toEqual(once);
      }),
      { numRuns: 200 },
    );
  });

  it("of undated records are replaced whole", () => {
    const dictionary = HistoryDictionary.decode([]);
    const undated = record({ watchedAt: null });
    const stored = spliceSegment(null, null, [undated, undated], dictionary);
    expect(stored === null ? 0 : segmentRecordCount(stored)).toBe(2);
    expect(spliceSegment(stored, null, [], dictionary)).toBeNull();
  });

  it("keep their watches unless one goes or is of another time or channel now", () => {
    const dictionary = HistoryDictionary.decode([]);
    const encode = (...records: ReturnType<typeof record>[]) => encodeSegment(records, dictionary);
    const first = record({ watchedAt: 1_000, channelTitle: "A" });
    const second = record({ watchedAt: 2_000, channelTitle: "B" });
    const both = encode(first, second);
    expect(keepsWatches(null, both, dictionary)).toBe(true);
    expect(keepsWatches(encode(second), both, dictionary)).toBe(true);
    expect(keepsWatches(both, encode(first, { ...second, durationSeconds: 7 }), dictionary)).toBe(
      true,
    );
    expect(keepsWatches(both, null, dictionary)).toBe(false);
    expect(keepsWatches(both, encode(second), dictionary)).toBe(false);
    for (const change of [
      { watchedAt: 2_001 },
      { channelTitle: "A" },
      { channelUrl: "https://c" },
    ]) {
      expect(keepsWatches(both, encode(first, { ...second, ...change }), dictionary)).toBe(false);
    }
  });

  it("cut anywhere, or with any byte changed, are read to an error or to numbers in bounds", () => {
    const dictionary = HistoryDictionary.decode([]);
    const records = Array.from({ length: 30 }, (_, index) =>
      record({ watchedAt: START + index * 7_000_000, channelTitle: `c${String(index % 5)}` }),
    );
    const segment = encodeSegment(records, dictionary);
    for (let length = 0; length < segment.length; length++) {
      expect(() => decodeHistory(dictionary, [segment.slice(0, length)])).toThrow(
        CorruptColumnsError,
      );
    }
    for (let place = 0; place < segment.length; place++) {
      const damaged = segment.slice();
      damaged[place] = damaged[place]! ^ 0xff;
      try {
        const history = decodeHistory(dictionary, [damaged]);
        expect(history.dated.entries.every((entry) => entry < 5)).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(CorruptColumnsError);
      }
    }
  });

  it("that claim more rows than they have bytes for are refused before room is made", () => {
    // Format 1, 2^40 rows, dated.
    const bytes = Uint8Array.of(1, 128, 128, 128, 128, 128, 32, 1);
    expect(() => decodeHistory(HistoryDictionary.decode([]), [bytes])).toThrow(CorruptColumnsError);
  });

  it("are not written of records out of order, of mixed kinds or with fractions", () => {
    const encode = (...records: WatchRecord[]) =>
      encodeSegment(records, HistoryDictionary.decode([]));
    const later = record({ watchedAt: START + 1 });
    expect(() => encode(later, record())).toThrow(RangeError);
    expect(() => encode(record(), record({ watchedAt: null }))).toThrow(RangeError);
    expect(() => encode(record({ watchedAt: null }), record())).toThrow(RangeError);
    expect(() => encode(record(), record({ watchedAt: START + 0.5 }))).toThrow(RangeError);
    expect(() => encode(record({ watchedAt: START + 0.5 }))).toThrow(RangeError);
    expect(() => encode(record({ durationSeconds: -1 }))).toThrow(RangeError);
    expect(() => encode(record({ durationSeconds: NaN }))).toThrow(RangeError);
  });

  it("out of order are refused", () => {
    const dictionary = HistoryDictionary.decode([]);
    const early = encodeSegment([record({ watchedAt: START })], dictionary);
    const late = encodeSegment([record({ watchedAt: START + 1 })], dictionary);
    expect(() => decodeHistory(dictionary, [late, early])).toThrow(CorruptColumnsError);
  });
});

describe("text that is no Unicode", () => {
  // Halves of a rocket, of which neighbours make a whole one, beside what halves are replaced by.
  const titles = ["\uD83D", "\uFFFD", "a\uD83D", "\uDE80b", "\uDE80", "whole 🚀", "last"];
  const records = titles.map((channelTitle, index) =>
    record({
      channelTitle,
      channelUrl: channelTitle,
      topics: [channelTitle],
      watchedAt: START + index,
    }),
  );
  const query = { filters: ALL, ...AT };

  it("is taken for U+FFFD, and leaves its neighbours alone", () => {
    const channels = aggregate(records, query).top_channels?.map(({ channel }) => channel);
    expect(channels).toEqual(["\uFFFD", "a\uFFFD", "last", "whole 🚀", "\uFFFDb"].sort(byVideos));
  });

  it("comes back from stored bytes as it was taken", () => {
    const dictionary = HistoryDictionary.decode([]);
    const prepared = prepareHistory(reread([encodeSegment(records, dictionary)], dictionary), AT);
    expect(aggregateHistory(prepared, [ALL])[0]).toEqual(aggregate(records, query));
  });

  /** Three of the titles read as U+FFFD; the rest were seen once. */
  function byVideos(a: string, b: string): number {
    const isMost = (title: string) => Number(title === "\uFFFD");
    return isMost(b) - isMost(a) || (a < b ? -1 : 1);
  }
});

describe("the dictionary", () => {
  const channel = (index: number) =>
    record({
      channelTitle: `Channel ${String(index)}`.padEnd(190, "x"),
      channelUrl: `u${String(index)}`,
    });

  it("rewrites only its last part for a new channel", () => {
    const first = HistoryDictionary.decode([]);
    for (let index = 0; index < 2_000; index++) encodeSegment([channel(index)], first);
    const parts = first.changedParts();
    expect(parts.length).toBeGreaterThan(3);
    for (const { bytes } of parts) expect(bytes.length).toBeLessThan(2 ** 17);
    const second = HistoryDictionary.decode(parts.map(({ bytes }) => bytes));
    expect(second.changedParts()).toEqual([]);
    encodeSegment([channel(1)], second);
    expect(second.changedParts()).toEqual([]);
    encodeSegment([channel(5_000)], second);
    const changed = second.changedParts();
    expect(changed).toHaveLength(1);
    expect(changed[0]?.part).toBeGreaterThanOrEqual(parts.length - 1);
  });

  it("cut anywhere, or with any byte changed, is read to an error or to numbers in bounds", () => {
    const dictionary = HistoryDictionary.decode([]);
    for (let index = 0; index < 4; index++) encodeSegment([channel(index)], dictionary);
    const bytes = dictionary.changedParts()[0]!.bytes;
    for (let place = 0; place < bytes.length; place++) {
      expect(() => HistoryDictionary.decode([bytes.slice(0, place)])).toThrow(CorruptColumnsError);
      const damaged = bytes.slice();
      damaged[place] = damaged[place]! ^ 0xff;
      try {
        const { entryTitles, titles, topicSets, topics } = HistoryDictionary.decode([damaged]);
        expect(entryTitles.every((title) => title < titles.length)).toBe(true);
        expect(topicSets.flat().every((topic) => topic < topics.length)).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(CorruptColumnsError);
      }
    }
  });

  it("with a string twice, which would give two numbers, is refused", () => {
    const part = (title: string) => {
      const dictionary = HistoryDictionary.decode([]);
      encodeSegment([record({ channelTitle: title })], dictionary);
      return dictionary.changedParts()[0]!.bytes;
    };
    expect(() => HistoryDictionary.decode([part("A"), part("A")])).toThrow(CorruptColumnsError);
  });

  it("keeps its numbers over any sequence of additions, stored in between", () => {
    let dictionary = HistoryDictionary.decode([]);
    const parts: Uint8Array[] = [];
    const segments: Uint8Array[] = [];
    const records = Array.from({ length: 900 }, (_, index) => ({
      ...channel(index % 700),
      watchedAt: START + index,
    }));
    for (const each of records) {
      segments.push(encodeSegment([each], dictionary));
      for (const { part, bytes } of dictionary.changedParts()) parts[part] = bytes;
      dictionary = HistoryDictionary.decode(parts);
    }
    const prepared = prepareHistory(decodeHistory(dictionary, segments), AT);
    expect(aggregateHistory(prepared, [ALL])[0]).toEqual(
      aggregate(records, { filters: ALL, ...AT }),
    );
  });

  it("of strings as long as allowed stays far below a document's size, part by part", () => {
    const dictionary = HistoryDictionary.decode([]);
    for (let index = 0; index < 300; index++) {
      const channelTitle = String(index).padEnd(200, "語");
      const channelUrl = String(index).padEnd(2_000, "語");
      const topics = Array.from({ length: 20 }, (_, topic) =>
        `${String(index)} ${String(topic)}`.padEnd(100, "語"),
      );
      encodeSegment([record({ channelTitle, channelUrl, topics })], dictionary);
    }
    for (const { bytes } of dictionary.changedParts()) expect(bytes.length).toBeLessThan(400_000);
  });
});

describe("channel attributes", () => {
  const attributesOf = (records: WatchRecord[], dictionary: HistoryDictionary) => {
    const dated = records.filter((each) => each.watchedAt !== null);
    return channelAttributes(
      prepareHistory(decodeHistory(dictionary, [encodeSegment(dated, dictionary)]), AT),
    );
  };
  const first = record({ watchedAt: START, channelUrl: "b" });
  const later = record({ watchedAt: START + 10, channelUrl: "c" });
  const newcomer = record({ watchedAt: START + 20, channelTitle: "New" });

  it("change with a channel's first watch and with its smallest URL, not with what is new", () => {
    const dictionary = HistoryDictionary.decode([]);
    const before = attributesOf([first, later], dictionary);
    const change = (records: WatchRecord[]) =>
      channelAttributesChanged(before, attributesOf(records, dictionary));
    expect(change([first, later])).toBe(false);
    expect(change([first, later, later])).toBe(false);
    expect(change([first, later, newcomer])).toBe(false);
    expect(change([later])).toBe(true);
    expect(change([record({ watchedAt: START - 1, channelUrl: "b" }), first, later])).toBe(true);
    expect(change([first, { ...later, channelUrl: "a" }])).toBe(true);
    expect(change([newcomer])).toBe(false);
  });
});
