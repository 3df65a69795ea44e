/** Reads one export in a process of its own and prints what it took, as JSON. */
import { performance } from "node:perf_hooks";
import { readExport, type Reader } from "./readers";

export interface ReadFigures {
  records: number;
  elapsedMs: number;
  /** Above the process before it. */
  peakMiB: number;
}

const [reader = "", path = ""] = process.argv.slice(2);
const before = process.resourceUsage().maxRSS;
const start = performance.now();
const records = await readExport(reader as Reader, path); // our own caller's argument
const elapsedMs = performance.now() - start;
const peakMiB = (process.resourceUsage().maxRSS - before) / 1024;
console.log(JSON.stringify({ records, elapsedMs, peakMiB } satisfies ReadFigures));
