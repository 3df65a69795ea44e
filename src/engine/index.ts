/** The ten aggregations: pure, the same on the server and in the browser. */
export { aggregate, aggregateHistory, type AggregationQuery } from "./aggregate";
export { influenceStart } from "./aggregations/influence";
export {
  AGGREGATION_SCHEMAS,
  AGGREGATION_VERSIONS,
  ENGINE_VERSION,
  type AggregationResults,
  type ChannelRelationships,
  type DayTimeHeatmap,
  type EnhancedChannelMetrics,
  type KpiMetrics,
  type MonthlyTrend,
  type SessionAnalysis,
  type TopChannels,
  type TopicEvolution,
  type TopicsLeaderboard,
  type ViewingPatterns,
} from "./aggregations/registry";
export { addDays, addMonths, isDate } from "./calendar/dates";
export { timeframeWindow, type InstantRange } from "./calendar/windows";
export { canonicalTimeZone, localDateOf, offsetAt, startOfLocalDay } from "./calendar/zones";
export { CorruptColumnsError } from "./columns/errors";
export {
  EMPTY_FINGERPRINT,
  fingerprintSegment,
  FingerprintTable,
  mergeFingerprints,
  sameFingerprint,
  type Fingerprint,
  type SegmentFingerprints,
} from "./columns/fingerprint";
export { columnsFromRecords, decodeHistory, type HistoryColumns } from "./columns/history";
export { HistoryDictionary } from "./columns/historyDictionary";
export { StoredDictionary } from "./columns/storedDictionary";
export { encodeSegment, keepsWatches, segmentRecordCount, spliceSegment } from "./columns/segment";
export { channelAttributes, channelAttributesChanged } from "./compute/attributes";
export { prepareHistory, type PreparedHistory } from "./compute/prepare";
export { searchTitles } from "./searchTitles";
export * from "./query";
