/**
 * npm run bench:import [-- --runs 3]
 *
 * Reads made-up exports of 10 and 120 MB as JSON and as HTML, by our parser and by a whole-file
 * baseline, each in a process of its own, and prints speed and peak memory.
 */
import { spawnSync } from "node:child_process";
import { createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { parseArgs } from "node:util";
import type { ReadFigures } from "./bench/import/process";
import type { Reader } from "./bench/import/readers";
import { median } from "./bench/measure";
import { count, endProgress, progress, thisMachine } from "./bench/report";
import { parseCommandLine, UsageError } from "./console/usageError";
import { generateTakeout, serializeTakeout } from "./generateSample/generateTakeout";
import { serializeHtml } from "./generateSample/html";

const USAGE = "Usage: npm run bench:import [-- --runs 3]";
const READERS: Reader[] = ["stream", "whole file"];
const PROCESS = join(import.meta.dirname, "bench/import/process.ts");
const END = "2026-11-20";
const TIME_ZONE = "America/New_York";

/** Entries that come to some 10 and 120 MB. */
const FILES = [
  { name: "10 MB JSON", count: 31_300, isHtml: false },
  { name: "120 MB JSON", count: 375_000, isHtml: false },
  { name: "10 MB HTML", count: 11_600, isHtml: true },
  { name: "120 MB HTML", count: 139_000, isHtml: true },
];

async function write(path: string, entryCount: number, isHtml: boolean): Promise<void> {
  const entries = generateTakeout({ count: entryCount, seed: 7, end: END, years: 8 });
  const text = isHtml ? serializeHtml(entries, TIME_ZONE) : serializeTakeout(entries);
  await pipeline(Readable.from(text), createWriteStream(path));
}

function measure(reader: Reader, path: string): ReadFigures {
  const args = ["--import", "tsx", PROCESS, reader, path];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${reader} failed on ${path}: ${stderr}`);
  return JSON.parse(stdout) as ReadFigures; // what process.ts prints
}

async function main(runs: number): Promise<void> {
  const { cpu, cores, memoryGiB, node } = thisMachine();
  console.log(`${cpu}, ${cores} cores, ${memoryGiB} GiB, Node ${node}; medians of ${runs}\n`);
  console.log("| export | reader | entries/s | peak memory |");
  console.log("| --- | --- | --- | --- |");
  const folder = mkdtempSync(join(tmpdir(), "bench-import-"));
  try {
    for (const { name, count: entryCount, isHtml } of FILES) {
      progress(`writing ${name}`);
      const path = join(folder, `watch-history.${isHtml ? "html" : "json"}`);
      await write(path, entryCount, isHtml);
      for (const reader of READERS) {
        progress(`${name}, ${reader}`);
        const figures = Array.from({ length: runs }, () => measure(reader, path));
        const seconds = median(figures.map(({ elapsedMs }) => elapsedMs)) / 1000;
        const peak = median(figures.map(({ peakMiB }) => peakMiB));
        endProgress();
        const pace = count(Math.round(entryCount / seconds));
        console.log(`| ${name} | ${reader} | ${pace} | ${count(Math.round(peak))} MiB |`);
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

try {
  const { values } = parseCommandLine(() => parseArgs({ options: { runs: { type: "string" } } }));
  const runs = Number(values.runs ?? 3);
  if (!Number.isInteger(runs) || runs < 1 || runs > 50) {
    throw new UsageError(`--runs is ${values.runs ?? ""}; it must be a whole number from 1 to 50`);
  }
  await main(runs);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n${USAGE}`);
  process.exitCode = 2;
}
