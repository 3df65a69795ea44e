import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addDays,
  addMonths,
  canonicalizeFilters,
  canonicalTimeZone,
  filterHash,
  localDateOf,
  startOfLocalDay,
  TIMEFRAMES,
  timeframeWindow,
} from "../../src/engine/index";
import { timeframeRange } from "./reference/filters";
import { propertyRuns } from "./reference/compare";
import { canonicalFilters, localTime, referenceFilterHash } from "./reference/index";
import { anchorsOf, resolveTimes, timeSpec } from "./reference/instants";
import { filters, place, zone } from "./reference/scenarios";

describe("the engine's calendar, in random zones,", () => {
  it("begins the days where a clock on the wall does", () => {
    fc.assert(
      fc.property(place, fc.integer({ min: -400, max: 400 }), ({ timeZone, asOf }, days) => {
        for (const date of [asOf, localTime.addDays(asOf, days)]) {
          expect(startOfLocalDay(date, timeZone)).toBe(localTime.midnight(date, timeZone));
        }
      }),
      propertyRuns(500),
    );
  });

  it("tells the local date of any instant", () => {
    fc.assert(
      fc.property(place, fc.array(timeSpec, { maxLength: 10 }), ({ timeZone, asOf }, specs) => {
        for (const instant of resolveTimes(specs, anchorsOf(timeZone, asOf))) {
          if (instant === null) continue;
          expect(localDateOf(instant, timeZone)).toBe(
            localTime.localTimeOf(instant, timeZone).date,
          );
        }
      }),
      propertyRuns(500),
    );
  });

  it("opens and closes every timeframe at the reference's instants", () => {
    fc.assert(
      fc.property(place, fc.constantFrom(...TIMEFRAMES), ({ timeZone, asOf }, timeframe) => {
        const end = localTime.midnight(localTime.addDays(asOf, 1), timeZone);
        const expected = timeframeRange(timeframe, asOf, timeZone) ?? { from: -Infinity };
        expect(timeframeWindow(timeframe, asOf, timeZone)).toStrictEqual({
          from: expected.from,
          to: end,
        });
      }),
      propertyRuns(300),
    );
  });

  it("adds days and months as the reference does", () => {
    fc.assert(
      fc.property(place, fc.integer({ min: -60, max: 60 }), ({ asOf }, amount) => {
        expect(addDays(asOf, amount)).toBe(localTime.addDays(asOf, amount));
        expect(addMonths(asOf, amount)).toBe(localTime.addMonths(asOf, amount));
      }),
      propertyRuns(300),
    );
  });

  it("knows every zone that Intl knows, in any case of letters", () => {
    fc.assert(
      fc.property(zone, (timeZone) => {
        expect(canonicalTimeZone(timeZone)).toBe(timeZone);
        expect(canonicalTimeZone(timeZone.toLowerCase())).toBe(timeZone);
      }),
      propertyRuns(200),
    );
  });
});

describe("the engine's filters, typed at random,", () => {
  it("take the canonical form and hash of the reference", () => {
    fc.assert(
      fc.property(filters, (typed) => {
        expect(canonicalizeFilters(typed)).toStrictEqual(canonicalFilters(typed));
        expect(filterHash(typed)).toBe(referenceFilterHash(typed));
        expect(filterHash(canonicalizeFilters(typed))).toBe(filterHash(typed));
      }),
      propertyRuns(500),
    );
  });
});
