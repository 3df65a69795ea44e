/**
 * Checks and compares a user of 500,000 records, made up as they are read. Prints what was found each
 * time, and the most memory that was held at a time beside what is stored.
 */
import { getFunctionName, type FunctionReference } from "convex/server";
import type { ActionCtx } from "../../convex/_generated/server";
import { checkUser } from "../../convex/model/check/checkUser";
import { toArrayBuffer } from "../../convex/model/columns";
import { findDrift } from "../../convex/model/drift/findDrift";
import { DAY_MS, endOfMonth, monthOf, utcDayOf } from "../../convex/model/partitions";
import {
  aggregateHistory,
  AGGREGATION_TYPES,
  AGGREGATION_VERSIONS,
  dayOf,
  decodeHistory,
  encodeSegment,
  filterHash,
  fingerprintSegment,
  FingerprintTable,
  HistoryDictionary,
  prepareHistory,
  type FilterOptions,
  type WatchRecord,
} from "../../src/engine";

const COUNT = 500_000;
const PAGE = 4_000;
const NEWEST = Date.UTC(2026, 2, 1);
const STEP_MS = 900_000;
const CHANNELS = 5_000;
const TIME_ZONE = "Europe/Berlin";

function channelOf(index: number): string {
  return `Channel ${String((index * 7_919) % CHANNELS)} of somebody`;
}

function timeOf(index: number): number {
  return NEWEST - (COUNT - index) * STEP_MS;
}

function recordAt(index: number): WatchRecord {
  const channelTitle = channelOf(index);
  return {
    watchedAt: timeOf(index),
    channelTitle,
    channelUrl: `https://www.youtube.com/channel/UC${channelTitle}`,
    product: index % 5 === 0 ? "YouTube Music" : "YouTube",
    topics: [["Music"], ["Gaming", "News"], ["Other"]][index % 3]!,
    durationSeconds: index % 4 === 0 ? index % 3_000 : null,
  };
}

/** Filters, whose results are each of another day. */
const FILTERS = Array.from({ length: 16 }, (_, index) => {
  const channels = Array.from({ length: 90 }, (_channel, n) => channelOf(index * 90 + n));
  const filters = { timeframe: "All" as const, product: "All" as const, topics: [], channels };
  return { filters, asOf: `2026-03-${String(index + 10)}` };
});

function encodeMonths(dictionary: HistoryDictionary) {
  const months: { partition: string; bytes: Uint8Array }[] = [];
  for (let index = 0; index < COUNT;) {
    const first = timeOf(index);
    const end = endOfMonth(first);
    const records: WatchRecord[] = [];
    for (; index < COUNT && timeOf(index) < end; index++) records.push(recordAt(index));
    months.push({ partition: monthOf(first), bytes: encodeSegment(records, dictionary) });
  }
  return months;
}

/** What is stored of the user; results as text, so that reading makes objects of them. */
function store() {
  const dictionary = HistoryDictionary.decode([]);
  const segments = encodeMonths(dictionary);
  const notes = segments.map(({ partition, bytes }) => {
    return { partition, fingerprint: fingerprintSegment(bytes, dictionary).total };
  });
  const bytes = segments.map((segment) => segment.bytes);
  const history = decodeHistory(dictionary, bytes);
  const rows = FILTERS.map(({ filters, asOf }) => {
    const prepared = prepareHistory(history, { asOf, timeZone: TIME_ZONE });
    const [results] = aggregateHistory(prepared, [filters]);
    const ten = AGGREGATION_TYPES.map((aggregationType) => {
      const version = AGGREGATION_VERSIONS[aggregationType];
      const data = results?.[aggregationType];
      return { aggregationType, data, version, asOf, timeZone: TIME_ZONE };
    });
    return [filterHash(filters), JSON.stringify(ten)] as const;
  });
  const parts = dictionary.changedParts().map((part) => part.bytes);
  return { segments, notes, rows: new Map(rows), parts };
}

const stored = store();

/** Another duration, or another product: bytes that can be read, of other records. */
function editSegment(): void {
  const first = stored.segments[0]!;
  first.bytes = first.bytes.with(-1, first.bytes.at(-1)! ^ 1);
}

