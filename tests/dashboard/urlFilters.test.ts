import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  DEFAULT_FILTERS,
  filtersFromSearch,
  searchFromFilters,
} from "../../src/dashboard/filters/urlFilters";
import { canonicalizeFilters, PRODUCTS, TIMEFRAMES } from "../../src/engine";

const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 });
const anyFilters = fc.record({
  timeframe: fc.constantFrom(...TIMEFRAMES, "2024-01-01/2024-12-31" as const),
  product: fc.constantFrom(...PRODUCTS),
  topics: fc.array(name, { maxLength: 5 }),
  channels: fc.array(name, { maxLength: 5 }),
});

describe("filters in the address", () => {
  it("come back as they were", () => {
    fc.assert(
      fc.property(anyFilters, (given) => {
        const filters = canonicalizeFilters(given);
        expect(filtersFromSearch(searchFromFilters(filters))).toEqual(filters);
      }),
    );
  });

  it("leave the address bare where they are the default", () => {
    expect(searchFromFilters(DEFAULT_FILTERS)).toBe("");
    expect(filtersFromSearch("")).toEqual(DEFAULT_FILTERS);
  });

  it.each([
    "?timeframe=all",
    "?timeframe=2024-12-31/2024-01-01",
    "?timeframe=2024-02-30/2024-03-01",
    "?product=youtube",
    "?topic=",
    `?channel=${"x".repeat(201)}`,
    `?${"topic=a&".repeat(1)}${Array.from({ length: 51 }, (_, i) => `topic=t${String(i)}`).join("&")}`,
    "?%E0%A4%A",
  ])("are the default where the address is nonsense: %s", (search) => {
    expect(filtersFromSearch(search)).toEqual(DEFAULT_FILTERS);
  });
});
