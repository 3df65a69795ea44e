/** Random histories and the question asked of each, drawn towards the places where engines go wrong. */
import fc from "fast-check";
import {
  PRODUCTS,
  TIMEFRAMES,
  type FilterOptions,
  type Interval,
  type WatchRecord,
} from "../../../src/engine/index";
import { byName, distinct } from "./arithmetic";
import { anchorsOf, resolveTimes, timeSpec, type TimeSpec } from "./instants";
import { wallClock } from "./localTime";
import { offsetChanges, TRICKY_ZONES } from "./zones";

export interface Scenario {
  timeZone: string;
  asOf: string;
  filters: FilterOptions;
  records: WatchRecord[];
}

/** The first four are drawn most. */
const NAMES = [
  "A",
  "a",
  "B",
  "A|B",
  "a,b",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "",
  " ",
  "0",
  "-1",
  "null",
  "🎸",
  "🎸🥁",
  "é",
  "e\u0301", // the same to the eye, not in NFC
  "ﬁ",
  "\uffff",
  "日本のチャンネル",
  "long ".repeat(40).trim(),
  '"quoted"',
  "line\nbreak",
  "Channel 1",
  "Channel 10",
  "Channel 2",
  "channel 2",
] as const;

/** The first four are asked for most. */
const TOPICS = [
  "Other",
  "Music",
  "Gaming",
  "News",
  "music",
  "__proto__",
  "constructor",
  "valueOf",
  "a,b",
  "A|B",
  "🎸",
  "é",
  "e\u0301",
  "",
] as const;

const URLS = [
  null,
  "",
  "https://www.youtube.com/@A",
  "https://www.youtube.com/@a",
  "https://www.youtube.com/channel/UC1",
  "https://www.youtube.com/channel/UC2",
  "__proto__",
] as const;

const DURATIONS = [null, 0, 1, 299, 300, 301, 86_400, 2 ** 31, 2 ** 32, 2 ** 40] as const;

export const zone: fc.Arbitrary<string> = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...TRICKY_ZONES) },
  { weight: 1, arbitrary: fc.constantFrom(...Intl.supportedValuesOf("timeZone")) },
);

const TRICKY_DATES = [
  "2024-02-29",
  "2023-02-28",
  "2024-03-31",
  "2023-03-29",
  "2024-05-31",
  "2025-08-30",
  "2024-10-31",
  "2024-12-31",
  "2025-01-01",
  "2025-03-01",
  "2012-02-29",
  "2011-12-29",
  "2011-12-30",
  "2011-12-31",
  "2012-01-15",
] as const;

const anyDate = fc
  .record({
    year: fc.integer({ min: 2006, max: 2027 }),
    month: fc.integer({ min: 0, max: 11 }),
    day: fc.integer({ min: 1, max: 31 }),
  })
  .map(({ year, month, day }) => isoDate(Date.UTC(year, month, day)));

/** From one date to another, or a single day. */
const interval: fc.Arbitrary<Interval> = fc
  .array(fc.oneof(fc.constantFrom(...TRICKY_DATES), anyDate), { minLength: 1, maxLength: 2 })
  .map((dates) => dates.sort())
  .map(([first, last = first]) => `${first!}/${last!}` as const);

/** A date for `asOf`: any, one with a hard month end, or one beside an offset change of the zone. */
function asOfIn(timeZone: string): fc.Arbitrary<string> {
  const changes = offsetChanges(timeZone);
  const usual = fc.oneof(fc.constantFrom(...TRICKY_DATES), anyDate);
  if (changes.length === 0) return usual;
  const besideChange = fc
    .tuple(fc.constantFrom(...changes), fc.integer({ min: -1, max: 1 }))
    .map(([change, days]) => wallClock(change + days * 86_400_000, timeZone).date);
  return fc.oneof(usual, besideChange);
}

export const place: fc.Arbitrary<{ timeZone: string; asOf: string }> = zone.chain((timeZone) =>
  asOfIn(timeZone).map((asOf) => ({ timeZone, asOf })),
);

/** What people type: unsorted, doubled, padded, decomposed. */
function typedList(pool: readonly string[]): fc.Arbitrary<string[]> {
  const typed = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...pool.slice(0, 4)) },
    { weight: 4, arbitrary: fc.constantFrom(...pool) },
    { weight: 1, arbitrary: fc.constantFrom(...pool).map((name) => ` ${name}\t`) },
    { weight: 1, arbitrary: fc.constantFrom(...pool).map((name) => name.normalize("NFD")) },
    { weight: 1, arbitrary: fc.constant("never seen") },
  );
  return fc.oneof(
    { weight: 4, arbitrary: fc.constant<string[]>([]) },
    { weight: 1, arbitrary: fc.array(typed, { maxLength: 6 }) },
  );
}

export function filtersFor(
  topics: readonly string[],
  channels: readonly string[],
): fc.Arbitrary<FilterOptions> {
  return fc.record({
    timeframe: fc.oneof(
      { weight: 3, arbitrary: fc.constant("All" as const) },
      { weight: 3, arbitrary: fc.constantFrom(...TIMEFRAMES) },
      { weight: 2, arbitrary: interval },
    ),
    product: fc.oneof(fc.constant("All" as const), fc.constantFrom(...PRODUCTS)),
    topics: typedList(topics),
    channels: typedList(channels),
  });
}

export const filters: fc.Arbitrary<FilterOptions> = filtersFor(TOPICS, NAMES);

const recordWithoutTime = fc.record({
  channelTitle: fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...NAMES.slice(0, 4)) },
    { weight: 4, arbitrary: fc.constantFrom(...NAMES) },
    { weight: 1, arbitrary: fc.constant(null) },
  ),
  channelUrl: fc.constantFrom(...URLS),
  product: fc.constantFrom("YouTube" as const, "YouTube Music" as const),
  topics: fc
    .array(fc.constantFrom(...TOPICS), { minLength: 1, maxLength: 4 })
    .map((topics) => distinct(topics).sort(byName)),
  durationSeconds: fc.constantFrom(...DURATIONS),
});

/** A history of at most `maxRecords`, in any order, and one question. */
export function scenario(maxRecords: number): fc.Arbitrary<Scenario> {
  const history = fc.array(fc.tuple(timeSpec, recordWithoutTime), {
    maxLength: maxRecords,
    size: "max",
  });
  return fc.tuple(place, filters, history).map(([{ timeZone, asOf }, chosen, drawn]) => {
    const specs: TimeSpec[] = drawn.map(([spec]) => spec);
    const times = resolveTimes(specs, anchorsOf(timeZone, asOf));
    const records = drawn.map(([, record], index) => ({ ...record, watchedAt: times[index]! }));
    return { timeZone, asOf, filters: chosen, records };
  });
}

function isoDate(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 10);
}
