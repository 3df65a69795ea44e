/**
 * Writes a made-up watch history as Takeout exports it.
 *
 *     node --import tsx scripts/generateSample.ts --count 10000 --seed 7 --end 2026-11-20 --years 4 --out FILE
 *
 * Without `--out` it goes to standard output; with `--html` it is a page, with times of New York. The sample of the repository is written by the
 * defaults: see `SAMPLE_OPTIONS`.
 */
import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { parseArgs } from "node:util";
import {
  generateTakeout,
  serializeTakeout,
  type SampleOptions,
} from "./generateSample/generateTakeout";
import { serializeHtml } from "./generateSample/html";
import { SAMPLE_OPTIONS } from "./generateSample/sampleOptions";

class UsageError extends Error {}

function readOptions(): { sample: SampleOptions; isHtml: boolean; out: string | undefined } {
  const { values } = parseArgs({
    options: {
      count: { type: "string", default: String(SAMPLE_OPTIONS.count) },
      seed: { type: "string", default: String(SAMPLE_OPTIONS.seed) },
      end: { type: "string", default: SAMPLE_OPTIONS.end },
      years: { type: "string", default: String(SAMPLE_OPTIONS.years) },
      html: { type: "boolean", default: false },
      out: { type: "string" },
    },
  });
  const sample = {
    count: readNumber("--count", values.count, { low: 0, high: 5_000_000, isWhole: true }),
    seed: readNumber("--seed", values.seed, { low: 0, high: 2 ** 31, isWhole: true }),
    years: readNumber("--years", values.years, { low: 0.01, high: 20, isWhole: false }),
    end: readDay("--end", values.end),
  };
  return { sample, isHtml: values.html, out: values.out };
}

function readNumber(
  name: string,
  text: string,
  bounds: { low: number; high: number; isWhole: boolean },
): number {
  const value = Number(text);
  const isAllowed = value >= bounds.low && value <= bounds.high;
  if (isAllowed && (!bounds.isWhole || Number.isInteger(value))) return value;
  const kind = bounds.isWhole ? "a whole number" : "a number";
  throw new UsageError(`${name} is "${text}"; it must be ${kind}, ${bounds.low} to ${bounds.high}`);
}

function readDay(name: string, text: string): string {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text))) return text;
  throw new UsageError(`${name} is "${text}"; it must be a day as YYYY-MM-DD`);
}

try {
  const { sample, isHtml, out } = readOptions();
  const entries = generateTakeout(sample);
  const text = isHtml ? serializeHtml(entries, "America/New_York") : serializeTakeout(entries);
  const target = out === undefined ? process.stdout : createWriteStream(out);
  await pipeline(Readable.from(text), target);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
