import type { AggregationType, FilterOptions } from "../engine";
import type { AggregationState } from "./types";
import { useGroup } from "./useAggregations";

/**
 * The server's answer for an aggregation, whatever the user's flag, and never one that the browser
 * computed: for comparing both sides, and for views of the server's state. Else like
 * `useAggregation`.
 */
export function usePrecomputedData<T extends AggregationType>(
  type: T,
  filters: FilterOptions,
): AggregationState<T> {
  return useGroup("stored", [type], filters)[type];
}
