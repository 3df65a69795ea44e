/** Records for fingerprints, and the two ways to one. */
import fc from "fast-check";
import {
  encodeSegment,
  fingerprintSegment,
  FingerprintTable,
  HistoryDictionary,
  type Fingerprint,
  type WatchRecord,
} from "../../src/engine";

export const DAY_MS = 86_400_000;
/** The last two days of a month, so that days lie in two of them. */
export const START = Date.UTC(2024, 1, 28);

export type DatedRecord = WatchRecord & { watchedAt: number };

export function record(fields: Partial<DatedRecord> = {}): DatedRecord {
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

export function undated(fields: Partial<WatchRecord> = {}): WatchRecord {
  return { ...record(), ...fields, watchedAt: null };
}

/** Among them halves of a rocket, of which neighbours make a whole one. */
const text = fc.oneof(
  fc.constantFrom("", "A", "AB", "B", "__proto__", "日本", "🚀", "\uD83D", "\uDE80", "\uFFFD"),
  fc.string({ unit: "binary" }),
);
export const time = fc.oneof(
  fc.constantFrom(START, START + DAY_MS, START + 2 * DAY_MS - 1, START + 2 * DAY_MS),
  fc.integer({ min: START, max: START + 5 * DAY_MS }),
  fc.integer({ min: Date.UTC(2005, 0, 1), max: Date.UTC(2040, 0, 1) }),
);
export const someRecord: fc.Arbitrary<DatedRecord> = fc.record({
  watchedAt: time,
  channelTitle: fc.option(text),
  channelUrl: fc.option(text),
  product: fc.constantFrom("YouTube" as const, "YouTube Music" as const),
  topics: fc.uniqueArray(text, { minLength: 1, maxLength: 4 }),
  durationSeconds: fc.option(fc.oneof(fc.nat(3), fc.nat(), fc.constant(2 ** 40))),
});
export const history = fc.array(someRecord, { maxLength: 40 });
export const someHistory = fc.array(someRecord, { minLength: 1, maxLength: 12 });

export function dayOf({ watchedAt }: DatedRecord): number {
  return Math.floor(watchedAt / DAY_MS);
}

/** Straight from records. */
export function ofRecords(records: readonly WatchRecord[]): Fingerprint {
  const table = new FingerprintTable<string>();
  for (const each of records) table.add("all", each);
  return table.get("all");
}

/** As they are stored: dictionary and segment by their bytes. */
export function store(records: readonly WatchRecord[], given = HistoryDictionary.decode([])) {
  const inOrder = [...records].sort((a, b) => (a.watchedAt ?? 0) - (b.watchedAt ?? 0));
  const bytes = encodeSegment(inOrder, given);
  const parts = given.changedParts().map((part) => part.bytes);
  return { bytes, dictionary: HistoryDictionary.decode(parts) };
}

/** Straight from records, for each UTC day. */
export function byDay(records: readonly DatedRecord[]): FingerprintTable<number> {
  const table = new FingerprintTable<number>();
  for (const each of records) table.add(dayOf(each), each);
  return table;
}

/** By way of the bytes. */
export function ofSegment(records: readonly WatchRecord[]) {
  const { bytes, dictionary } = store(records);
  return fingerprintSegment(bytes, dictionary);
}
