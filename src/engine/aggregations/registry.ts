import type * as z from "zod/mini";
import type { AggregationType } from "../query";
import { channelRelationships } from "./channelRelationships";
import { dayTimeHeatmap } from "./dayTimeHeatmap";
import { enhancedChannelMetrics } from "./enhancedChannelMetrics";
import { kpi } from "./kpi";
import { monthlyTrend } from "./monthlyTrend";
import { sessionAnalysis } from "./sessionAnalysis";
import { topChannels } from "./topChannels";
import { topicEvolution } from "./topicEvolution";
import { topicsLeaderboard } from "./topicsLeaderboard";
import { viewingPatterns } from "./viewingPatterns";

/** All aggregations by type: another is a file beside these, its type's name, and a line here. */
export const AGGREGATIONS = {
  kpi,
  monthly_trend: monthlyTrend,
  top_channels: topChannels,
  day_time_heatmap: dayTimeHeatmap,
  topics_leaderboard: topicsLeaderboard,
  session_analysis: sessionAnalysis,
  viewing_patterns: viewingPatterns,
  enhanced_channel_metrics: enhancedChannelMetrics,
  channel_relationships: channelRelationships,
  topic_evolution: topicEvolution,
} satisfies Record<AggregationType, unknown>;

type Schemas = { [T in AggregationType]: (typeof AGGREGATIONS)[T]["schema"] };

/** The schema of each result: the one source of its type, its check and its Convex validator. */
// Object.fromEntries forgets its keys; those of the registry are all there.
export const AGGREGATION_SCHEMAS = Object.fromEntries(
  Object.entries(AGGREGATIONS).map(([type, { schema }]) => [type, schema]),
) as Schemas;

/** The version of each aggregation. */
// Object.fromEntries forgets its keys; those of the registry are all there.
export const AGGREGATION_VERSIONS = Object.fromEntries(
  Object.entries(AGGREGATIONS).map(([type, { version }]) => [type, version]),
) as Record<AggregationType, number>;

/** The version of all of them together: as each is only ever raised, so is their sum. */
export const ENGINE_VERSION = Object.values(AGGREGATION_VERSIONS).reduce(
  (sum, one) => sum + one,
  0,
);

/** The result of each aggregation. */
export type AggregationResults = { [T in AggregationType]: z.infer<Schemas[T]> };

export type KpiMetrics = AggregationResults["kpi"];
export type MonthlyTrend = AggregationResults["monthly_trend"];
export type TopChannels = AggregationResults["top_channels"];
export type DayTimeHeatmap = AggregationResults["day_time_heatmap"];
export type TopicsLeaderboard = AggregationResults["topics_leaderboard"];
export type SessionAnalysis = AggregationResults["session_analysis"];
export type ViewingPatterns = AggregationResults["viewing_patterns"];
export type EnhancedChannelMetrics = AggregationResults["enhanced_channel_metrics"];
export type ChannelRelationships = AggregationResults["channel_relationships"];
export type TopicEvolution = AggregationResults["topic_evolution"];
