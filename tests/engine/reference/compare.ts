import { isDeepStrictEqual } from "node:util";
import type fc from "fast-check";
import { expect } from "vitest";
import { AGGREGATION_SCHEMAS, AGGREGATION_TYPES } from "../../../src/engine/index";

/**
 * How often a property runs. fast-check prints the seed of a failure; PROPERTY_SEED=… runs it again,
 * PROPERTY_FACTOR=10 runs every property ten times as often.
 */
export function propertyRuns(numRuns: number): fc.Parameters<unknown> {
  const { PROPERTY_SEED: seed, PROPERTY_FACTOR: factor } = process.env;
  return {
    numRuns: Math.ceil(numRuns * Number(factor ?? 1)),
    ...(seed === undefined ? {} : { seed: Number(seed) }),
  };
}

/**
 * Equal to the bit: −0 is not 0, NaN is only NaN, a key with undefined is not an absent key.
 * Node compares fast; vitest then says where the difference is.
 */
export function expectSame(actual: unknown, expected: unknown, what: string): void {
  if (!isDeepStrictEqual(actual, expected)) expect(actual, what).toStrictEqual(expected);
}

/** Same ten results, type by type, so that a failure names the aggregation. */
export function expectSameResults(
  actual: Readonly<Record<string, unknown>>,
  expected: Readonly<Record<string, unknown>>,
): void {
  for (const type of AGGREGATION_TYPES) expectSame(actual[type], expected[type], type);
  expectSame(Object.keys(actual).sort(), Object.keys(expected).sort(), "the list of results");
}

/** Every result passes its schema, and the schema has a word for every key in it. */
export function expectMatchesSchemas(results: Readonly<Record<string, unknown>>): void {
  for (const type of AGGREGATION_TYPES) {
    expectSame(AGGREGATION_SCHEMAS[type].parse(results[type]), results[type], `schema of ${type}`);
  }
}
