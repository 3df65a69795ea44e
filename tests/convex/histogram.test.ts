import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  countOf,
  countUpTo,
  emptyHistogram,
  histogramOf,
  MAX_VALUE,
  mergeHistograms,
  MIN_VALUE,
  quantile,
} from "../../convex/model/histogram";

/** The value itself: the smallest that at least a share of all do not exceed. */
function exactQuantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1]!;
}

const durations = fc.array(
  fc.oneof(
    fc.double({ min: 1, max: 2_000, noNaN: true }),
    fc.double({ min: MIN_VALUE, max: 1e7, noNaN: true }),
  ),
  { minLength: 1, maxLength: 400 },
);

describe("a latency histogram", () => {
  test("tells p50, p95 and p99 within 2 %", () => {
    fc.assert(
      fc.property(durations, fc.constantFrom(0.5, 0.95, 0.99), (values, share) => {
        const exact = exactQuantile(values, share);
        const told = quantile(histogramOf(values), share)!;
        expect(Math.abs(told - exact) / exact).toBeLessThan(0.02);
      }),
      { numRuns: 300 },
    );
  });

  test("of parts, merged in any grouping, is that of the whole", () => {
    fc.assert(
      fc.property(durations, durations, durations, (a, b, c) => {
        const { sum: _sum, ...whole } = histogramOf([...a, ...b, ...c]);
        const [x, y, z] = [histogramOf(a), histogramOf(b), histogramOf(c)];
        expect(mergeHistograms([x, mergeHistograms([y, z])])).toMatchObject(whole);
        expect(mergeHistograms([mergeHistograms([z, x]), y])).toMatchObject(whole);
      }),
    );
  });

  test("adds up the values themselves", () => {
    const merged = mergeHistograms([histogramOf([1, 2]), emptyHistogram(), histogramOf([40])]);
    expect(merged.sum).toBe(43);
    expect(countOf(merged)).toBe(3);
  });

  test("knows nothing of no values", () => {
    expect(quantile(emptyHistogram(), 0.95)).toBeNull();
    expect(countOf(emptyHistogram())).toBe(0);
  });

  test("keeps to bounded buckets, whatever it is given", () => {
    const { buckets } = histogramOf([0, MIN_VALUE / 1e6, MAX_VALUE * 1e6]);
    expect(buckets).toHaveLength(2);
    const all = histogramOf(Array.from({ length: 5_000 }, (_, index) => 1.005 ** index));
    expect(all.buckets.length).toBeLessThan(1_200);
  });

  test("counts what does not exceed a bound", () => {
    const histogram = histogramOf([10, 100, 1_000, 10_000]);
    expect([5, 50, 500, 5_000, 50_000].map((bound) => countUpTo(histogram, bound))).toEqual([
      0, 1, 2, 3, 4,
    ]);
  });
});
