/**
 * Counts of positive values in buckets whose bounds grow by a constant factor, so that a quantile
 * is within 1 % of the value it stands for, and two histograms add up to that of both (DDSketch:
 * Masson, Rim, Lee, VLDB 2019, section 2). Sparse: only buckets with a count are kept.
 */
export interface Histogram {
  /** Ascending. */
  buckets: number[];
  counts: number[];
  /** Of the values themselves. */
  sum: number;
}

const RELATIVE_ERROR = 0.01;
const GROWTH = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR);
const LOG_GROWTH = Math.log(GROWTH);
/** What is less counts as this; what is more, as that: bounds the number of buckets to 1,100. */
export const MIN_VALUE = 0.1;
export const MAX_VALUE = 1e9;

export function emptyHistogram(): Histogram {
  return { buckets: [], counts: [], sum: 0 };
}

export function histogramOf(values: readonly number[]): Histogram {
  const counts = new Map<number, number>();
  let sum = 0;
  for (const value of values) {
    const bucket = bucketOf(value);
    counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
    sum += value;
  }
  return fromCounts(counts, sum);
}

export function mergeHistograms(histograms: readonly Histogram[]): Histogram {
  const counts = new Map<number, number>();
  let sum = 0;
  for (const { buckets, counts: added, sum: addedSum } of histograms) {
    sum += addedSum;
    buckets.forEach((bucket, index) => {
      counts.set(bucket, (counts.get(bucket) ?? 0) + (added[index] ?? 0));
    });
  }
  return fromCounts(counts, sum);
}

export function countOf({ counts }: Histogram): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/**
 * The value that a share of all values do not exceed, within 1 %; null of none.
 *
 * @param share from 0 to 1: 0.95 for the 95th percentile.
 */
export function quantile(histogram: Histogram, share: number): number | null {
  const total = countOf(histogram);
  if (total === 0) return null;
  const rank = Math.max(1, Math.ceil(share * total));
  let seen = 0;
  for (const [index, bucket] of histogram.buckets.entries()) {
    seen += histogram.counts[index] ?? 0;
    if (seen >= rank) return valueOf(bucket);
  }
  throw new Error("histogram: the counts do not reach their own total");
}

/** How many values do not exceed a bound, to within 2 % of the bound. */
export function countUpTo({ buckets, counts }: Histogram, bound: number): number {
  return buckets.reduce(
    (sum, bucket, index) => (valueOf(bucket) <= bound ? sum + (counts[index] ?? 0) : sum),
    0,
  );
}

function bucketOf(value: number): number {
  const bounded = Math.min(Math.max(value, MIN_VALUE), MAX_VALUE);
  return Math.ceil(Math.log(bounded) / LOG_GROWTH);
}

/** The value within the bucket whose relative distance to both bounds is the same. */
function valueOf(bucket: number): number {
  return (2 * GROWTH ** bucket) / (GROWTH + 1);
}

function fromCounts(counts: ReadonlyMap<number, number>, sum: number): Histogram {
  const buckets = [...counts.keys()].sort((a, b) => a - b);
  return { buckets, counts: buckets.map((bucket) => counts.get(bucket) ?? 0), sum };
}
