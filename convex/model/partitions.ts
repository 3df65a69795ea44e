/**
 * How a user's records are cut into segments: dated ones by UTC month, undated ones by the first
 * two digits of their key, so that no partition outgrows a transaction. Changes are noted by UTC
 * day or by bucket, and folded in as ranges of one partition each. Pure.
 */

export const DAY_MS = 86_400_000;

const UNDATED_PREFIX = "undated-";
const BUCKET_DIGITS = 2;
/** Sorts behind all months, and before all buckets. */
export const FIRST_UNDATED = UNDATED_PREFIX;

/** Half-open range of instants, epoch milliseconds. */
export interface TimeRange {
  from: number;
  to: number;
}

/** A piece of one partition to be read again from the records; `range` is null where undated. */
export interface FoldUnit {
  partition: string;
  range: TimeRange | null;
}

/** UTC days since 1970-01-01. */
export function utcDayOf(watchedAt: number): number {
  return Math.floor(watchedAt / DAY_MS);
}

/** "YYYY-MM" of a UTC instant. */
export function monthOf(instant: number): string {
  return new Date(instant).toISOString().slice(0, 7);
}

/** First instant after the UTC month of `instant`. */
export function endOfMonth(instant: number): number {
  const date = new Date(instant);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
}

export function undatedBucketOf(recordKey: string): string {
  return recordKey.slice(0, BUCKET_DIGITS);
}

export function undatedPartition(bucket: string): string {
  return UNDATED_PREFIX + bucket;
}

/** The partition a record belongs to. */
export function partitionOf(watchedAt: number | null, recordKey: string): string {
  return watchedAt === null ? undatedPartition(undatedBucketOf(recordKey)) : monthOf(watchedAt);
}

/** Inverse of `undatedPartition`. */
export function bucketOf(partition: string): string {
  return partition.slice(UNDATED_PREFIX.length);
}

export function isUndated(partition: string): boolean {
  return partition.startsWith(UNDATED_PREFIX);
}

/** Dirty days and buckets as fold units: adjoining days of a month become one range. */
export function foldUnits(days: Iterable<number>, undatedBuckets: Iterable<string>): FoldUnit[] {
  const units: FoldUnit[] = [];
  let open: { partition: string; range: TimeRange } | null = null;
  for (const day of [...new Set(days)].sort((a, b) => a - b)) {
    const from = day * DAY_MS;
    const partition = monthOf(from);
    if (open !== null && open.range.to === from && open.partition === partition) {
      open.range.to = from + DAY_MS;
    } else {
      open = { partition, range: { from, to: from + DAY_MS } };
      units.push(open);
    }
  }
  for (const bucket of [...new Set(undatedBuckets)].sort()) {
    units.push({ partition: undatedPartition(bucket), range: null });
  }
  return units;
}
