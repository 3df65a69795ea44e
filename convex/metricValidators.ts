import { v, type Infer } from "convex/values";

/** The shapes of telemetry, of what is made of it, and of alerts. */

/** How a read of one aggregation on a page was answered. */
export const readOutcomeValidator = v.union(
  /** By the server's first reply. */
  v.literal("hit"),
  /** By a later reply of the server, which could not answer at first. */
  v.literal("late"),
  /** By the browser, as the server did not answer though the flag is on. */
  v.literal("fallback"),
  /** Not at all. */
  v.literal("error"),
  /** By the browser from the columns, which spares the server. */
  v.literal("local"),
  /** By the browser from the records, as the flag is off. */
  v.literal("off"),
);

export const readSampleValidator = v.object({
  outcome: readOutcomeValidator,
  /** From the wish to the answer, milliseconds. */
  responseMs: v.number(),
  /** What the server's answer was taken from. */
  basis: v.optional(v.union(v.literal("results"), v.literal("segments"))),
  /** The server failed on the way, whatever the browser made of it. */
  hasFailed: v.optional(v.boolean()),
});
export type ReadSample = Infer<typeof readSampleValidator>;

export const sampleValidator = v.union(
  v.object({ kind: v.literal("reads"), reads: v.array(readSampleValidator) }),
  v.object({
    kind: v.literal("recompute"),
    durationMs: v.number(),
    /** From the oldest change of the run to its results; null where no change led to it. */
    lagMs: v.union(v.number(), v.null()),
    bytesRead: v.number(),
    bytesWritten: v.number(),
    hasFailed: v.boolean(),
  }),
  v.object({ kind: v.literal("validation"), compared: v.number(), differing: v.number() }),
);
export type Sample = Infer<typeof sampleValidator>;

const histogramValidator = v.object({
  buckets: v.array(v.number()),
  counts: v.array(v.number()),
  sum: v.number(),
});

/** Sums and histograms that add up over any span of time. */
export const rollupValidator = v.object({
  hits: v.number(),
  late: v.number(),
  /** Answers taken from stored results; the others of the server were computed from segments. */
  fromResults: v.number(),
  fallbacks: v.number(),
  /** Reads that had no answer at all. */
  unanswered: v.number(),
  /** Reads on which the server failed, those among them that the browser answered. */
  errors: v.number(),
  local: v.number(),
  off: v.number(),
  responseMs: histogramValidator,
  recomputes: v.number(),
  failedRecomputes: v.number(),
  recomputeMs: histogramValidator,
  lagMs: histogramValidator,
  bytesRead: v.number(),
  bytesWritten: v.number(),
  compared: v.number(),
  differing: v.number(),
});
export type Rollup = Infer<typeof rollupValidator>;

export const metricValidator = v.union(
  v.literal("responseP95Ms"),
  v.literal("errorRate"),
  v.literal("hitRate"),
  v.literal("storedRate"),
  v.literal("fallbackRate"),
  v.literal("lagP95Ms"),
  v.literal("consistency"),
);
export type Metric = Infer<typeof metricValidator>;

/** One figure of a window. */
export const figureValidator = v.object({
  metric: metricValidator,
  /** Null where there is no sample. */
  value: v.union(v.number(), v.null()),
  samples: v.number(),
  /** Null where it is shown only. */
  threshold: v.union(v.number(), v.null()),
  status: v.union(v.literal("ok"), v.literal("breach"), v.literal("inconclusive")),
  windowMs: v.number(),
});
export type Figure = Infer<typeof figureValidator>;

/** Quantiles of a histogram, in the unit of its values; null of none. */
export const quantilesValidator = v.object({
  p50: v.union(v.number(), v.null()),
  p95: v.union(v.number(), v.null()),
  p99: v.union(v.number(), v.null()),
});

/** What else is worth seeing of the last window; not judged. */
export const activityValidator = v.object({
  responseMs: quantilesValidator,
  lagMs: quantilesValidator,
  recomputeMs: quantilesValidator,
  recomputes: v.number(),
  failedRecomputes: v.number(),
  bytesRead: v.number(),
  bytesWritten: v.number(),
});
export type Activity = Infer<typeof activityValidator>;

export const alertValidator = v.object({
  /** A metric, or what else is wrong: one open alert a cause. */
  cause: v.string(),
  isOpen: v.boolean(),
  message: v.string(),
  openedAt: v.number(),
  lastSeenAt: v.number(),
  closedAt: v.union(v.number(), v.null()),
  /** Windows in a row, one after the other, in which it was seen. */
  windows: v.number(),
  countedAt: v.number(),
});
