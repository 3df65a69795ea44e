import fc from "fast-check";
import { expect, it } from "vitest";
import { localDateOf } from "../../src/engine";
import { todayIn } from "../../src/react/store/today";

const zones = Intl.supportedValuesOf("timeZone");

it("the hooks' day is the engine's, in every zone", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...zones),
      fc.integer({ min: Date.UTC(2006, 0, 1), max: Date.UTC(2099, 0, 1) }),
      (zone, now) => {
        expect(todayIn(zone, now)).toBe(localDateOf(now, zone));
      },
    ),
    { numRuns: 300 },
  );
});

it("is that of UTC in a zone that the browser does not know", () => {
  expect(todayIn("Mars/Olympus", Date.UTC(2026, 2, 15, 23, 59))).toBe("2026-03-15");
});
