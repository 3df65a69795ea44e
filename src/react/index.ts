/** React hooks over stored aggregations, with a fallback that computes in the browser. */
export { AggregationConfig } from "./AggregationConfig";
export { preloadAggregations } from "./preloadAggregations";
export { DEFAULT_OPTIONS, type AggregationOptions } from "./options";
export type {
  AggregationBasis,
  AggregationError,
  AggregationSource,
  AggregationState,
  AggregationStates,
  DownloadProgress,
  FailedAggregation,
  FeatureFlag,
  PendingAggregation,
  SuccessfulAggregation,
} from "./types";
export { useAggregation } from "./useAggregation";
export { useAggregations } from "./useAggregations";
export { useChannelSearch, type ChannelSearch } from "./useChannelSearch";
export { useFeatureFlag } from "./useFeatureFlag";
export { usePrecomputedData } from "./usePrecomputedData";
