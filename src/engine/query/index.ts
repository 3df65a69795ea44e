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
  type Interval,
  type Timeframe,
  type TimeframeFilter,
  type WatchRecord,
} from "./vocabulary";
export { dayOf, FIRST_YEAR, intervalOf, isInterval, LAST_YEAR } from "./intervals";
