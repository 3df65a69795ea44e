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
  /**
   * Share of pages, 0 to 1, that tell the server how their reads were answered; 0 switches
   * telemetry off (then set `expectsTelemetry` of `monitoring:setThresholds` to false).
   */
  telemetrySampleRate: number;
  /** Milliseconds at least between two reports of a page. */
  telemetryIntervalMs: number;
  /** The clock, in epoch milliseconds. */
  now: () => number;
  /** Numbers from 0 up to, not including, 1: draws the pages that take part in telemetry. */
  random: () => number;
}

export const DEFAULT_OPTIONS: AggregationOptions = {
  fallbackDelayMs: 2_000,
  retainMs: 5_000,
  flagKey: "precomputed_aggregations",
  pageRecords: 2_000,
  refreshIntervalMs: 2_000,
  telemetrySampleRate: 1,
  telemetryIntervalMs: 60_000,
  now: () => Date.now(),
  random: () => Math.random(),
};
