import type { AggregationType, ProductFilter, Timeframe } from "../../engine/query";
import type { AggregationBasis, AggregationSource } from "../../react";

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

/** Where data was computed, in few words: before it was asked for, on the server, or here. */
export const ORIGIN_LABELS = ["stored", "on the server", "in browser"] as const;

/** Where the data of an aggregation were computed; null while there are none. */
export function originOf({ source, basis }: Origin): (typeof ORIGIN_LABELS)[number] | null {
  if (source === null) return null;
  if (source === "client-side") return "in browser";
  return basis === "results" ? "stored" : "on the server";
}

interface Origin {
  source: AggregationSource | null;
  basis: AggregationBasis | null;
}

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
