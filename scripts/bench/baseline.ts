/**
 * What the engine is measured against: the ten aggregations as a good engineer of a dashboard writes
 * them, one function a panel, over record objects, with date-fns in the user's time zone. Filters,
 * order and window are computed once for all ten, as a page would memoise them; local times, which cost
 * most, are made by each panel or, asked to share them, once. The bench checks that it gives the
 * engine's numbers, all of them, before it takes any time.
 */
import type { AggregationResults, AggregationType, WatchRecord } from "../../src/engine/index";
import {
  dayTimeHeatmap,
  kpi,
  monthlyTrend,
  sessionAnalysis,
  viewingPatterns,
} from "./baseline/activity";
import { channelRelationships, enhancedChannelMetrics, topChannels } from "./baseline/channels";
import { prepareInput, type BaselineInput, type BaselineQuery } from "./baseline/query";
import { topicEvolution, topicsLeaderboard } from "./baseline/topics";

const PANELS: { [Type in AggregationType]: (input: BaselineInput) => AggregationResults[Type] } = {
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

/** All ten; filters must be canonical. */
export function baselineAggregate(
  records: readonly WatchRecord[],
  query: BaselineQuery,
): AggregationResults {
  const input = prepareInput(records, query);
  const results = Object.entries(PANELS).map(([type, panel]) => [type, panel(input)]);
  // Object.fromEntries forgets which key goes with which result; the table above is checked.
  return Object.fromEntries(results) as AggregationResults;
}
