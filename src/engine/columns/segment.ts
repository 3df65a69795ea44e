import type { WatchRecord } from "../vocabulary";
import { ByteReader, ByteWriter, CorruptColumnsError } from "./bytes";
import type { HistoryDictionary } from "./dictionary";
import type { InstantRange } from "../calendar/windows";

/**
 * One segment: some of a user's records, column by column, in the dictionary's numbers.
 *
 *   format, count, isDated · times (first, then steps) · entries · topic sets ·
 *   bit a row: YouTube Music · bit a row: has a duration · the durations there are
 */
export interface SegmentRows {
  count: number;
  /** Ascending; null where the rows are undated. */
  times: Float64Array | null;
  entries: Uint32Array;
  topicSets: Uint32Array;
  isMusic: Uint8Array;
  hasDuration: Uint8Array;
  /** Seconds; 0 where not known. */
  durations: Float64Array;
}

const FORMAT = 1;

/**
 * @param records all undated, or all dated and ascending; equal times stay in the given order.
 * @param dictionary gets what it does not know yet.
 */
export function encodeSegment(
  records: readonly WatchRecord[],
  dictionary: HistoryDictionary,
): Uint8Array {
  return encodeRows(rowsOf(records, dictionary));
}

/**
 * The segment with its rows of a time range replaced. Doing so twice gives the same bytes.
 *
 * @param segment what is stored, null where nothing is.
 * @param range the rows from ≤ watchedAt < to are replaced; null replaces all.
 * @returns the new bytes, null where no row is left.
 * @throws CorruptColumnsError where the stored bytes cannot be read.
 */
export function spliceSegment(
  segment: Uint8Array | null,
  range: InstantRange | null,
  records: readonly WatchRecord[],
  dictionary: HistoryDictionary,
): Uint8Array | null {
  const replacement = rowsOf(records, dictionary);
  const kept = segment === null || range === null ? null : decodeSegment(segment, dictionary);
  if (kept === null || range === null) {
    return replacement.count === 0 ? null : encodeRows(replacement);
  }
  if (kept.times === null) throw new CorruptColumnsError("a range of an undated segment");
  const start = lowerBound(kept.times, kept.count, range.from);
  const end = lowerBound(kept.times, kept.count, range.to);
  const rows = joinRows(sliceRows(kept, 0, start), replacement, sliceRows(kept, end, kept.count));
  return rows.count === 0 ? null : encodeRows(rows);
}

/** The number of records in a segment, from its first bytes. */
export function segmentRecordCount(segment: Uint8Array): number {
  const reader = new ByteReader(segment);
  return readHeader(reader).count;
}

/** @throws CorruptColumnsError where the bytes or the numbers in them make no sense. */
export function decodeSegment(segment: Uint8Array, dictionary: HistoryDictionary): SegmentRows {
  const { count, isDated } = readHeader(new ByteReader(segment));
  const rows = emptyRows(count, isDated);
  readSegment(segment, dictionary, rows, 0);
  return rows;
}

/** Reads a segment's columns into larger ones, from row `offset` on. */
export function readSegment(
  segment: Uint8Array,
  dictionary: HistoryDictionary,
  into: SegmentRows,
  offset: number,
): void {
  const reader = new ByteReader(segment);
  const { count, isDated } = readHeader(reader);
  if (isDated && into.times !== null) reader.times(into.times, offset, count);
  reader.numbers(into.entries, offset, count, dictionary.entryTitles.length);
  reader.numbers(into.topicSets, offset, count, dictionary.topicSets.length);
  reader.bits(into.isMusic, offset, count);
  reader.bits(into.hasDuration, offset, count);
  reader.someNumbers(into.durations, into.hasDuration, offset, count);
  reader.expectEnd();
}

export function readHeader(reader: ByteReader): { count: number; isDated: boolean } {
  if (reader.varint() !== FORMAT) throw new CorruptColumnsError("unknown segment format");
  const count = reader.count();
  return { count, isDated: reader.varint() === 1 };
}

export function emptyRows(count: number, isDated: boolean): SegmentRows {
  return {
    count,
    times: isDated ? new Float64Array(count) : null,
    entries: new Uint32Array(count),
    topicSets: new Uint32Array(count),
    isMusic: new Uint8Array(count),
    hasDuration: new Uint8Array(count),
    durations: new Float64Array(count),
  };
}

/** Records as rows: see `encodeSegment`. */
export function rowsOf(
  records: readonly WatchRecord[],
  dictionary: HistoryDictionary,
): SegmentRows {
  const isDated = records.length > 0 && records[0]?.watchedAt !== null;
  const rows = emptyRows(records.length, isDated);
  records.forEach((record, row) => {
    const { watchedAt, durationSeconds } = record;
    if (rows.times !== null && watchedAt !== null) rows.times[row] = watchedAt;
    rows.entries[row] = dictionary.entryOf(record.channelTitle, record.channelUrl);
    rows.topicSets[row] = dictionary.topicSetOf(record.topics);
    rows.isMusic[row] = record.product === "YouTube Music" ? 1 : 0;
    rows.hasDuration[row] = durationSeconds === null ? 0 : 1;
    if (durationSeconds !== null) rows.durations[row] = checkedDuration(durationSeconds);
  });
  return rows;
}

function checkedDuration(seconds: number): number {
  if (Number.isSafeInteger(seconds) && seconds >= 0) return seconds;
  throw new RangeError(`durationSeconds is ${seconds}; it must be a whole number from 0 on`);
}

function encodeRows(rows: SegmentRows): Uint8Array {
  const writer = new ByteWriter();
  writer.varint(FORMAT);
  writer.varint(rows.count);
  writer.varint(rows.times === null ? 0 : 1);
  if (rows.times !== null) {
    let previous = 0;
    rows.times.forEach((time, row) => {
      if (row === 0) writer.signedVarint(time);
      else writer.varint(time - previous);
      previous = time;
    });
  }
  rows.entries.forEach((entry) => writer.varint(entry));
  rows.topicSets.forEach((topicSet) => writer.varint(topicSet));
  writer.bits(rows.isMusic, rows.count);
  writer.bits(rows.hasDuration, rows.count);
  rows.durations.forEach((seconds, row) => {
    if (rows.hasDuration[row]) writer.varint(seconds);
  });
  return writer.finish();
}

function sliceRows(rows: SegmentRows, start: number, end: number): SegmentRows {
  return {
    count: end - start,
    times: rows.times?.subarray(start, end) ?? null,
    entries: rows.entries.subarray(start, end),
    topicSets: rows.topicSets.subarray(start, end),
    isMusic: rows.isMusic.subarray(start, end),
    hasDuration: rows.hasDuration.subarray(start, end),
    durations: rows.durations.subarray(start, end),
  };
}

function joinRows(...pieces: SegmentRows[]): SegmentRows {
  const joined = emptyRows(
    pieces.reduce((sum, piece) => sum + piece.count, 0),
    true,
  );
  let offset = 0;
  for (const piece of pieces) {
    if (piece.times !== null) joined.times?.set(piece.times, offset);
    joined.entries.set(piece.entries, offset);
    joined.topicSets.set(piece.topicSets, offset);
    joined.isMusic.set(piece.isMusic, offset);
    joined.hasDuration.set(piece.hasDuration, offset);
    joined.durations.set(piece.durations, offset);
    offset += piece.count;
  }
  return joined;
}

/** How many of the first `count` ascending values are below `bound`. */
export function lowerBound(
  values: Float64Array | Uint32Array,
  count: number,
  bound: number,
): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle]! < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
