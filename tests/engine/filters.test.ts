import { describe, expect, it } from "vitest";
import { canonicalizeFilters, filterHash, InvalidFiltersError } from "../../src/engine";

const ALL = { timeframe: "All", product: "All", topics: [] as string[], channels: [] as string[] };

describe("canonical filters", () => {
  it("are normalised, trimmed, without empty ones and duplicates, sorted by code unit", () => {
    const filters = {
      ...ALL,
      topics: ["b", " a ", "", "b", "  ", "B"],
      channels: ["Cafe\u0301", "Café"],
    };
    expect(canonicalizeFilters(filters)).toEqual({
      ...ALL,
      topics: ["B", "a", "b"],
      channels: ["Café"],
    });
  });

  it.each(["2024-01-01/2024-12-31", "2024-02-29/2024-02-29", "2005-01-01/2100-12-31"])(
    "may have an interval of days for a timeframe: %s",
    (timeframe) => {
      expect(canonicalizeFilters({ ...ALL, timeframe })).toEqual({ ...ALL, timeframe });
    },
  );

  it("sort by UTF-16 code unit, not by code point", () => {
    // U+1F680 is written with a surrogate below U+FF01.
    expect(canonicalizeFilters({ ...ALL, topics: ["！", "🚀"] }).topics).toEqual(["🚀", "！"]);
  });

  it("count limits after dropping duplicates", () => {
    const topics = Array.from({ length: 60 }, (_, index) => `t${String(index % 50)}`);
    expect(canonicalizeFilters({ ...ALL, topics }).topics).toHaveLength(50);
    const channels = Array.from(
      { length: 100 },
      (_, index) => "x".repeat(197) + String(100 + index),
    );
    expect(canonicalizeFilters({ ...ALL, channels }).channels).toHaveLength(100);
  });

  it.each([
    ["an unknown timeframe", { ...ALL, timeframe: "Week" }, /timeframe is "Week"; allowed are MTD/],
    ["an unknown product", { ...ALL, product: "TV" }, /product is "TV"; allowed are All/],
    ["a missing list", { timeframe: "All", product: "All", topics: [] }, /channels is missing/],
    ["a key there is not", { ...ALL, channel: ["a"] }, /"channel" is not a filter/],
    ["no list", { ...ALL, topics: "Music" }, /topics is "Music"; it must be a list/],
    ["a list of something else", { ...ALL, topics: [1] }, /topics holds 1/],
    ["a list of lists", { ...ALL, topics: [["a"]] }, /topics holds a list/],
    ["what is no JSON", { ...ALL, topics: [1n] }, /topics holds a value of type bigint/],
    ["a function", { ...ALL, timeframe: () => "MTD" }, /timeframe is a value of type function/],
    ["51 topics", { ...ALL, topics: Array.from({ length: 51 }, (_, i) => String(i)) }, /51 .* 50/],
    [
      "101 channels",
      { ...ALL, channels: Array.from({ length: 101 }, (_, i) => String(i)) },
      /101 .* 100/,
    ],
    ["a name of 201", { ...ALL, channels: ["x".repeat(201)] }, /201 characters; at most 200/],
    ...[
      "2024-01-01",
      "2024-01-01/",
      "/2024-12-31",
      "2024-02-30/2024-12-31",
      "2024-12-31/2024-01-01",
      "2024-1-1/2024-12-31",
      "2024-01-01/2024-06-30/2024-12-31",
      " 2024-01-01/2024-12-31",
      "2004-12-31/2024-12-31",
      "2024-01-01/2101-01-01",
    ].map((timeframe): [string, unknown, RegExp] => [
      `the days ${timeframe}`,
      { ...ALL, timeframe },
      /timeframe is ".*"; allowed are MTD, .*, and days .* as in 2024-01-01\/2024-12-31, of the years 2005 to 2100/,
    ]),
    ["nothing", null, /object/],
    ["a list", [], /object/],
  ])("refuse %s and say what is allowed", (_name, filters, message) => {
    expect(() => canonicalizeFilters(filters)).toThrow(InvalidFiltersError);
    expect(() => canonicalizeFilters(filters)).toThrow(message);
  });
});

it("a refused name is cut between characters, never inside one", () => {
  const timeframe = "🚀".repeat(60);
  expect(() => canonicalizeFilters({ ...ALL, timeframe })).toThrow(`"${"🚀".repeat(24)}…"`);
});

describe("filterHash", () => {
  it("is fixed for All/All", () => {
    expect(filterHash({ timeframe: "All", product: "All", topics: [], channels: [] })).toBe(
      "60b2f304634c14c58e3feb3ad03ea62d",
    );
  });

  it("is the same for filters that mean the same, another for each that does not", () => {
    const hash = (topics: string[], channels: string[]) =>
      filterHash({ timeframe: "All", product: "All", topics, channels });
    expect(hash(["b", "a"], [])).toBe(hash(["a ", "b", "a"], []));
    const hashes = [
      hash([], []),
      hash(["a"], []),
      hash([], ["a"]),
      hash(["a,b"], []),
      hash(["a", "b"], []),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
  });
});
