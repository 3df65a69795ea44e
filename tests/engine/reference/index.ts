/**
 * The ten aggregations once more, written straight from aggregations.md with no thought of speed.
 * It shares nothing with the engine but types: where the two differ, one of them is wrong.
 */
import type {
  AggregationResults,
  AggregationType,
  FilterOptions,
  WatchRecord,
} from "../../../src/engine/index";
import { channelRelationships } from "./channelRelationships";
import { dayTimeHeatmap } from "./dayTimeHeatmap";
import { enhancedChannelMetrics } from "./enhancedChannelMetrics";
import { kpi } from "./kpi";
import { monthlyTrend } from "./monthlyTrend";
import { select, type Selection } from "./selection";
import { sessionAnalysis } from "./sessionAnalysis";
import { topChannels } from "./topChannels";
import { topicEvolution } from "./topicEvolution";
import { topicsLeaderboard } from "./topicsLeaderboard";
import { viewingPatterns } from "./viewingPatterns";

export { canonicalFilters, referenceFilterHash, referenceRolloutBucket } from "./filters";
export * as localTime from "./localTime";

const AGGREGATIONS: {
  [Type in AggregationType]: (selection: Selection) => AggregationResults[Type];
} = {
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
};

/** All ten results of one filter. */
export function referenceAggregate(
  records: Iterable<WatchRecord>,
  query: { filters: FilterOptions; asOf: string; timeZone: string },
): AggregationResults {
  const selection = select(records, query);
  const results = Object.entries(AGGREGATIONS).map(([type, compute]) => [type, compute(selection)]);
  // Object.fromEntries forgets which key goes with which result; the table above is checked.
  return Object.fromEntries(results) as AggregationResults;
}
