import { v } from "convex/values";
import type { QueryCtx } from "../_generated/server";
import { activityOf, figuresOf } from "./figures";
import { countReads, mergeRollups } from "./rollups";
import { readMinutes } from "./samples";
import { DEFAULT_THRESHOLDS } from "./thresholds";

const MINUTE_MS = 60_000;
const POINTS = 60;

const valueValidator = v.union(v.number(), v.null());

/** What happened in a span of time; null where there is no sample of it. */
export const chartPointValidator = v.object({
  /** Begin of the span, epoch milliseconds. */
  at: v.number(),
  reads: v.number(),
  responseP50Ms: valueValidator,
  responseP95Ms: valueValidator,
  responseP99Ms: valueValidator,
  /** Shares from 0 to 1. */
  hitRate: valueValidator,
  storedRate: valueValidator,
  fallbackRate: valueValidator,
  errorRate: valueValidator,
  lagP95Ms: valueValidator,
  recomputes: v.number(),
  bytesRead: v.number(),
  bytesWritten: v.number(),
});
export type ChartPoint = typeof chartPointValidator.type;

/** 60 points that end with the minute of the last look. */
export async function readChart(
  ctx: Pick<QueryCtx, "db">,
  evaluatedAt: number,
  hours: number,
): Promise<ChartPoint[]> {
  const spanMs = (hours * 60 * MINUTE_MS) / POINTS;
  const end = Math.floor(evaluatedAt / MINUTE_MS) * MINUTE_MS + MINUTE_MS;
  const start = end - POINTS * spanMs;
  const minutes = await readMinutes(ctx, start, end);
  return Array.from({ length: POINTS }, (_, index) => {
    const at = start + index * spanMs;
    const within = minutes.filter(({ minute }) => minute >= at && minute < at + spanMs);
    return pointOf(
      at,
      spanMs,
      mergeRollups(within.map(({ minute: _minute, ...rollup }) => rollup)),
    );
  });
}

function pointOf(at: number, spanMs: number, rollup: ReturnType<typeof mergeRollups>): ChartPoint {
  const windows = { recent: rollup, recentMs: spanMs, long: rollup, longMs: spanMs };
  const figures = figuresOf(windows, DEFAULT_THRESHOLDS);
  const valueOf = (metric: string) =>
    figures.find((figure) => figure.metric === metric)?.value ?? null;
  const { responseMs, lagMs, recomputes, bytesRead, bytesWritten } = activityOf(rollup);
  return {
    at,
    reads: countReads(rollup),
    responseP50Ms: responseMs.p50,
    responseP95Ms: responseMs.p95,
    responseP99Ms: responseMs.p99,
    hitRate: valueOf("hitRate"),
    storedRate: valueOf("storedRate"),
    fallbackRate: valueOf("fallbackRate"),
    errorRate: valueOf("errorRate"),
    lagP95Ms: lagMs.p95,
    recomputes,
    bytesRead,
    bytesWritten,
  };
}
