import { ESTIMATED_WATCH_SECONDS, type WatchRecord } from "../query";
import { decodeAttributes, type ChannelAttributes } from "./attributes";
import { ByteReader } from "./bytes";
import { Dictionary } from "./dictionary";
import { CorruptColumnsError } from "./errors";
import { emptyRows, readHeader, readSegment, rowsOf, type SegmentRows } from "./segment";

/** Rows as the computation reads them: durations estimated where not known. */
export interface HistoryRows {
  count: number;
  entries: Uint32Array;
  topicSets: Uint32Array;
  isMusic: Uint8Array;
  seconds: Float64Array;
}

export interface DatedRows extends HistoryRows {
  /** Epoch milliseconds, ascending. */
  times: Float64Array;
}

/** A user's history, column by column. */
export interface HistoryColumns {
  dictionary: Dictionary;
  dated: DatedRows;
  undated: HistoryRows;
  /** Channel attributes of the whole history, where the rows are only its end. */
  attributes: ChannelAttributes | null;
}

/** Columns of records in any order. */
export function columnsFromRecords(records: Iterable<WatchRecord>): HistoryColumns {
  const dictionary = new Dictionary();
  const dated: WatchRecord[] = [];
  const undated: WatchRecord[] = [];
  for (const record of records) (record.watchedAt === null ? undated : dated).push(record);
  dated.sort((a, b) => (a.watchedAt ?? 0) - (b.watchedAt ?? 0));
  const datedRows = rowsOf(dated, dictionary);
  const undatedRows = rowsOf(undated, dictionary);
  return toColumns(dictionary, datedRows, undatedRows, null);
}

/**
 * Columns of stored segments.
 *
 * @param segments those of dated records ascending in time; undated ones anywhere. For a short
 *   timeframe the last will do, from `influenceStart` on, together with `attributes`.
 * @param attributes what `channelAttributes` gave for the whole history on the same day.
 * @throws CorruptColumnsError
 */
export function decodeHistory(
  dictionary: Dictionary,
  segments: Iterable<Uint8Array>,
  attributes: Uint8Array | null = null,
): HistoryColumns {
  const headed = Array.from(segments, (bytes) => ({ bytes, ...readHeader(new ByteReader(bytes)) }));
  const counts = { dated: 0, undated: 0 };
  for (const { count, isDated } of headed) counts[isDated ? "dated" : "undated"] += count;
  const dated = emptyRows(counts.dated, true);
  const undated = emptyRows(counts.undated, false);
  const offsets = { dated: 0, undated: 0 };
  for (const { bytes, count, isDated } of headed) {
    const kind = isDated ? "dated" : "undated";
    readSegment(bytes, dictionary, isDated ? dated : undated, offsets[kind]);
    requireAscending(dated.times, isDated ? offsets.dated : 0);
    offsets[kind] += count;
  }
  const known = attributes === null ? null : decodeAttributes(attributes, dictionary);
  return toColumns(dictionary, dated, undated, known);
}

/** Within a segment times ascend by construction; from one to the next they must. */
function requireAscending(times: Float64Array | null, offset: number): void {
  if (times === null || offset === 0 || offset >= times.length) return;
  if (times[offset]! < times[offset - 1]!) {
    throw new CorruptColumnsError("segments are not in the order of their times");
  }
}

function toColumns(
  dictionary: Dictionary,
  dated: SegmentRows,
  undated: SegmentRows,
  attributes: ChannelAttributes | null,
): HistoryColumns {
  const times = dated.times ?? new Float64Array(0);
  return {
    dictionary,
    dated: { ...withEstimates(dated), times },
    undated: withEstimates(undated),
    attributes,
  };
}

function withEstimates(rows: SegmentRows): HistoryRows {
  const { count, entries, topicSets, isMusic, hasDuration, durations: seconds } = rows;
  for (let row = 0; row < count; row++) {
    if (!hasDuration[row]) seconds[row] = ESTIMATED_WATCH_SECONDS;
  }
  return { count, entries, topicSets, isMusic, seconds };
}
