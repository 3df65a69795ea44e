import type { AggregationType, FilterOptions } from "../engine";
import type { AggregationState } from "./types";
import { useAggregations } from "./useAggregations";

/**
 * One aggregation of the signed-in user's history, always up to date.
 *
 * With the user's flag on it is the stored result, pushed by the server when records change; one
 * that is missing or stale is asked for. Without an answer within `fallbackDelayMs`, after an
 * error, or with the flag off, this browser computes it from the records, with the same engine and
 * the same numbers; `source` tells which. While filters change, earlier data stays, `isStale`.
 *
 * @param filters compared by meaning: an object written inline is fine. Filters that the contract
 *   does not allow give `status: "error"` with code `INVALID_FILTERS`.
 *
 * @example
 * const kpi = useAggregation("kpi", { timeframe: "YTD", product: "All", topics: [], channels: [] });
 * if (kpi.status === "success") console.log(kpi.data.totalVideos, kpi.source);
 */
export function useAggregation<T extends AggregationType>(
  type: T,
  filters: FilterOptions,
): AggregationState<T> {
  return useAggregations([type], filters)[type];
}
