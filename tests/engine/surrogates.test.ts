import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  aggregate,
  canonicalizeFilters,
  canonicalTimeZone,
  filterHash,
  type FilterOptions,
  type WatchRecord,
} from "../../src/engine";
import { canonicalFilters, referenceFilterHash } from "./reference/filters";

/** Convex stores U+FFFD where a text held half of a pair; a filter in the browser may still hold it. */
const HALF = "\uD83D";

function filtersOf(topics: string[], channels: string[]): FilterOptions {
  return { timeframe: "All", product: "All", topics, channels };
}

function record(channelTitle: string, topics: string[]): WatchRecord {
  return {
    ...{ watchedAt: Date.UTC(2026, 0, 5), channelUrl: null, durationSeconds: null },
    ...{ channelTitle, topics, product: "YouTube" },
  };
}

describe("filters with half of a surrogate pair", () => {
  it("mean the same as with U+FFFD: one canonical form and one hash", () => {
    const half = filtersOf([`a${HALF}`], [HALF, `${HALF}\uDE80`]);
    const stored = filtersOf(["a\uFFFD"], ["\uFFFD", "🚀"]);
    expect(canonicalizeFilters(half)).toEqual(canonicalizeFilters(stored));
    expect(filterHash(half)).toBe(filterHash(stored));
    expect(canonicalizeFilters(filtersOf([], [`x${HALF}`, "x\uFFFD"])).channels).toEqual([
      "x\uFFFD",
    ]);
  });

  it("find the stored records, by channel and by topic", () => {
    const records = [record("x\uFFFD", ["t\uFFFD"]), record("other", ["Other"])];
    const query = { asOf: "2026-01-06", timeZone: "UTC" };
    for (const filters of [filtersOf([], [`x${HALF}`]), filtersOf([`t${HALF}`], [])]) {
      expect(aggregate(records, { ...query, filters }).kpi?.totalVideos).toBe(1);
    }
  });

  it("agree with the reference for random texts", () => {
    const unit = fc.constantFrom("a", " ", "e\u0301", HALF, "\uDE80", "🚀", "\uFFFD");
    const list = fc.array(
      fc.array(unit, { maxLength: 6 }).map((units) => units.join("")),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(list, list, (topics, channels) => {
        const filters = filtersOf(topics, channels);
        const canonical = canonicalizeFilters(filters);
        expect(canonical).toEqual(canonicalFilters(filters));
        expect(canonicalizeFilters(canonical)).toEqual(canonical);
        expect([...canonical.topics, ...canonical.channels].join("\n")).not.toMatch(
          /\p{Surrogate}/u,
        );
        expect(filterHash(filters)).toBe(referenceFilterHash(filters));
      }),
    );
  });
});

describe("refused filters", () => {
  it.each([
    ["cut inside a pair", "x".repeat(48) + "🚀".repeat(10)],
    ["that begin with half a pair", `\uDE80${"x".repeat(100)}`],
    ["that are short and end in half a pair", `x${HALF}`],
  ])("%s are echoed well-formed", (_name, timeframe) => {
    let message = "";
    try {
      canonicalizeFilters({ ...filtersOf([], []), timeframe });
    } catch (error) {
      message = error instanceof Error ? error.message : "";
    }
    expect(message).toMatch(/^timeframe is "/);
    expect(message).not.toMatch(/\p{Surrogate}/u);
  });
});

it("no time zone has half of a surrogate pair in its name", () => {
  expect(canonicalTimeZone(`Europe/Berlin${HALF}`)).toBeNull();
});
