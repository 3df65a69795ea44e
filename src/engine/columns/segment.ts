import type { WatchRecord } from "../query";
import type { InstantRange } from "../calendar/windows";
import { ByteReader, ByteWriter } from "./bytes";
import type { Dictionary } from "./dictionary";
import { CorruptColumnsError } from "./errors";
import { lowerBound } from "./lowerBound";

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
/** An entry and a topic set take a byte at least. */
const MIN_ROW_BYTES = 2;

/**
 * @param records all undated, or all dated and ascending; equal times stay in the given order.
 * @param dictionary gets what it does not know yet.
 * @throws RangeError for records out of order, and for times and durations that are not whole.
 */
export function encodeSegment(records: readonly WatchRecord[], dictionary: Dictionary): Uint8Array {
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
  dictionary: Dictionary,
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

/**
 * Whether a segment still has every watch of a channel that it had: the same time and entry. Then
 * no first watch in it is later and no smallest URL greater than before.
 *
 * @throws CorruptColumnsError
 */
export function keepsWatches(
  before: Uint8Array | null,
  after: Uint8Array | null,
  dictionary: Dictionary,
): boolean {
  if (before === null || after === null) return before === null;
  const kept = new Set(watchesOf(decodeSegment(after, dictionary)));
  return watchesOf(decodeSegment(before, dictionary)).every((watch) => kept.has(watch));
}

function watchesOf({ times, entries }: SegmentRows): string[] {
  return Array.from(entries, (entry, row) => `${String(times?.[row])} ${String(entry)}`);
}

/** The number of records in a segment, from its first bytes. */
export function segmentRecordCount(segment: Uint8Array): number {
  const reader = new ByteReader(segment);
  return readHeader(reader).count;
}

/** @throws CorruptColumnsError where the bytes or the numbers in them make no sense. */
export function decodeSegment(segment: Uint8Array, dictionary: Dictionary): SegmentRows {
  const { count, isDated } = readHeader(new ByteReader(segment));
  const rows = emptyRows(count, isDated);
  readSegment(segment, dictionary, rows, 0);
  return rows;
}

/** Reads a segment's columns into larger ones, from row `offset` on. */
export function readSegment(
  segment: Uint8Array,
  dictionary: Dictionary,
  into: SegmentRows,
  offset: number,
): void {
  const reader = new ByteReader(segment);
  const { count, isDated } = readHeader(reader);
  if (isDated && into.times !== null) readTimes(reader, into.times, offset, count);
  reader.numbers(into.entries, offset, count);
  requireBelow(dictionary.entryTitles.length, into.entries, offset, count);
  reader.numbers(into.topicSets, offset, count);
  requireBelow(dictionary.topicSets.length, into.topicSets, offset, count);
  reader.bits(into.isMusic, offset, count);
  reader.bits(into.hasDuration, offset, count);
  readDurations(reader, into, offset, count);
  reader.expectEnd();
}

/** The first time as it is, then the steps from one to the next. */
function readTimes(reader: ByteReader, into: Float64Array, offset: number, count: number): void {
  let time = reader.signedVarint();
  into[offset] = time;
  reader.numbers(into, offset + 1, count - 1);
  for (let row = offset + 1; row < offset + count; row++) {
    time += into[row]!;
    into[row] = time;
  }
}

/** The durations there are stand together: read so, then moved to their rows from the last on. */
function readDurations(
  reader: ByteReader,
  { durations, hasDuration }: SegmentRows,
  offset: number,
  count: number,
): void {
  let next = offset;
  for (let row = offset; row < offset + count; row++) next += hasDuration[row]!;
  reader.numbers(durations, offset, next - offset);
  for (let row = offset + count - 1; row >= offset; row--) {
    durations[row] = hasDuration[row] === 1 ? durations[--next]! : 0;
  }
}

function requireBelow(limit: number, numbers: Uint32Array, offset: number, count: number): void {
  let greatest = -1;
  for (let row = offset; row < offset + count; row++) {
    if (numbers[row]! > greatest) greatest = numbers[row]!;
  }
  if (greatest < limit) return;
  throw new CorruptColumnsError(`a segment names number ${greatest} of ${limit}`);
}

export function readHeader(reader: ByteReader): { count: number; isDated: boolean } {
  if (reader.varint() !== FORMAT) throw new CorruptColumnsError("unknown segment format");
  const count = reader.count(MIN_ROW_BYTES);
  const kind = reader.varint();
  if (kind > 1) throw new CorruptColumnsError("a segment is neither dated nor undated");
  return { count, isDated: kind === 1 };
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
export function rowsOf(records: readonly WatchRecord[], dictionary: Dictionary): SegmentRows {
  const isDated = records.length > 0 && records[0]?.watchedAt !== null;
  const rows = emptyRows(records.length, isDated);
  records.forEach((record, row) => {
    const { watchedAt, durationSeconds } = record;
    if ((watchedAt !== null) !== isDated) throw new RangeError("dated and undated records mixed");
    if (rows.times !== null) rows.times[row] = watchedAt ?? 0;
    rows.entries[row] = dictionary.entryOf(record.channelTitle, record.channelUrl);
    rows.topicSets[row] = dictionary.topicSetOf(record.topics);
    rows.isMusic[row] = record.product === "YouTube Music" ? 1 : 0;
    rows.hasDuration[row] = durationSeconds === null ? 0 : 1;
    rows.durations[row] = wholeNumber("durationSeconds", durationSeconds ?? 0, 0);
  });
  return rows;
}

function wholeNumber(name: string, value: number, minimum: number): number {
  if (Number.isSafeInteger(value) && value >= minimum) return value;
  throw new RangeError(`${name} is ${value}; it must be a whole number, ${minimum} or more`);
}

/** The first as it is, then the steps from one to the next. */
function writeTimes(writer: ByteWriter, times: Float64Array): void {
  let previous = -Number.MAX_SAFE_INTEGER;
  times.forEach((given, row) => {
    const time = wholeNumber("watchedAt", given, previous);
    if (row === 0) writer.signedVarint(time);
    else writer.varint(time - previous);
    previous = time;
  });
}

function encodeRows({ count, times, hasDuration, ...rows }: SegmentRows): Uint8Array {
  const writer = new ByteWriter();
  writer.varint(FORMAT);
  writer.varint(count);
  writer.varint(times === null ? 0 : 1);
  if (times !== null) writeTimes(writer, times);
  for (const column of [rows.entries, rows.topicSets]) {
    column.forEach((number) => writer.varint(number));
  }
  writer.bits(rows.isMusic, count);
  writer.bits(hasDuration, count);
  rows.durations.forEach((seconds, row) => {
    if (hasDuration[row] === 1) writer.varint(seconds);
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
