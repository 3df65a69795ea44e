import type {
  AggregationBasis,
  AggregationError,
  AggregationSource,
  DownloadProgress,
  FailedAggregation,
  PendingAggregation,
  SuccessfulAggregation,
} from "../types";
import { isFinal } from "./errors";
import type { Answer } from "./liveQuery";

/**
 * The state of one aggregation of one filter, whatever its type: the hooks give `data` its type
 * back. One reducer: no other place decides what a component sees.
 */
export type State = PendingAggregation | SuccessfulAggregation<unknown> | FailedAggregation;

export const PENDING: PendingAggregation = {
  status: "pending",
  data: undefined,
  loading: true,
  error: null,
  source: null,
  basis: null,
  isStale: false,
  computedAt: null,
  progress: null,
};

/** One answer of `aggregations.getMany`. */
export interface AnsweredRow {
  data: unknown;
  computedAt: number;
  expiresAt: number;
  changesPending: boolean;
  basis: "results" | "segments";
}

/** What this browser computed. */
export interface ComputedResult {
  data: unknown;
  computedAt: number;
  basis: "segments" | "records";
  /** The records changed, or the day turned, since; a newer one is being computed. */
  isOutdated: boolean;
}

/** All that a state depends on. */
export interface Inputs {
  /** Whether the server is to answer; null while the flag is not known. */
  wantsServer: boolean | null;
  row: Answer<AnsweredRow | null>;
  /** Whether the server knows of changes that its answers do not show yet. */
  changesPending: boolean;
  computed: ComputedResult | null;
  /** Why the browser could not compute. */
  problem: AggregationError | null;
  /** Why the signed-in user cannot be served at all. */
  refusal: AggregationError | null;
  progress: DownloadProgress | null;
  /** Epoch milliseconds. */
  now: number;
}

export function reduce(inputs: Inputs, previous: State): State {
  return keepIdentity(previous, choose(inputs, previous));
}

function choose(inputs: Inputs, previous: State): State {
  const { wantsServer, row, computed, problem, refusal, progress } = inputs;
  if (refusal !== null) return failed(refusal);
  if (wantsServer === true) {
    if (row.state === "failed" && isFinal(row.error)) return failed(row.error);
    if (row.state === "answered" && row.value !== null) return answered(row.value, inputs);
  }
  if (computed !== null) return clientSide(computed, progress);
  // What was shown stays until there is something newer: no panel ever goes blank again.
  if (previous.status === "success") return outdated(previous, progress);
  if (problem !== null) return failed(problem);
  return { ...PENDING, progress };
}

/** Whether an answer is of this day, and of this zone and version. */
export function isOfToday(row: AnsweredRow, now: number): boolean {
  return !row.changesPending && now < row.expiresAt;
}

function answered(row: AnsweredRow, { now, changesPending }: Inputs): State {
  const isStale = changesPending || !isOfToday(row, now);
  return success("precomputed", row.basis, row.data, row.computedAt, isStale, null);
}

function clientSide(computed: ComputedResult, progress: DownloadProgress | null): State {
  const { data, computedAt, basis, isOutdated } = computed;
  return success("client-side", basis, data, computedAt, isOutdated, isOutdated ? progress : null);
}

function success(
  source: AggregationSource,
  basis: AggregationBasis,
  data: unknown,
  computedAt: number,
  isStale: boolean,
  progress: DownloadProgress | null,
): State {
  return {
    status: "success",
    data,
    loading: isStale,
    error: null,
    source,
    basis,
    isStale,
    computedAt,
    progress,
  };
}

/** Data of an earlier answer while the next one is on its way. */
export function outdated<Data>(
  state: SuccessfulAggregation<Data>,
  progress: DownloadProgress | null,
): SuccessfulAggregation<Data> {
  return { ...state, loading: true, isStale: true, progress };
}

export function failed(error: AggregationError): FailedAggregation {
  return {
    status: "error",
    data: undefined,
    loading: false,
    error,
    source: null,
    basis: null,
    isStale: false,
    computedAt: null,
    progress: null,
  };
}

/** The same object while nothing differs, and the same `data` while it is equal. */
export function keepIdentity(previous: State, next: State): State {
  const data = isEqual(previous.data, next.data) ? previous.data : next.data;
  // The spread keeps `data` with the variant it belongs to: it equals what was there.
  const kept = { ...next, data } as State;
  return isEqual(previous, kept) ? previous : kept;
}

/** Deep equality of JSON-like values. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (!isContainer(a) || !isContainer(b) || Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && isEqual(a[key], b[key]))
  );
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
