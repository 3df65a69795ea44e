import { expect, it } from "vitest";
import { differencesBetween } from "../../scripts/demo/check";
import { sparkline } from "../../scripts/demo/summary";

it("names every leaf in which two results differ, by its path", () => {
  const stored = { a: 1, list: [{ b: 2 }, { b: 3 }], same: "x", extra: null };
  const expected = { a: 1.0000000000000002, list: [{ b: 2 }, { b: 4 }, { b: 5 }], same: "x" };
  expect(differencesBetween(stored, expected)).toEqual([
    { path: "$.a", stored: 1, expected: 1.0000000000000002 },
    { path: "$.list.1.b", stored: 3, expected: 4 },
    { path: "$.list.2", stored: undefined, expected: { b: 5 } },
    { path: "$.extra", stored: null, expected: undefined },
  ]);
});

it("takes an empty list and an empty object, zero and minus zero, for different", () => {
  expect(differencesBetween([], {})).toHaveLength(1);
  expect(differencesBetween({ a: 0 }, { a: -0 })).toHaveLength(1);
  expect(differencesBetween({ a: NaN }, { a: NaN })).toEqual([]);
});

it("draws values as bars, the largest highest, nothing lowest", () => {
  expect(sparkline([0, 1, 7])).toBe("▁▂█");
  expect(sparkline([])).toBe("");
  expect(sparkline(Array.from({ length: 500 }, () => 1)).length).toBeLessThanOrEqual(60);
});
