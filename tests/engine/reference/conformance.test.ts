import { describe, expect, it } from "vitest";
import type { FilterOptions, WatchRecord } from "../../../src/engine/index";
import fixture from "../../fixtures/conformance/cases.json";
import { referenceAggregate, referenceFilterHash, referenceRolloutBucket } from "./index";

interface ConformanceCase {
  name: string;
  timeZone: string;
  asOf: string;
  filters: FilterOptions;
  filterHash: string;
  records: WatchRecord[];
  expected: object;
}

// The type of a JSON import widens products and timeframes to string.
const cases = fixture.cases as unknown as ConformanceCase[];

describe("the brute-force reference", () => {
  it.each(cases)("gives the worked results of “$name”", ({ records, expected, ...query }) => {
    expect(referenceAggregate(records, query)).toStrictEqual(expected);
  });

  it.each(cases)("hashes the filters of “$name” as the case says", ({ filters, filterHash }) => {
    expect(referenceFilterHash(filters)).toBe(filterHash);
  });

  it.each(fixture.buckets)(
    "puts $userId of $flagKey into bucket $bucket",
    ({ flagKey, userId, bucket }) => {
      expect(referenceRolloutBucket(flagKey, userId)).toBe(bucket);
    },
  );
});
