import type { ConvexHttpClient } from "convex/browser";
import { api } from "../../convex/_generated/api";
import { differencesBetween, type LeafDifference } from "../../convex/model/compare";
import {
  aggregate,
  AGGREGATION_TYPES,
  TIMEFRAMES,
  type AggregationResults,
  type FilterOptions,
  type WatchRecord,
} from "../../src/engine";
import { deriveTopics, recordKeyOf, type TakeoutRecord } from "../../src/takeout";
import { startProgress } from "../console/progress";

export interface Difference extends LeafDifference {
  timeframe: string;
  type: string;
}

/** Differences of one result that are told. */
const MAX_OF_RESULT = 20;

export interface CheckReport {
  resultCount: number;
  differences: Difference[];
  /** The results of the unrestricted filter, as stored. */
  all: AggregationResults;
}

/** The records an export stands for: each watch once, topics derived, refused ones left out. */
export function recordsOf(
  exported: readonly TakeoutRecord[],
  refused: ReadonlySet<TakeoutRecord>,
): WatchRecord[] {
  const records = new Map<string, WatchRecord>();
  exported.forEach((record) => {
    const key = recordKeyOf(record);
    if (refused.has(record) || records.has(key)) return;
    records.set(key, { ...record, topics: deriveTopics(record), durationSeconds: null });
  });
  return [...records.values()];
}

/** Compares every stored result of the six default filters with one computed from the export. */
export async function checkResults(
  client: ConvexHttpClient,
  records: readonly WatchRecord[],
): Promise<CheckReport> {
  const differences: Difference[] = [];
  const progress = startProgress("Checking ", TIMEFRAMES.length, "filters");
  let all: Partial<AggregationResults> = {};
  for (const [index, timeframe] of TIMEFRAMES.entries()) {
    const filters: FilterOptions = { timeframe, product: "All", topics: [], channels: [] };
    const rows = await client.query(api.aggregations.getMany, {
      filters: { ...filters, topics: [], channels: [] },
    });
    const stored: Record<string, unknown> = {};
    for (const type of AGGREGATION_TYPES) stored[type] = rows[type]?.data;
    const { asOf, timeZone } = rows.kpi ?? { asOf: "1970-01-01", timeZone: "UTC" };
    const expected = aggregate(records, { filters, asOf, timeZone });
    for (const type of AGGREGATION_TYPES) {
      const found = differencesBetween(stored[type], expected[type], {
        limit: MAX_OF_RESULT,
        tolerance: 0,
      });
      differences.push(...found.map((difference) => ({ timeframe, type, ...difference })));
    }
    if (timeframe === "All") all = stored;
    progress.update(index + 1);
  }
  progress.stop();
  // Where a result is missing it is among the differences, and the caller shows those instead.
  return {
    resultCount: TIMEFRAMES.length * AGGREGATION_TYPES.length,
    differences,
    all: all as AggregationResults,
  };
}
