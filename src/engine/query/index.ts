/** What is asked of the engine, apart from what computes it: all that a client needs to ask. */
export { canonicalizeFilters, FILTER_LIMITS, InvalidFiltersError } from "./filters";
export { filterHash, rolloutBucket } from "./hash";
export {
  AGGREGATION_TYPES,
  AGGREGATIONS_VERSION,
  ESTIMATED_WATCH_SECONDS,
  PRODUCTS,
  TIMEFRAMES,
  type AggregationType,
  type FilterOptions,
  type Product,
  type ProductFilter,
  type Timeframe,
  type WatchRecord,
} from "./vocabulary";
