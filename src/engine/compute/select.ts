import type { HistoryRows } from "../columns/history";
import type { FilterOptions } from "../vocabulary";
import type { PreparedHistory } from "./prepare";

/** The rows that pass product, topics and channels, of all time up to the end of `asOf`. */
export interface Selection {
  prepared: PreparedHistory;
  dated: SelectedRows & { times: Float64Array; hours: Int32Array };
  undated: SelectedRows;
}

export interface SelectedRows {
  count: number;
  entries: Uint32Array;
  topicSets: Uint32Array;
  seconds: Float64Array;
}

type DimensionFilters = Pick<FilterOptions, "product" | "topics" | "channels">;

/** Which rows pass: product, then by entry number, then by topic set number. */
interface RowTest {
  /** 0 or 1 as in `isMusic`; -1 for both products. */
  isMusic: number;
  /** 1 for each number that passes; null where all do. */
  entries: Uint8Array | null;
  topicSets: Uint8Array | null;
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
  const test = rowTest(prepared, filters);
  if (test.isMusic === -1 && test.entries === null && test.topicSets === null) {
    return {
      prepared,
      dated: { ...dated, count: datedCount, hours },
      undated,
    };
  }
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
  };
}

function rowTest(prepared: PreparedHistory, filters: DimensionFilters): RowTest {
  const { titles, entryTitles, topics, topicSets } = prepared.columns.dictionary;
  const { product } = filters;
  const wantedTitles = new Set(filters.channels);
  const wantedTopics = new Set(filters.topics);
  const passesTitle = (title: number) => title > 0 && wantedTitles.has(titles[title]!);
  const passesSet = (set: number[]) => set.some((topic) => wantedTopics.has(topics[topic]!));
  return {
    isMusic: product === "All" ? -1 : product === "YouTube Music" ? 1 : 0,
    entries:
      wantedTitles.size === 0
        ? null
        : Uint8Array.from(entryTitles, (t) => (passesTitle(t) ? 1 : 0)),
    topicSets:
      wantedTopics.size === 0 ? null : Uint8Array.from(topicSets, (s) => (passesSet(s) ? 1 : 0)),
  };
}

function matchingRows(rows: HistoryRows, count: number, test: RowTest): Uint32Array {
  const matching = new Uint32Array(count);
  const { isMusic, entries, topicSets } = rows;
  const { isMusic: wantedMusic, entries: passingEntries, topicSets: passingSets } = test;
  let length = 0;
  for (let row = 0; row < count; row++) {
    matching[length] = row;
    const passes =
      (wantedMusic < 0 || isMusic[row] === wantedMusic) &&
      (passingEntries === null || passingEntries[entries[row]!] === 1) &&
      (passingSets === null || passingSets[topicSets[row]!] === 1);
    if (passes) length++;
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
