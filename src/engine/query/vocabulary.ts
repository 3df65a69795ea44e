/** The words all layers share. */

export const AGGREGATION_TYPES = [
  "kpi",
  "monthly_trend",
  "top_channels",
  "day_time_heatmap",
  "topics_leaderboard",
  "session_analysis",
  "viewing_patterns",
  "enhanced_channel_metrics",
  "channel_relationships",
  "topic_evolution",
] as const;
export type AggregationType = (typeof AGGREGATION_TYPES)[number];

export const TIMEFRAMES = ["MTD", "QTD", "YTD", "Last6M", "Last12M", "All"] as const;
export type Timeframe = (typeof TIMEFRAMES)[number];

/** Local days "YYYY-MM-DD/YYYY-MM-DD", the first and the last included. */
export type Interval = `${string}/${string}`;
export type TimeframeFilter = Timeframe | Interval;

export const PRODUCTS = ["All", "YouTube", "YouTube Music"] as const;
export type ProductFilter = (typeof PRODUCTS)[number];
export type Product = Exclude<ProductFilter, "All">;

/** Version of what the numbers mean; part of every filter hash, so that a change reads as new. */
export const AGGREGATIONS_VERSION = 1;

/** Watch time of a record that does not carry its own. */
export const ESTIMATED_WATCH_SECONDS = 300;

/** One watch, as far as aggregations read it. */
export interface WatchRecord {
  /** Epoch milliseconds, UTC; null where unknown ("undated"). */
  watchedAt: number | null;
  /** A channel's identity is its exact title. */
  channelTitle: string | null;
  channelUrl: string | null;
  product: Product;
  /** Sorted, unique, never empty. */
  topics: readonly string[];
  /** Whole seconds from 0 on; null where unknown. */
  durationSeconds: number | null;
}

/** Lists are any-of, and-ed with everything else; an empty list does not restrict. */
export interface FilterOptions {
  timeframe: TimeframeFilter;
  product: ProductFilter;
  topics: readonly string[];
  channels: readonly string[];
}
