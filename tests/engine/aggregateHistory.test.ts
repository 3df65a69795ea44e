import { describe, expect, it } from "vitest";
import {
  aggregate,
  AGGREGATION_SCHEMAS,
  AGGREGATION_TYPES,
  aggregateHistory,
  channelAttributes,
  columnsFromRecords,
  decodeHistory,
  encodeSegment,
  HistoryDictionary,
  influenceStart,
  InvalidFiltersError,
  prepareHistory,
  PRODUCTS,
  TIMEFRAMES,
  type FilterOptions,
  type WatchRecord,
} from "../../src/engine";

const AT = { asOf: "2026-03-15", timeZone: "America/New_York" };
const HOUR_MS = 3_600_000;
const EVERYTHING: FilterOptions = { timeframe: "All", product: "All", topics: [], channels: [] };

/** Four years, every three hours or so, in sittings of three; a few undated and future ones. */
const records = Array.from({ length: 4_000 }, (_, index): WatchRecord => {
  const sitting = Math.floor(index / 3);
  const watchedAt = Date.UTC(2022, 2, 20) + sitting * 26.3 * HOUR_MS + (index % 3) * 600_000;
  return {
    watchedAt: index % 97 === 0 ? null : Math.floor(watchedAt),
    channelTitle: index % 41 === 0 ? null : `Channel ${String((index * 7) % 23)}`,
    channelUrl: `https://www.youtube.com/channel/${String((index * 7) % 23)}-${String(index % 2)}`,
    product: index % 5 === 0 ? "YouTube Music" : "YouTube",
    topics: index % 2 === 0 ? ["Music"] : ["News", "Politics"],
    durationSeconds: index % 4 === 0 ? index : null,
  };
});

const filters = TIMEFRAMES.flatMap((timeframe) =>
  PRODUCTS.flatMap((product) => [
    { timeframe, product, topics: [], channels: [] },
    { timeframe, product, topics: ["Politics"], channels: [] },
    { timeframe, product, topics: ["Politics", "Music"], channels: ["Channel 3", "Channel 8"] },
  ]),
);

describe("many filters at once", () => {
  it("give what each gives alone, in the order asked, whatever shares a pass", () => {
    const shuffled = filters.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? 1 : -1));
    const prepared = prepareHistory(columnsFromRecords(records), AT);
    const together = aggregateHistory(prepared, shuffled);
    shuffled.forEach((filter, index) => {
      expect(together[index], JSON.stringify(filter)).toEqual(
        aggregate(records, { filters: filter, ...AT }),
      );
    });
  });

  it("give results that pass their schemas", () => {
    const prepared = prepareHistory(columnsFromRecords(records), AT);
    for (const results of aggregateHistory(prepared, filters)) {
      for (const type of AGGREGATION_TYPES) {
        expect(AGGREGATION_SCHEMAS[type].safeParse(results[type]).error, type).toBeUndefined();
      }
    }
  });

  it("may be the same filter twice, in different words", () => {
    const prepared = prepareHistory(columnsFromRecords(records), AT);
    const [first, second] = aggregateHistory(prepared, [
      { ...EVERYTHING, topics: ["Music"] },
      { ...EVERYTHING, topics: [" Music ", "Music", ""] },
    ]);
    expect(second).toEqual(first);
  });

  it("are refused whole when one is not allowed", () => {
    const prepared = prepareHistory(columnsFromRecords(records), AT);
    const tooMany = Array.from({ length: 51 }, (_, index) => String(index));
    expect(() =>
      aggregateHistory(prepared, [EVERYTHING, { ...EVERYTHING, topics: tooMany }]),
    ).toThrow(InvalidFiltersError);
  });
});

describe("each type asked for alone", () => {
  it.each(AGGREGATION_TYPES)("%s is that of the full run, for every timeframe", (type) => {
    const prepared = prepareHistory(columnsFromRecords(records), AT);
    const full = aggregateHistory(prepared, filters);
    const alone = aggregateHistory(prepared, filters, [type]);
    alone.forEach((results, index) => {
      expect(results).toEqual({ [type]: full[index]?.[type] });
    });
  });
});

describe("the end of a stored history, with the attributes of the whole", () => {
  it.each(TIMEFRAMES.filter((timeframe) => timeframe !== "All"))(
    "is enough for %s",
    (timeframe) => {
      const dictionary = HistoryDictionary.decode([]);
      const dated = records.filter(({ watchedAt }) => watchedAt !== null);
      const from = influenceStart(timeframe, AT.asOf, AT.timeZone);
      const isRecent = ({ watchedAt }: WatchRecord) => (watchedAt ?? 0) >= from;
      const older = encodeSegment(
        dated.filter((record) => !isRecent(record)),
        dictionary,
      );
      const recent = encodeSegment(dated.filter(isRecent), dictionary);
      const whole = prepareHistory(decodeHistory(dictionary, [older, recent]), AT);
      const end = prepareHistory(decodeHistory(dictionary, [recent], channelAttributes(whole)), AT);
      const wanted = filters.filter((filter) => filter.timeframe === timeframe);
      expect(end.datedCount).toBeLessThan(whole.datedCount);
      expect(aggregateHistory(end, wanted)).toEqual(aggregateHistory(whole, wanted));
    },
  );
});
