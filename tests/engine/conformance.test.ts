import { describe, expect, it } from "vitest";
import {
  aggregate,
  AGGREGATION_SCHEMAS,
  AGGREGATION_TYPES,
  filterHash,
  rolloutBucket,
  type AggregationResults,
  type FilterOptions,
  type WatchRecord,
} from "../../src/engine";
import fixture from "../fixtures/conformance/cases.json";
import intervals from "../fixtures/conformance/intervals.json";

interface ConformanceCase {
  name: string;
  timeZone: string;
  asOf: string;
  filters: FilterOptions;
  filterHash: string;
  records: WatchRecord[];
  expected: AggregationResults;
}

// The type of a JSON import widens products and timeframes to string.
const cases = [...fixture.cases, ...intervals.cases] as unknown as ConformanceCase[];

describe.each(cases)("the worked case “$name”", (example) => {
  const { records, expected, filters, asOf, timeZone } = example;

  it("is reproduced to the last digit", () => {
    const results = aggregate(records, { filters, asOf, timeZone });
    for (const type of AGGREGATION_TYPES) expect(results[type], type).toStrictEqual(expected[type]);
    expect(Object.keys(results)).toEqual([...AGGREGATION_TYPES]);
  });

  it("passes the schema of each result", () => {
    const results = aggregate(records, { filters, asOf, timeZone });
    for (const type of AGGREGATION_TYPES) {
      expect(AGGREGATION_SCHEMAS[type].safeParse(results[type]).error, type).toBeUndefined();
    }
  });

  it("has the hash of its filters", () => {
    expect(filterHash(filters)).toBe(example.filterHash);
  });
});

it.each(fixture.buckets)(
  "$userId is in bucket $bucket of $flagKey",
  ({ flagKey, userId, bucket }) => {
    expect(rolloutBucket(flagKey, userId)).toBe(bucket);
  },
);
