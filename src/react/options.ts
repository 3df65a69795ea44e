/** What an application may set; `AggregationConfig` takes any part of it. */
export interface AggregationOptions {
  /** Milliseconds without an answer from the server after which the browser computes itself. */
  fallbackDelayMs: number;
  /** Milliseconds a filter nobody shows any more stays subscribed, for going back at once. */
  retainMs: number;
  /** The flag that decides between stored results and computing in the browser. */
  flagKey: string;
  /** Records asked for at a time while downloading for the browser's computation; at most 4,000. */
  pageRecords: number;
  /** Milliseconds at least between downloads while records go on changing. */
  refreshIntervalMs: number;
  /** The clock, in epoch milliseconds. */
  now: () => number;
}

export const DEFAULT_OPTIONS: AggregationOptions = {
  fallbackDelayMs: 2_000,
  retainMs: 5_000,
  flagKey: "precomputed_aggregations",
  pageRecords: 2_000,
  refreshIntervalMs: 2_000,
  now: () => Date.now(),
};
