/**
 * Runs alone in a new process: decodes a stored history and computes from it, once, with nothing
 * compiled or cached before. Prints one line of JSON. Started by fresh.ts, not by hand.
 */
import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { deserialize } from "node:v8";
import { convexToJson } from "convex/values";
import { filtersPerTransaction } from "../../convex/model/compute";
import { digestOf } from "../../convex/model/results";
import {
  aggregateHistory,
  channelAttributes,
  channelAttributesChanged,
  prepareHistory,
  segmentRecordCount,
  TIMEFRAMES,
  type FilterOptions,
  type PreparedHistory,
} from "../../src/engine/index";
import type { FreshFigures, FreshWork } from "./fresh";
import { BENCH_AS_OF, BENCH_TIME_ZONE } from "./history";
import { readHistory, type StoredBytes } from "./stored";

const [path, workName] = process.argv.slice(2);
// Given and written by fresh.ts a moment ago.
const work = workName as FreshWork;
const stored = deserialize(readFileSync(path!)) as StoredBytes;

/** Unrestricted filters: those that cost most. */
function filtersOf(count: number): FilterOptions[] {
  return Array.from({ length: count }, (_, index) => ({
    timeframe: count === 1 ? "All" : TIMEFRAMES[index % TIMEFRAMES.length]!,
    product: "All" as const,
    topics: [],
    channels: [],
  }));
}

/** What the transaction does with the results before it writes those that changed. */
function noteResults(prepared: PreparedHistory, results: ReturnType<typeof aggregateHistory>) {
  const attributes = channelAttributes(prepared);
  channelAttributesChanged(attributes, attributes);
  for (const ofFilter of results) {
    for (const data of Object.values(ofFilter)) {
      digestOf(data);
      JSON.stringify(convexToJson(data));
    }
  }
}

const size = countRecords();
const filterCount =
  work === "transaction" ? filtersPerTransaction(size) : work === "six filters" ? 6 : 1;
const filters = filtersOf(filterCount);

globalThis.gc?.();
const before = process.memoryUsage();
const start = performance.now();
const history = readHistory(stored);
const prepared = prepareHistory(history, { asOf: BENCH_AS_OF, timeZone: BENCH_TIME_ZONE });
const results = aggregateHistory(prepared, filters);
if (work === "transaction") noteResults(prepared, results);
const elapsedMs = performance.now() - start;
const after = process.memoryUsage();

const figures: FreshFigures = {
  elapsedMs,
  totalVideos: results.at(-1)?.kpi?.totalVideos ?? 0,
  heapGrowthBytes: after.heapUsed - before.heapUsed,
  arrayBufferBytes: after.arrayBuffers,
};
console.log(JSON.stringify(figures));

/** As the segments note it themselves: nothing is decoded for it. */
function countRecords(): number {
  return stored.segments.reduce((sum, { bytes }) => sum + segmentRecordCount(bytes), 0);
}
