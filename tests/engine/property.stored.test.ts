import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  aggregateHistory,
  channelAttributes,
  dayOf,
  decodeHistory,
  encodeSegment,
  HistoryDictionary,
  influenceStart,
  prepareHistory,
  segmentRecordCount,
  spliceSegment,
  TIMEFRAMES,
  type FilterOptions,
  type WatchRecord,
} from "../../src/engine/index";
import { groupBy } from "./reference/arithmetic";
import { expectSame, expectSameResults, propertyRuns } from "./reference/compare";
import { crowd } from "./reference/crowds";
import { referenceAggregate } from "./reference/index";
import { filters, scenario, type Scenario } from "./reference/scenarios";

const UNDATED = "undated";
const DAY_MS = 86_400_000;

/** Bytes as they are kept for one user: a segment for each UTC month, dictionary parts beside them. */
class StoredHistory {
  readonly segments = new Map<string, Uint8Array>();
  private readonly parts: Uint8Array[] = [];

  /** Writes the months of these records as if they had never been written. */
  add(records: readonly WatchRecord[]): void {
    this.write((dictionary) => {
      for (const [month, ofMonth] of groupBy(inTimeOrder(records), monthOf)) {
        this.segments.set(month, encodeSegment(ofMonth, dictionary));
      }
    });
  }

  /** Replaces one UTC day by these records, all of that day; or all undated ones. */
  splice(key: string, day: number | null, records: readonly WatchRecord[]): void {
    this.write((dictionary) => {
      const range = day === null ? null : { from: day, to: day + DAY_MS };
      const before = this.segments.get(key) ?? null;
      const after = spliceSegment(before, range, inTimeOrder(records), dictionary);
      if (after === null) this.segments.delete(key);
      else this.segments.set(key, after);
    });
  }

  /** Undated ones first: they may stand anywhere. */
  read(fromMs = -Infinity, attributes?: Uint8Array) {
    const fromMonth = fromMs === -Infinity ? "" : utcMonth(fromMs);
    const dated = [...this.segments].filter(([month]) => month !== UNDATED && month >= fromMonth);
    const inOrder = dated.sort(([left], [right]) => (left < right ? -1 : 1));
    const undated = fromMs === -Infinity ? this.segments.get(UNDATED) : undefined;
    const bytes = [...(undated ? [undated] : []), ...inOrder.map(([, segment]) => segment)];
    return decodeHistory(HistoryDictionary.decode(this.parts), bytes, attributes);
  }

  private write(change: (dictionary: HistoryDictionary) => void): void {
    const dictionary = HistoryDictionary.decode(this.parts);
    change(dictionary);
    for (const { part, bytes } of dictionary.changedParts()) this.parts[part] = bytes;
  }
}

function utcMonth(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 7);
}

function monthOf(record: WatchRecord): string {
  return record.watchedAt === null ? UNDATED : utcMonth(record.watchedAt);
}

function inTimeOrder(records: readonly WatchRecord[]): WatchRecord[] {
  return [...records].sort((left, right) => (left.watchedAt ?? 0) - (right.watchedAt ?? 0));
}

function expectStoredResults(
  { records, filters: own, ...at }: Scenario,
  others: readonly FilterOptions[],
): void {
  const stored = new StoredHistory();
  stored.add(records);
  const asked = [own, ...others];
  const results = aggregateHistory(prepareHistory(stored.read(), at), asked);
  asked.forEach((filter, index) => {
    const expected = referenceAggregate(records, { ...at, filters: filter });
    expectSameResults(results[index]!, { ...expected });
  });
}

