import { expect } from "vitest";
import type { ShownDifference } from "../../convex/model/check/differences";
import { partitionOf } from "../../convex/model/partitions";
import { toEngineRecord } from "../../convex/model/records";
import {
  AGGREGATION_TYPES,
  filterHash,
  FingerprintTable,
  type AggregationType,
  type FilterOptions,
  type Fingerprint,
} from "../../src/engine";
import { DEFAULTS, documentsOf, historyOf, only, validate, validationOf } from "./damage";
import { ALL, expectedResults, filtersArg, storedResults, type Backend } from "./support";

/** What a validation is to find wrong with "https://test|ann", and what is to become of it. */

export type Found = Omit<ShownDifference, "userId" | "isRepaired">;
type Layers = [recordsToSegments: string, segmentsToResults: string];

export interface Finding {
  differences: Found[];
  differing: number;
  stale: number;
  layers: Layers;
}

export const NO_RECORDS: Fingerprint = { count: 0, timeSum: 0, hash: "0".repeat(16) };

/** A fault of a result; of a wrong value where nothing else is said. */
export function ofResult(
  aggregationType: AggregationType,
  fault: Pick<Found, "path" | "stored" | "expected"> & Partial<Found>,
  filters: FilterOptions = ALL,
): Found {
  const place = { filterHash: filterHash(filters), filters: filtersArg(filters) };
  return { fault: "value", aggregationType, ...place, ...fault };
}

export function missingResult(type: AggregationType, filters: FilterOptions = ALL): Found {
  const missing = { fault: "missing-result" as const, path: "$" };
  return ofResult(type, { ...missing, stored: "no row", expected: "one row" }, filters);
}

/** A segment that holds something else, or, where `stored` is a message, cannot be read. */
export function ofSegment(
  path: string,
  stored: Fingerprint | string,
  expected: Fingerprint,
): Found {
  const fault = typeof stored === "string" ? "unreadable-segment" : "segment-differs";
  const ofNoResult = { aggregationType: null, filterHash: null, filters: null };
  const found = typeof stored === "string" ? stored : textOf(stored);
  return { fault, ...ofNoResult, path, stored: found, expected: textOf(expected) };
}

function textOf({ count, timeSum, hash }: Fingerprint): string {
  return `${count} records, times ${timeSum}, hash ${hash}`;
}

/** What the records of each partition come to. */
export async function fingerprints(t: Backend): Promise<FingerprintTable<string>> {
  const table = new FingerprintTable<string>();
  for (const record of await documentsOf(t, "watch_records", "https://test|ann")) {
    table.add(partitionOf(record.watchedAt, record.recordKey), toEngineRecord(record));
  }
  return table;
}

/** Results by type and timeframe that are not what the records come to, found by comparing. */
export async function wrongResults(t: Backend): Promise<string[]> {
  const wrong: string[] = [];
  for (const filters of DEFAULTS) {
    const stored = await storedResults(t, "https://test|ann", filters);
    const expected = await expectedResults(t, "https://test|ann", filters);
    for (const type of AGGREGATION_TYPES) {
      if (!isSame(stored[type], expected[type])) wrong.push(`${type} ${filters.timeframe}`);
    }
  }
  return wrong.sort();
}

function isSame(a: unknown, b: unknown): boolean {
  try {
    expect(a).toEqual(b);
    return true;
  } catch {
    return false;
  }
}

/**
 * Validates, and expects just this to be found: nothing is changed by it, and whoever is shown
 * something wrong is taken off the stored results.
 */
export async function expectFound(t: Backend, finding: Finding): Promise<void> {
  const { differences, differing, stale, layers } = finding;
  const before = await historyOf(t, "https://test|ann");
  const found = await validate(t);
  const shown = differences.map((one) => ({
    userId: "https://test|ann",
    ...one,
    isRepaired: false,
  }));
  expect(found.differences).toEqual(shown);
  const { compared = 0 } = found.counts;
  expect(found.counts).toMatchObject({ users: 1, differing, stale });
  expect(found.counts).toMatchObject({ equal: compared - differing - stale, faulty: 1 });
  expect(found.score).toBe((compared - differing - stale) / compared);
  expect(await validationOf(t, "https://test|ann")).toMatchObject({
    ...{ status: differing > 0 ? "failed" : "passed", compared, differing, stale },
    layers: { recordsToSegments: layers[0], segmentsToResults: layers[1] },
  });
  expect(await historyOf(t, "https://test|ann")).toEqual(before);
  const targets = await documentsOf(t, "feature_flag_targets", "https://test|ann");
  expect(targets.map(({ value }) => value)).toEqual(differing > 0 ? [false] : []);
}

/** The same, then repairs: everything is equal then, and no row is left that should not be there. */
export async function expectFoundAndRepaired(
  t: Backend,
  finding: Finding,
  day?: { asOf: string; timeZone: string },
): Promise<void> {
  await expectFound(t, finding);
  const repaired = await validate(t, { repair: true });
  const { differences, differing, stale } = finding;
  const shown = differences.map((one) => ({
    userId: "https://test|ann",
    ...one,
    isRepaired: true,
  }));
  expect(repaired.differences).toEqual(shown);
  expect(repaired.counts).toMatchObject({ faulty: 1, repaired: 1, differing, stale });
  await expectSound(t, day);
}

/** All that is kept of "https://test|ann" is what the records come to, no more and no less. */
export async function expectSound(
  t: Backend,
  day: { asOf: string; timeZone: string } = { asOf: "2026-03-15", timeZone: "UTC" },
): Promise<void> {
  const { segments, filters, results } = await historyOf(t, "https://test|ann");
  const records = await fingerprints(t);
  expect(segments.map(({ partition }) => partition).sort()).toEqual([...records.keys()].sort());
  for (const { partition, fingerprint } of segments) {
    expect(fingerprint).toEqual(records.get(partition));
  }
  const hashes = filters.map((filter) => filter.filterHash);
  expect(new Set(hashes).size).toBe(hashes.length);
  expect(results).toHaveLength(10 * hashes.length);
  for (const { filters: options } of filters) {
    const expected = await expectedResults(t, "https://test|ann", options, day);
    expect(await storedResults(t, "https://test|ann", options)).toEqual(expected);
  }
  const again = await validate(t, { userIds: ["https://test|ann"] });
  expect(again).toMatchObject({ score: 1, differences: [], counts: { equal: results.length } });
  expect(only(await documentsOf(t, "user_validations", "https://test|ann"))).toMatchObject({
    ...{ status: "passed", differing: 0, stale: 0 },
    layers: { recordsToSegments: "equal", segmentsToResults: "equal" },
  });
}
