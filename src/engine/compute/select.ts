import type { HistoryRows } from "../columns/history";
import type { FilterOptions } from "../query";
import { Memo } from "./memo";
import type { PreparedHistory } from "./prepare";

/** The rows that pass product, topics and channels, of all time up to the end of `asOf`. */
export interface Selection {
  prepared: PreparedHistory;
  dated: SelectedRows & { times: Float64Array; hours: Int32Array };
  undated: SelectedRows;
  /** What is the same for all timeframes of these rows. */
  memo: Memo;
}

export interface SelectedRows {
  count: number;
  entries: Uint32Array;
  topicSets: Uint32Array;
  seconds: Float64Array;
}

type DimensionFilters = Pick<FilterOptions, "product" | "topics" | "channels">;

/** What passes: 1 or 0 by `isMusic`, by entry number and by topic set number. */
interface RowTest {
  products: Uint8Array;
  entries: Uint8Array;
  topicSets: Uint8Array;
}

/**
 * Compacts the rows of a filter once, so that no later loop carries it. An unrestricted filter
 * shares the history's own columns.
 *
 * @param filters canonical.
 */
export function select(prepared: PreparedHistory, filters: DimensionFilters): Selection {
  const { columns, datedCount, hours } = prepared;
  const { dated, undated } = columns;
  const memo = new Memo();
  const { product, topics, channels } = filters;
  if (product === "All" && topics.length === 0 && channels.length === 0) {
    return { prepared, dated: { ...dated, count: datedCount, hours }, undated, memo };
  }
  const test = rowTest(prepared, filters);
  const rows = matchingRows(dated, datedCount, test);
  const times = new Float64Array(rows.length);
  const selectedHours = new Int32Array(rows.length);
  for (let index = 0; index < rows.length; index++) {
    times[index] = dated.times[rows[index]!]!;
    selectedHours[index] = hours[rows[index]!]!;
  }
  return {
    prepared,
    dated: { ...pick(dated, rows), times, hours: selectedHours },
    undated: pick(undated, matchingRows(undated, undated.count, test)),
    memo,
  };
}

function rowTest(prepared: PreparedHistory, filters: DimensionFilters): RowTest {
  const { titles, entryTitles, topics, topicSets } = prepared.columns.dictionary;
  const { product } = filters;
  const wantedTitles = new Set(filters.channels);
  const wantedTopics = new Set(filters.topics);
  const passesTitle = (title: number) =>
    wantedTitles.size === 0 || (title > 0 && wantedTitles.has(titles[title]!));
  const passesSet = (set: number[]) =>
    wantedTopics.size === 0 || set.some((topic) => wantedTopics.has(topics[topic]!));
  return {
    products: Uint8Array.of(Number(product !== "YouTube Music"), Number(product !== "YouTube")),
    entries: Uint8Array.from(entryTitles, (title) => Number(passesTitle(title))),
    topicSets: Uint8Array.from(topicSets, (set) => Number(passesSet(set))),
  };
}

/** Without a branch that depends on the row, which the processor would guess wrong too often. */
function matchingRows(rows: HistoryRows, count: number, test: RowTest): Uint32Array {
  const matching = new Uint32Array(count);
  const { isMusic, entries, topicSets } = rows;
  const { products, entries: passingEntries, topicSets: passingSets } = test;
  let length = 0;
  for (let row = 0; row < count; row++) {
    matching[length] = row;
    length +=
      products[isMusic[row]!]! & passingEntries[entries[row]!]! & passingSets[topicSets[row]!]!;
  }
  return matching.subarray(0, length);
}

function pick(from: HistoryRows, rows: Uint32Array): SelectedRows {
  const count = rows.length;
  const entries = new Uint32Array(count);
  const topicSets = new Uint32Array(count);
  const seconds = new Float64Array(count);
  for (let index = 0; index < count; index++) {
    const row = rows[index]!;
    entries[index] = from.entries[row]!;
    topicSets[index] = from.topicSets[row]!;
    seconds[index] = from.seconds[row]!;
  }
  return { count, entries, topicSets, seconds };
}
