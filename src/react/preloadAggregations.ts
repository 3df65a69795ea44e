import type { ConvexReactClient } from "convex/react";
import { canonicalizeFilters, type AggregationType, type FilterOptions } from "../engine/query";
import { storeOf } from "./AggregationConfig";

/**
 * Asks for aggregations before the components that show them are rendered, while these are still
 * loading. The answers are held for `retainMs`; for pages without `AggregationConfig`.
 *
 * @throws InvalidFiltersError
 *
 * @example
 * const client = new ConvexReactClient(url);
 * client.setAuth(fetchAccessToken);
 * preloadAggregations(client, ["kpi"], filters);
 */
export function preloadAggregations(
  client: ConvexReactClient,
  types: readonly AggregationType[],
  filters: FilterOptions,
): void {
  const release = storeOf(client).retain("auto", types, canonicalizeFilters(filters));
  release();
}
