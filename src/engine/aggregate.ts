import { AGGREGATIONS, type AggregationResults } from "./aggregations/registry";
import { timeframeWindow } from "./calendar/windows";
import { columnsFromRecords } from "./columns/history";
import { lowerBound } from "./columns/lowerBound";
import { prepareHistory, type PreparedHistory } from "./compute/prepare";
import { select } from "./compute/select";
import { WindowView } from "./compute/view";
import {
  AGGREGATION_TYPES,
  canonicalizeFilters,
  dayOf,
  type AggregationType,
  type FilterOptions,
  type WatchRecord,
} from "./query";

/** What to compute: a filter, as of a local date in a zone, all ten or some. */
export interface AggregationQuery {
  filters: FilterOptions;
  /** "YYYY-MM-DD" in `timeZone`. */
  asOf: string;
  /** IANA name. */
  timeZone: string;
  types?: readonly AggregationType[];
}

/**
 * The aggregations of a history, straight from its records.
 *
 * @param records in any order.
 * @throws InvalidFiltersError; RangeError for a date or zone there is not.
 */
export function aggregate(
  records: Iterable<WatchRecord>,
  query: AggregationQuery,
): Partial<AggregationResults> {
  const { filters, timeZone, types } = query;
  const asOf = dayOf(canonicalizeFilters(filters).timeframe, query.asOf);
  const prepared = prepareHistory(columnsFromRecords(records), { asOf, timeZone });
  return aggregateHistory(prepared, [filters], types)[0]!;
}

/**
 * The aggregations of several filters. Those that differ in their timeframe only share one
 * selection of rows and one pass over them, where they are of the same day.
 *
 * @param prepared of the whole history where a filter is an interval that ended earlier.
 * @returns results in the order of `filters`.
 * @throws InvalidFiltersError
 */
export function aggregateHistory(
  prepared: PreparedHistory,
  filters: readonly FilterOptions[],
  types: readonly AggregationType[] = AGGREGATION_TYPES,
): Partial<AggregationResults>[] {
  const results: Partial<AggregationResults>[] = [];
  for (const [asOf, ofDay] of groupBy(indexed(filters), ({ filters: { timeframe } }) =>
    dayOf(timeframe, prepared.asOf),
  )) {
    const { columns, timeZone } = prepared;
    const atDay = asOf === prepared.asOf ? prepared : prepareHistory(columns, { asOf, timeZone });
    for (const group of groupBy(ofDay, dimensionsOf).values()) {
      aggregateGroup(atDay, group, types, results);
    }
  }
  return results;
}

interface IndexedFilters {
  index: number;
  filters: FilterOptions;
}

function indexed(filters: readonly FilterOptions[]): IndexedFilters[] {
  return filters.map((given, index) => ({ index, filters: canonicalizeFilters(given) }));
}

function dimensionsOf({ filters: { product, topics, channels } }: IndexedFilters): string {
  return JSON.stringify([product, topics, channels]);
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

/** Shortest timeframe first: each adds the rows before those of the one before. */
function aggregateGroup(
  prepared: PreparedHistory,
  group: readonly IndexedFilters[],
  types: readonly AggregationType[],
  results: Partial<AggregationResults>[],
): void {
  const selection = select(prepared, group[0]!.filters);
  const { times, count } = selection.dated;
  const windows = group.map(({ index, filters: { timeframe } }) => {
    const { from } = timeframeWindow(timeframe, prepared.asOf, prepared.timeZone);
    return { index, timeframe, start: lowerBound(times, count, from) };
  });
  windows.sort((a, b) => b.start - a.start);
  for (const { index, timeframe, start } of windows) {
    results[index] = computeTypes(new WindowView(selection, timeframe, start), types);
  }
}

function computeTypes(
  view: WindowView,
  types: readonly AggregationType[],
): Partial<AggregationResults> {
  const entries = types.map((type) => [type, AGGREGATIONS[type].compute(view)]);
  // Object.fromEntries forgets which result goes with which type; the registry couples them.
  return Object.fromEntries(entries) as Partial<AggregationResults>;
}
