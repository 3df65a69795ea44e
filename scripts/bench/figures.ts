/** The figures, each measured by one function. Ratios are taken between turns of one run. */
import { isDeepStrictEqual } from "node:util";
import {
  aggregateHistory,
  channelAttributes,
  influenceStart,
  prepareHistory,
  PRODUCTS,
  TIMEFRAMES,
  type FilterOptions,
  type HistoryColumns,
  type WatchRecord,
} from "../../src/engine/index";
import { baselineAggregate } from "./baseline";
import { runFresh } from "./fresh";
import { BENCH_AS_OF, BENCH_TIME_ZONE, makeHistory } from "./history";
import { median, medianMsOf } from "./measure";
import { count, progress, withUnit, type Figure } from "./report";
import { byteLength, readHistory, storeHistory, type StoredBytes } from "./stored";

const AT = { asOf: BENCH_AS_OF, timeZone: BENCH_TIME_ZONE };
const EVERYTHING: FilterOptions = { timeframe: "All", product: "All", topics: [], channels: [] };
const MIB = 2 ** 20;

/** A history as records, and as the bytes that a deployment keeps of it. */
export interface Subject {
  size: number;
  records: WatchRecord[];
  stored: StoredBytes;
}

export function makeSubject(size: number): Subject {
  progress(`making ${count(size)} records`);
  const records = makeHistory(size);
  return { size, records, stored: storeHistory(records) };
}

function computeAll(history: HistoryColumns, filters: readonly FilterOptions[] = [EVERYTHING]) {
  return aggregateHistory(prepareHistory(history, AT), filters);
}

/** Throws where baseline and engine give different numbers: their times would mean nothing. */
export function assertSameNumbers({ size, records, stored }: Subject): void {
  const filters: FilterOptions[] = [
    EVERYTHING,
    { timeframe: "YTD", product: "YouTube", topics: [], channels: [] },
    unseenFilter(records),
  ];
  progress(`${count(size)} records: comparing the numbers of engine and baseline`);
  const results = computeAll(readHistory(stored), filters);
  filters.forEach((filter, index) => {
    const baseline = baselineAggregate(records, { ...AT, filters: filter });
    for (const [type, expected] of Object.entries(baseline)) {
      // Entries forget that the key is one of the ten.
      const actual = results[index]![type as keyof typeof baseline];
      if (isDeepStrictEqual(actual, expected)) continue;
      throw new Error(`Engine and baseline differ in ${type} under ${JSON.stringify(filter)}.`);
    }
  });
}

const RATIO_TARGETS: Record<number, { decoded: number; fromBytes: number } | undefined> = {
  1_000: { decoded: 50, fromBytes: 50 },
  10_000: { decoded: 100, fromBytes: 100 },
  100_000: { decoded: 250, fromBytes: 200 },
};

/** All ten under one filter, against the baseline. */
export async function againstBaseline(
  { size, records, stored }: Subject,
  rounds: number,
): Promise<Figure[]> {
  progress(`${count(size)} records: engine against baseline, ${rounds} rounds`);
  const history = readHistory(stored);
  const times = await medianMsOf(
    {
      baseline: () => baselineAggregate(records, { ...AT, filters: EVERYTHING }),
      sharing: () =>
        baselineAggregate(records, { ...AT, filters: EVERYTHING, shareLocalDates: true }),
      decoded: () => computeAll(history),
      fromBytes: () => computeAll(readHistory(stored)),
    },
    rounds,
  );
  const figure = (what: string, engineMs: number, baselineMs: number, target?: number): Figure => ({
    what,
    at: count(size),
    value: baselineMs / engineMs,
    unit: "×",
    ...(target === undefined ? {} : { target: { bound: "at least", value: target } }),
    detail: `${withUnit(engineMs, "ms")} against ${withUnit(baselineMs, "ms")}`,
  });
  const { baseline, sharing, decoded, fromBytes } = times;
  const targets = RATIO_TARGETS[size];
  return [
    figure("all ten, columns decoded, against baseline", decoded, baseline, targets?.decoded),
    figure("all ten, from stored bytes, against baseline", fromBytes, baseline, targets?.fromBytes),
    figure("all ten, columns decoded, if the baseline shares local times", decoded, sharing),
  ];
}

/** Eighteen filters in one call, and one that nobody asked for before. */
export async function acrossFilters(
  { size, records, stored }: Subject,
  rounds: number,
): Promise<Figure[]> {
  progress(`${count(size)} records: many filters, an unseen filter`);
  const history = readHistory(stored);
  const prepared = prepareHistory(history, AT);
  const eighteen = TIMEFRAMES.flatMap((timeframe) =>
    PRODUCTS.map((product) => ({ ...EVERYTHING, timeframe, product })),
  );
  const unseen = unseenFilter(records);
  const suffix = {
    fromMs: influenceStart(unseen.timeframe, AT.asOf, AT.timeZone),
    attributes: channelAttributes(prepared),
  };
  const times = await medianMsOf(
    {
      one: () => computeAll(history),
      eighteen: () => computeAll(history, eighteen),
      oneFromBytes: () => computeAll(readHistory(stored)),
      unseen: () => computeAll(readHistory(stored), [unseen]),
      unseenSuffix: () => computeAll(readHistory(stored, suffix), [unseen]),
    },
    rounds,
  );
  const ratio = (what: string, aboveMs: number, belowMs: number, target: number): Figure => ({
    what,
    at: count(size),
    value: aboveMs / belowMs,
    unit: "×",
    ...(size === 100_000 ? { target: { bound: "at most", value: target } } : {}),
    detail: `${withUnit(aboveMs, "ms")} against ${withUnit(belowMs, "ms")}`,
  });
  return [
    ratio("six timeframes × three products, against one filter", times.eighteen, times.one, 2.5),
    ratio("unseen filter from stored bytes, against All", times.unseen, times.oneFromBytes, 0.5),
    ratio("the same from the segments it needs", times.unseenSuffix, times.oneFromBytes, 0.5),
  ];
}

