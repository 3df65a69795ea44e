import type { AggregationType, ProductFilter, Timeframe } from "../../engine/query";
import type { AggregationBasis } from "../../react";

/** What things are called on the page. */
export const TIMEFRAME_LABELS: Record<Timeframe, string> = {
  MTD: "This month",
  QTD: "This quarter",
  YTD: "This year",
  Last6M: "6 months",
  Last12M: "12 months",
  All: "All time",
};

export const PRODUCT_LABELS: Record<ProductFilter, string> = {
  All: "Everything",
  YouTube: "YouTube",
  "YouTube Music": "Music",
};

/** What data was taken from, in few words. */
export const BASIS_LABELS: Record<AggregationBasis, string> = {
  results: "stored",
  segments: "on the server",
  records: "in browser",
};

export const PANEL_TITLES: Record<AggregationType, string> = {
  kpi: "At a glance",
  monthly_trend: "Month by month",
  top_channels: "Top channels",
  day_time_heatmap: "When in the week",
  topics_leaderboard: "Topics",
  session_analysis: "Sessions",
  viewing_patterns: "Habits",
  enhanced_channel_metrics: "Channels in detail",
  channel_relationships: "Watched together",
  topic_evolution: "How interests shift",
};
