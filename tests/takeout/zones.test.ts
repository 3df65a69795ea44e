import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stampWriter } from "../../scripts/generateSample/html";
import { recordKeyOf, type ParsedEntry } from "../../src/takeout";
import { block, page } from "./htmlSupport";
import { read } from "./support";

const FIRST_YEAR = 2006;
const LAST_YEAR = 2026;
const NEVER_EARLIER = Date.UTC(FIRST_YEAR, 0, 1) / 1_000;

/** Zones in which clocks were ever changed since there are watch histories. */
const CHANGING_ZONES = Intl.supportedValuesOf("timeZone").filter((zone) => {
  const offsets = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" });
  const names = Array.from({ length: 2 * (LAST_YEAR - FIRST_YEAR) }, (_, half) => {
    const parts = offsets.formatToParts(Date.UTC(FIRST_YEAR, 6 * half, 15));
    return parts.find(({ type }) => type === "timeZoneName")?.value;
  });
  return new Set(names).size > 1;
});

const idOf = (index: number) => `video-${String(index).padStart(5, "0")}`;
const urlOf = (index: number) => `https://www.youtube.com/watch?v=${idOf(index)}`;

function keysOf(entries: readonly ParsedEntry[]): string[] {
  return entries.map((entry) =>
    "record" in entry
      ? `${recordKeyOf(entry.record)} ${String(entry.undatedReason)}`
      : entry.skipped,
  );
}

describe("exports of one history", () => {
  it.each(CHANGING_ZONES.map((zone) => [zone]))(
    "give the same keys in winter, in summer and as JSON: %s",
    async (timeZone) => {
      const history = fc.record({
        year: fc.integer({ min: FIRST_YEAR + 1, max: LAST_YEAR }),
        ages: fc.array(fc.nat(20 * 366 * 86_400), { minLength: 1, maxLength: 20 }),
      });
      await fc.assert(
        fc.asyncProperty(history, async ({ year, ages }) => {
          const winter = Date.UTC(year, 0, 15);
          const newest = winter / 1_000 - 1;
          const seconds = ages
            .map((age) => Math.max(NEVER_EARLIER, newest - age))
            .sort((a, b) => b - a);
          const json = seconds.map((second, index) => ({
            header: "YouTube",
            title: "Watched A quiet walk",
            titleUrl: urlOf(index),
            time: new Date(second * 1_000).toISOString(),
          }));
          const expected = keysOf((await read(JSON.stringify(json))).entries);
          for (const madeAt of [winter, Date.UTC(year, 6, 15)]) {
            const stampOf = stampWriter(timeZone, madeAt);
            const html = page(
              ...seconds.map((second, index) =>
                block({ url: urlOf(index), time: stampOf(second * 1_000) }),
              ),
            );
            expect(keysOf((await read(html, { timeZone })).entries)).toEqual(expected);
          }
        }),
        { numRuns: 3 },
      );
    },
  );
});
