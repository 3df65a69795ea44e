import { expect, it } from "vitest";
import { differencesBetween } from "../../convex/model/compare";
import { sparkline } from "../../scripts/demo/summary";

it("names every leaf in which two results differ, by its path", () => {
  const stored = { a: 1, list: [{ b: 2 }, { b: 3 }], same: "x", extra: null };
  const expected = { a: 1.0000000000000002, list: [{ b: 2 }, { b: 4 }, { b: 5 }], same: "x" };
  const exactly = { limit: 9, tolerance: 0 };
  const differences = differencesBetween(stored, expected, exactly);
  expect(differences).toEqual([
    { path: "$.a", stored: "1", expected: "1.0000000000000002" },
    { path: "$.list[1].b", stored: "3", expected: "4" },
    { path: "$.list[2]", stored: "missing", expected: '{"b":5}' },
    { path: "$.extra", stored: "null", expected: "missing" },
  ]);
  expect(differencesBetween(stored, expected, { limit: 9 })).toEqual(differences.slice(1));
  expect(differencesBetween(stored, expected, { ...exactly, limit: 2 })).toHaveLength(2);
});

it("takes an empty list and an empty object, zero and minus zero, for different", () => {
  const limit = 9;
  expect(differencesBetween([], {}, { limit })).toHaveLength(1);
  expect(differencesBetween({ a: 0 }, { a: -0 }, { limit })).toHaveLength(1);
  expect(differencesBetween({ a: NaN }, { a: NaN }, { limit })).toEqual([]);
});

it("draws values as bars, the largest highest, nothing lowest", () => {
  expect(sparkline([0, 1, 7])).toBe("▁▂█");
  expect(sparkline([])).toBe("");
  expect(sparkline(Array.from({ length: 500 }, () => 1)).length).toBeLessThanOrEqual(60);
});
