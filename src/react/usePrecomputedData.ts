import type { AggregationType, FilterOptions } from "../engine";
import type { AggregationState } from "./types";
import { useGroup } from "./useAggregations";

/**
 * The stored result of an aggregation, whatever the user's flag, and never a computed one: for
 * comparing both sides, and for views of the server's state. Else like `useAggregation`.
 */
export function usePrecomputedData<T extends AggregationType>(
  type: T,
  filters: FilterOptions,
): AggregationState<T> {
  return useGroup("stored", [type], filters)[type];
}
