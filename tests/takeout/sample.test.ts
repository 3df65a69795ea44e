import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TakeoutJsonEntry } from "../../scripts/generateSample/entry";
import {
  generateTakeout,
  serializeTakeout,
  type SampleOptions,
} from "../../scripts/generateSample/generateTakeout";
import { SAMPLE_OPTIONS } from "../../scripts/generateSample/sampleOptions";
import type { ParsedEntry } from "../../src/takeout";
import { read } from "./support";

const NOW = Date.UTC(2026, 10, 23);

function textOf(entries: readonly TakeoutJsonEntry[]): string {
  return [...serializeTakeout(entries)].join("");
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** What an entry must come to, told from how the generator makes it. */
function expectedOf(entry: TakeoutJsonEntry): string {
  if (entry === null || typeof entry === "string") return "malformed";
  if ("snippet" in entry) return "dated";
  if (entry.details !== undefined) return "ad";
  if (/\/(post|playables)\//.test(entry.titleUrl ?? "")) return "not-a-video";
  if (entry.title === "Answered survey question") return "not-a-video";
  return entry.time?.startsWith("20") === true ? "dated" : "undated";
}

function outcomeOf(entry: ParsedEntry): string {
  if ("skipped" in entry) return entry.skipped;
  return entry.record.watchedAt === null ? "undated" : "dated";
}

describe("the sample generator", () => {
  it("makes the sample that is in the repository", () => {
    const committed = readFileSync(
      new URL("../../scripts/sample/watch-history.json", import.meta.url),
      "utf8",
    );
    expect(hashOf(textOf(generateTakeout(SAMPLE_OPTIONS)))).toBe(hashOf(committed));
  });

  it("makes other entries from another seed", () => {
    const options = { ...SAMPLE_OPTIONS, count: 50 };
    const other = generateTakeout({ ...options, seed: options.seed + 1 });
    expect(textOf(other)).not.toBe(textOf(generateTakeout(options)));
  });

  it("makes every kind of entry, the newest first and none after the end", () => {
    const entries = generateTakeout(SAMPLE_OPTIONS);
    const kinds = new Set(entries.map(expectedOf));
    expect([...kinds].sort()).toEqual(["ad", "dated", "malformed", "not-a-video", "undated"]);
    const times = entries.flatMap((entry) =>
      entry !== null &&
      typeof entry === "object" &&
      "header" in entry &&
      entry.time?.startsWith("202")
        ? [Date.parse(entry.time)]
        : [],
    );
    // Times without milliseconds may come out of order inside one second.
    const seconds = times.map((time) => Math.floor(time / 1000));
    expect(seconds).toEqual([...seconds].sort((left, right) => right - left));
    expect(Math.max(...times)).toBeLessThanOrEqual(Date.UTC(2026, 10, 20, 21));
    expect(new Set(seconds).size).toBeLessThan(seconds.length);
  });
});

describe("a generated export", () => {
  it("comes out of the parser entry by entry as it went in, whatever its size and shape", async () => {
    const options = fc.record<SampleOptions>({
      count: fc.integer({ min: 1, max: 1_200 }),
      seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
      end: fc.constantFrom("2026-11-20", "2024-02-29", "2020-01-01"),
      years: fc.constantFrom(0.1, 1, 6),
    });
    await fc.assert(
      fc.asyncProperty(options, async (sample) => {
        const entries = generateTakeout(sample);
        expect(entries).toHaveLength(sample.count);
        const outcome = await read(textOf(entries), { now: NOW });
        expect(outcome.error).toBeNull();
        expect(outcome.entries.map(outcomeOf)).toEqual(entries.map(expectedOf));
      }),
      { numRuns: 25 },
    );
  });
});
