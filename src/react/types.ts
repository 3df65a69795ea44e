import type { AggregationResults, AggregationType } from "../engine";

/** Who answered: the server, or this browser. */
export type AggregationSource = "precomputed" | "client-side";

/**
 * What an answer was taken from: stored results, the segments that the server keeps of a history
 * (computed there, or in this browser), or the records themselves.
 */
export type AggregationBasis = "results" | "segments" | "records";

/** Records downloaded so far, and in all where that is known, while the browser computes. */
export interface DownloadProgress {
  loaded: number;
  total: number | null;
}

/**
 * Why there is no data. `code` is that of the server's refusal (`INVALID_FILTERS`,
 * `UNAUTHENTICATED`, …), or `SERVER_ERROR`, `NO_CONNECTION` or `COMPUTATION_FAILED`.
 */
export interface AggregationError {
  code: string;
  message: string;
}

/** Nothing to show yet. */
export interface PendingAggregation {
  status: "pending";
  data: undefined;
  loading: true;
  error: null;
  source: null;
  basis: null;
  isStale: false;
  computedAt: null;
  progress: DownloadProgress | null;
}

/**
 * Data to show. `isStale`: it lags behind the records, the day or the filters, and newer data is
 * on its way while `loading`.
 */
export interface SuccessfulAggregation<Data> {
  status: "success";
  data: Data;
  loading: boolean;
  error: null;
  source: AggregationSource;
  basis: AggregationBasis;
  isStale: boolean;
  /** Epoch milliseconds. */
  computedAt: number;
  progress: DownloadProgress | null;
}

/** Neither the server nor this browser could answer; it goes on trying where that may help. */
export interface FailedAggregation {
  status: "error";
  data: undefined;
  loading: false;
  error: AggregationError;
  source: null;
  basis: null;
  isStale: false;
  computedAt: null;
  progress: null;
}

/** One aggregation as a component sees it: switch on `status`. */
export type AggregationState<T extends AggregationType> =
  PendingAggregation | SuccessfulAggregation<AggregationResults[T]> | FailedAggregation;

/** The states of several aggregations, by type. */
export type AggregationStates<T extends AggregationType> = { [K in T]: AggregationState<K> };

/** A flag in OpenFeature's terms. While `loading`, and where it cannot be read, it is off. */
export interface FeatureFlag {
  value: boolean;
  variant: string;
  reason: string;
  loading: boolean;
  error: AggregationError | null;
}
