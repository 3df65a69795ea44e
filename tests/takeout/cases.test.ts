import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import type { ParsedEntry, ParseOptions } from "../../src/takeout";
import { read } from "./support";

interface Case {
  name: string;
  input?: string;
  inputBase64?: string;
  options: ParseOptions;
  expected: { outcomes: unknown[]; error?: string };
}

// Made after public reports of real exports: their shapes, with invented content.
const CASES = JSON.parse(
  readFileSync(new URL("../fixtures/takeout/cases.json", import.meta.url), "utf8"),
) as Case[];

function outcomeOf(entry: ParsedEntry) {
  if ("skipped" in entry) return { skipped: entry.skipped };
  const { watchedAt, videoId, videoTitle, channelTitle, product } = entry.record;
  return {
    at: watchedAt === null ? null : new Date(watchedAt).toISOString(),
    id: videoId,
    title: videoTitle,
    channel: channelTitle,
    product,
  };
}

it.each(CASES.map((one) => [one.name, one] as const))("%s", async (_name, one) => {
  const { input, inputBase64 = "", options, expected } = one;
  const { entries, error } = await read(input ?? Buffer.from(inputBase64, "base64"), options);
  expect(entries.map(outcomeOf)).toMatchObject(expected.outcomes);
  expect(entries).toHaveLength(expected.outcomes.length);
  expect(error?.code).toBe(expected.error);
});