interface Args {
  cursor?: string | null;
  filterHash?: string;
  filters?: FilterOptions;
  asOf?: string;
  paginationOpts?: { cursor: string | null };
}

function pageAfter(cursor: string | null | undefined) {
  const from = Number(cursor ?? 0);
  const to = Math.min(from + PAGE, COUNT);
  const records = Array.from({ length: to - from }, (_, index) => recordAt(from + index));
  return { from, records, isDone: to === COUNT, cursor: String(to) };
}

const MOMENT = { generation: 1, lastRecomputedAt: 1 };
const QUERIES: Record<string, (args: Args) => unknown> = {
  "check:open": () => ({
    ...{ moment: MOMENT, epoch: 1, timeZone: TIME_ZONE, duplicates: [] },
    filters: FILTERS.map(({ filters }) => measured(filters)),
  }),
  "check:page": ({ paginationOpts }) => {
    const { from, records, isDone, cursor } = pageAfter(paginationOpts?.cursor);
    const page = records.map((record, index) => {
      return { record, recordKey: (from + index).toString(16).padStart(32, "0") };
    });
    return { page, isDone, continueCursor: cursor };
  },
  "check:segments": () => {
    const page = stored.segments.map(({ partition, bytes }) => {
      return { partition, bytes: toArrayBuffer(bytes), fingerprint: null };
    });
    return { page, isDone: true, continueCursor: "" };
  },
  "check:dictionary": () => stored.parts.map(toArrayBuffer),
  "check:stored": (args) => JSON.parse(stored.rows.get(args.filterHash!)!) as unknown,
  "check:untracked": () => [],
  // Another function's memory: what it reads is gone when it returns.
  "answers:compute": ({ filters, asOf }) => {
    const dictionary = HistoryDictionary.decode(stored.parts);
    const history = decodeHistory(
      dictionary,
      stored.segments.map(({ bytes }) => bytes),
    );
    const day = { asOf: dayOf(filters!.timeframe, asOf!), timeZone: TIME_ZONE };
    return aggregateHistory(prepareHistory(history, day), [filters!])[0];
  },
  "drift:records": (args) => {
    const { records, isDone, cursor } = pageAfter(args.cursor);
    const table = new FingerprintTable<number>();
    for (const record of records) table.add(utcDayOf(record.watchedAt!), record);
    const days = [...table.keys()].map((day) => {
      return { partition: monthOf(day * DAY_MS), day, fingerprint: table.get(day) };
    });
    return { days, isDone, cursor };
  },
  "drift:notes": () => ({ notes: stored.notes, isDone: true, cursor: "" }),
};

/** A filter whose reading shows what is held while results are computed. */
function measured(filters: Omit<FilterOptions, "timeframe">) {
  let isMeasured = false;
  const options = {
    ...filters,
    get timeframe() {
      if (!isMeasured) measure();
      isMeasured = true;
      return "All" as const;
    },
  };
  return { filterHash: filterHash({ ...filters, timeframe: "All" }), filters: options };
}

let before = process.memoryUsage();
let peaks = { heapBytes: 0, bufferBytes: 0 };

function measure(): void {
  gc!();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  peaks.heapBytes = Math.max(peaks.heapBytes, heapUsed - before.heapUsed);
  peaks.bufferBytes = Math.max(peaks.bufferBytes, arrayBuffers - before.arrayBuffers);
}

let queries = 0;
const ctx = {
  runQuery: async (reference: FunctionReference<"query", "internal">, args: Args) => {
    const result = QUERIES[getFunctionName(reference)]!(args);
    if (queries++ % 16 === 0) measure();
    return await Promise.resolve(result);
  },
} as unknown as ActionCtx; // neither calls anything else

async function run(find: () => Promise<unknown>) {
  gc!();
  before = process.memoryUsage();
  peaks = { heapBytes: 0, bufferBytes: 0 };
  const found = await find();
  measure();
  return { found, peaks };
}

const drift = await run(() => findDrift(ctx, "https://test|ann", 1));
const check = await run(() => checkUser(ctx, "https://test|ann"));
editSegment();
const checkEdited = await run(() => checkUser(ctx, "https://test|ann"));
console.log(JSON.stringify({ drift, check, checkEdited }));