describe("stored bytes, on random histories,", { timeout: 180_000 }, () => {
  it("lead to the reference's results, several filters in one go", () => {
    fc.assert(
      fc.property(
        scenario(60),
        fc.array(filters, { maxLength: 4 }),
        fc.subarray([...TIMEFRAMES]),
        (given, others, timeframes) => {
          const siblings = timeframes.map((timeframe) => ({ ...given.filters, timeframe }));
          expectStoredResults(given, [...others, ...siblings]);
        },
      ),
      propertyRuns(250),
    );
  });

  it("lead to the reference's results for crowds, all timeframes in one go", () => {
    fc.assert(
      fc.property(crowd, (given) => {
        const others = TIMEFRAMES.map((timeframe) => ({ ...given.filters, timeframe }));
        expectStoredResults(given, others);
      }),
      propertyRuns(6),
    );
  });

  it("need no month before the start of a timeframe's influence, but for the attributes", () => {
    fc.assert(
      fc.property(scenario(80), ({ records, filters: filter, ...at }) => {
        const stored = new StoredHistory();
        stored.add(records);
        const attributes = channelAttributes(prepareHistory(stored.read(), at));
        // Attributes are of the day they were computed on.
        fc.pre(dayOf(filter.timeframe, at.asOf) === at.asOf);
        const start = influenceStart(filter.timeframe, at.asOf, at.timeZone);
        const suffix = prepareHistory(stored.read(start, attributes), at);
        const [results] = aggregateHistory(suffix, [filter]);
        const expected = referenceAggregate(records, { ...at, filters: filter });
        expectSameResults(results!, { ...expected });
      }),
      propertyRuns(250),
    );
  });

  it("spliced day by day say the same as written at once, and twice the same as once", () => {
    const edited = fc.tuple(scenario(60), fc.array(fc.boolean(), { minLength: 60, maxLength: 60 }));
    fc.assert(
      fc.property(edited, ([{ records, ...query }, removed]) => {
        const kept = records.filter((_, index) => removed[index] !== true);
        const stored = new StoredHistory();
        stored.add(records.slice(0, Math.ceil(records.length / 2)));
        spliceEveryDay(stored, records, kept);
        const [results] = aggregateHistory(prepareHistory(stored.read(), query), [query.filters]);
        expectSameResults(results!, { ...referenceAggregate(kept, query) });
        const once = new Map(stored.segments);
        spliceEveryDay(stored, records, kept);
        expectSame(stored.segments, once, "the segments after splicing again");
      }),
      propertyRuns(200),
    );
  });

  it("may lie years apart in one segment", () => {
    fc.assert(
      fc.property(scenario(60), ({ records, filters: filter, ...at }) => {
        const dictionary = HistoryDictionary.decode([]);
        const dated = inTimeOrder(records.filter(({ watchedAt }) => watchedAt !== null));
        const segment = encodeSegment(dated, dictionary);
        const prepared = prepareHistory(decodeHistory(dictionary, [segment]), at);
        const [results] = aggregateHistory(prepared, [filter]);
        const expected = referenceAggregate(dated, { ...at, filters: filter });
        expectSameResults(results!, { ...expected });
      }),
      propertyRuns(100),
    );
  });

  it("count their records", () => {
    fc.assert(
      fc.property(scenario(60), ({ records }) => {
        const stored = new StoredHistory();
        stored.add(records);
        for (const [month, segment] of stored.segments) {
          const ofMonth = records.filter((record) => monthOf(record) === month);
          expect(segmentRecordCount(segment)).toBe(ofMonth.length);
        }
      }),
      propertyRuns(100),
    );
  });
});

/** Folds every day on which a record is or was, as it is in `kept`. */
function spliceEveryDay(
  stored: StoredHistory,
  records: readonly WatchRecord[],
  kept: readonly WatchRecord[],
): void {
  const dayOf = ({ watchedAt }: WatchRecord) =>
    watchedAt === null ? null : Math.floor(watchedAt / DAY_MS) * DAY_MS;
  for (const day of new Set(records.map(dayOf))) {
    const ofDay = kept.filter((record) => dayOf(record) === day);
    stored.splice(day === null ? UNDATED : utcMonth(day), day, ofDay);
  }
}
