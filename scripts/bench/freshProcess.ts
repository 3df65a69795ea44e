/**
 * Runs alone in a new process: decodes a stored history and computes from it, once, with nothing
 * compiled or cached before. Prints one line of JSON. Started by fresh.ts, not by hand.
 */
import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { deserialize } from "node:v8";
import { aggregateHistory, prepareHistory, TIMEFRAMES } from "../../src/engine/index";
import type { FreshFigures } from "./fresh";
import { BENCH_AS_OF, BENCH_TIME_ZONE } from "./history";
import { readHistory, type StoredBytes } from "./stored";

const [path, filterCount] = process.argv.slice(2);
// Written by fresh.ts a moment ago.
const stored = deserialize(readFileSync(path!)) as StoredBytes;
const timeframes = filterCount === "6" ? TIMEFRAMES : (["All"] as const);
const filters = timeframes.map((timeframe) => ({
  timeframe,
  product: "All" as const,
  topics: [],
  channels: [],
}));

globalThis.gc?.();
const before = process.memoryUsage();
const start = performance.now();
const history = readHistory(stored);
const prepared = prepareHistory(history, { asOf: BENCH_AS_OF, timeZone: BENCH_TIME_ZONE });
const results = aggregateHistory(prepared, filters);
const elapsedMs = performance.now() - start;
const after = process.memoryUsage();

const figures: FreshFigures = {
  elapsedMs,
  totalVideos: results.at(-1)?.kpi?.totalVideos ?? 0,
  heapGrowthBytes: after.heapUsed - before.heapUsed,
  arrayBufferBytes: after.arrayBuffers,
};
console.log(JSON.stringify(figures));
