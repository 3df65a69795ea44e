/**
 * npm run bench:import [-- --runs 3]
 *
 * Reads made-up exports of 40 and 120 MB as JSON and as HTML, by our parser and by baselines, each in
 * a process of its own, and prints speed and peak memory. The first pass of a process is slower than
 * those after it, and it is what an import costs; ratios are of the later ones.
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
const READERS: Reader[] = ["parser alone", "stream", "dry run", "whole file"];
const PROCESS = join(import.meta.dirname, "bench/import/process.ts");
const END = "2026-11-20";
const TIME_ZONE = "America/New_York";

/** Entries that come to some 40 and 120 MB. */
const FILES = [
  { name: "40 MB JSON", count: 122_000, isHtml: false },
  { name: "120 MB JSON", count: 366_000, isHtml: false },
  { name: "40 MB HTML", count: 48_000, isHtml: true },
  { name: "120 MB HTML", count: 144_000, isHtml: true },
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
  console.log("| export | reader | entries/s, first | warm | CPU, warm | parser alone | memory |");
  console.log("| --- | --- | --- | --- | --- | --- | --- |");
  const folder = mkdtempSync(join(tmpdir(), "bench-import-"));
  try {
    for (const { name, count: entryCount, isHtml } of FILES) {
      progress(`writing ${name}`);
      const path = join(folder, `watch-history.${isHtml ? "html" : "json"}`);
      await write(path, entryCount, isHtml);
      let aloneMs = 0;
      for (const reader of READERS) {
        progress(`${name}, ${reader}`);
        const figures = Array.from({ length: runs }, () => measure(reader, path));
        endProgress();
        const paceOf = (pass: "first" | "warm") => {
          const seconds = median(figures.map((one) => one[pass].elapsedMs)) / 1000;
          return count(Math.round(entryCount / seconds));
        };
        const cpuMs = median(figures.map(({ warm }) => warm.cpuMs));
        if (reader === "parser alone") aloneMs = cpuMs;
        const share = `${Math.round((100 * aloneMs) / cpuMs)} %`;
        const peak = count(Math.round(median(figures.map(({ peakMiB }) => peakMiB))));
        const cells = [
          name,
          reader,
          paceOf("first"),
          paceOf("warm"),
          `${count(Math.round(cpuMs))} ms`,
        ];
        console.log(`| ${[...cells, share, `${peak} MiB`].join(" | ")} |`);
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