/** Two topics, three channels that have them, twelve months. */
function unseenFilter(records: readonly WatchRecord[]): FilterOptions {
  const topics = ["Music", "News"];
  const watches = new Map<string, number>();
  for (const { channelTitle, topics: topicsOfRecord } of records) {
    if (channelTitle === null || !topics.some((topic) => topicsOfRecord.includes(topic))) continue;
    watches.set(channelTitle, (watches.get(channelTitle) ?? 0) + 1);
  }
  const favourites = [...watches].sort((left, right) => right[1] - left[1]).slice(0, 3);
  const channels = favourites.map(([title]) => title).sort();
  return { timeframe: "Last12M", product: "All", topics, channels };
}

const FIRST_CALL_TARGETS_MS: Record<number, number | undefined> = { 100_000: 80, 500_000: 200 };

/** Decoding and all ten in a process that has done nothing before. */
const MAX_TRANSACTION_MS = 400;

export function firstCall({ size, stored }: Subject, processes: number): Figure {
  progress(`${count(size)} records: first call in ${processes} fresh processes`);
  const runs = runFresh(stored, { processes, work: "one filter" });
  const target = FIRST_CALL_TARGETS_MS[size];
  return {
    what: "first call in a fresh process, decoding and all ten",
    at: count(size),
    value: median(runs.map(({ elapsedMs }) => elapsedMs)),
    unit: "ms",
    ...(target === undefined ? {} : { target: { bound: "at most", value: target } }),
    detail: `median of ${processes} processes`,
  };
}

/** The largest transaction of a recompute, with nothing compiled or cached before. */
export function firstTransaction({ size, stored }: Subject, processes: number): Figure {
  progress(`${count(size)} records: largest transaction in ${processes} fresh processes`);
  const runs = runFresh(stored, { processes, work: "transaction" });
  return {
    what: "largest transaction of a recompute in a fresh process, reads and writes left out",
    at: count(size),
    value: median(runs.map(({ elapsedMs }) => elapsedMs)),
    unit: "ms",
    target: { bound: "at most", value: MAX_TRANSACTION_MS },
    detail: `median of ${processes} processes; Convex allows a second`,
  };
}

/** Heap and ArrayBuffers of recomputing the six timeframes, at their height. */
export function memory({ size, stored }: Subject, processes: number): Figure[] {
  progress(`${count(size)} records: memory of a recompute`);
  const runs = runFresh(stored, { processes, work: "six filters" });
  const figure = (what: string, bytes: number[], detail: string): Figure => ({
    what,
    at: count(size),
    value: median(bytes) / MIB,
    unit: "MiB",
    target: { bound: "at most", value: 48 },
    detail,
  });
  return [
    figure(
      "heap, recompute of six filters",
      runs.map(({ heapGrowthBytes }) => heapGrowthBytes),
      "growth, garbage included",
    ),
    figure(
      "ArrayBuffers, recompute of six filters",
      runs.map(({ arrayBufferBytes }) => arrayBufferBytes),
      "all of the process, stored bytes included",
    ),
  ];
}

export function bytesPerRecord({ size, stored }: Subject): Figure {
  const bytes = byteLength(stored);
  return {
    what: "bytes per record, dictionary included",
    at: count(size),
    value: bytes / size,
    unit: "B",
    ...(size === 100_000 ? { target: { bound: "at most", value: 10 } } : {}),
    detail: `${count(bytes)} B in ${stored.segments.length} segments, ${stored.parts.length} parts`,
  };
}

/** Ten times the records: ten times the time, or less. */
export async function growth(small: Subject, large: Subject, rounds: number): Promise<Figure> {
  progress(`growth from ${count(small.size)} to ${count(large.size)} records`);
  const [smallHistory, largeHistory] = [readHistory(small.stored), readHistory(large.stored)];
  const times = await medianMsOf(
    { small: () => computeAll(smallHistory), large: () => computeAll(largeHistory) },
    rounds,
  );
  return {
    what: "growth of all ten, columns decoded",
    at: `${count(small.size)} → ${count(large.size)}`,
    value: times.large / times.small,
    unit: "×",
    target: { bound: "at most", value: large.size / small.size },
    detail: `${withUnit(times.large, "ms")} against ${withUnit(times.small, "ms")}`,
  };
}
