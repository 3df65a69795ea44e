/** Reads one export in a process of its own, several times, and prints what it took, as JSON. */
import { performance } from "node:perf_hooks";
import { median } from "../measure";
import { readExport, type Reader } from "./readers";

/** What one pass over the file took. */
interface Pass {
  elapsedMs: number;
  /** In the code itself, threads of the garbage collector included. */
  cpuMs: number;
}

export interface ReadFigures {
  first: Pass;
  /** Medians of the passes after it. */
  warm: Pass;
  /** Above the process before it. */
  peakMiB: number;
}

const PASSES = 5;

async function pass(reader: Reader, path: string): Promise<Pass> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await readExport(reader, path);
  const elapsedMs = performance.now() - start;
  return { elapsedMs, cpuMs: process.cpuUsage(cpu).user / 1_000 };
}

const [reader = "", path = ""] = process.argv.slice(2);
const before = process.resourceUsage().maxRSS;
const passes: Pass[] = [];
for (let index = 0; index < PASSES; index++) passes.push(await pass(reader as Reader, path)); // our own caller's argument
const [first, ...others] = passes;
const figures: ReadFigures = {
  first: first!,
  warm: {
    elapsedMs: median(others.map(({ elapsedMs }) => elapsedMs)),
    cpuMs: median(others.map(({ cpuMs }) => cpuMs)),
  },
  peakMiB: (process.resourceUsage().maxRSS - before) / 1_024,
};
console.log(JSON.stringify(figures));
