import type { Activity, Figure, Metric, Rollup } from "../metricValidators";
import { countOf, quantile, type Histogram } from "./histogram";
import type { Thresholds } from "./thresholds";

/** The figures of a window, judged against the limits. Pure. */

const P95 = 0.95;

export interface Windows {
  /** Of the last minutes: what changes fast. */
  recent: Rollup;
  recentMs: number;
  /** Of a longer time: what is measured now and then. */
  long: Rollup;
  longMs: number;
}

export function figuresOf(
  { recent, recentMs, long, longMs }: Windows,
  limits: Thresholds,
): Figure[] {
  const answered = recent.hits + recent.late + recent.fallbacks;
  const served = recent.hits + recent.late;
  const asked = answered + recent.unanswered;
  return [
    judge("responseP95Ms", quantile(recent.responseMs, P95), answered, recentMs, limits),
    judge("errorRate", share(recent.errors, asked), asked, recentMs, limits),
    judge("hitRate", share(recent.hits, answered), answered, recentMs, limits),
    judge("storedRate", share(recent.fromResults, served), served, recentMs, limits),
    judge("fallbackRate", share(recent.fallbacks, answered), answered, recentMs, limits),
    judge("lagP95Ms", quantile(recent.lagMs, P95), countOf(recent.lagMs), recentMs, limits),
    judge(
      "consistency",
      share(long.compared - long.differing, long.compared),
      long.compared,
      longMs,
      limits,
    ),
  ];
}

/** What else happened in a window. */
export function activityOf(rollup: Rollup): Activity {
  const { recomputes, failedRecomputes, bytesRead, bytesWritten } = rollup;
  return {
    responseMs: quantilesOf(rollup.responseMs),
    lagMs: quantilesOf(rollup.lagMs),
    recomputeMs: quantilesOf(rollup.recomputeMs),
    recomputes,
    failedRecomputes,
    bytesRead,
    bytesWritten,
  };
}

function quantilesOf(histogram: Histogram) {
  return {
    p50: quantile(histogram, 0.5),
    p95: quantile(histogram, P95),
    p99: quantile(histogram, 0.99),
  };
}

/** How far beyond its limit a figure must come back before its alert closes. */
const RECOVERED_SHARE = 0.8;

/** Whether a figure has come back far enough that it does not open its alert again at once. */
export function hasRecovered({ metric, value, threshold, status }: Figure): boolean {
  if (status !== "ok" || value === null || threshold === null) return false;
  return isFloor(metric)
    ? 1 - value <= (1 - threshold) * RECOVERED_SHARE
    : value <= threshold * RECOVERED_SHARE;
}

/** Whether more is better. */
function isFloor(metric: Metric): boolean {
  return metric === "consistency";
}

/** How reads are answered is worth seeing; it harms nobody. */
function isShownOnly(metric: Metric): metric is "hitRate" | "storedRate" | "fallbackRate" {
  return metric === "hitRate" || metric === "storedRate" || metric === "fallbackRate";
}

function judge(
  metric: Metric,
  value: number | null,
  samples: number,
  windowMs: number,
  limits: Thresholds,
): Figure {
  const threshold = isShownOnly(metric) ? null : limits[metric];
  return { metric, value, samples, threshold, status: statusOf(), windowMs };

  function statusOf(): Figure["status"] {
    if (value === null || samples < limits.minSamples) return "inconclusive";
    if (threshold === null) return "ok";
    const isCrossed = isFloor(metric) ? value < threshold : value > threshold;
    return isCrossed ? "breach" : "ok";
  }
}

function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
