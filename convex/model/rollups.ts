import type { ReadSample, Rollup, Sample } from "../metricValidators";
import { emptyHistogram, histogramOf, mergeHistograms } from "./histogram";

export function emptyRollup(): Rollup {
  return {
    hits: 0,
    late: 0,
    fromResults: 0,
    fallbacks: 0,
    unanswered: 0,
    errors: 0,
    local: 0,
    off: 0,
    responseMs: emptyHistogram(),
    recomputes: 0,
    failedRecomputes: 0,
    recomputeMs: emptyHistogram(),
    lagMs: emptyHistogram(),
    bytesRead: 0,
    bytesWritten: 0,
    compared: 0,
    differing: 0,
  };
}

/** One rollup of several: sums, and histograms of all values. */
export function mergeRollups(rollups: readonly Rollup[]): Rollup {
  const merged = emptyRollup();
  for (const rollup of rollups) {
    for (const name of COUNTS) merged[name] += rollup[name];
  }
  for (const name of HISTOGRAMS) {
    merged[name] = mergeHistograms(rollups.map((rollup) => rollup[name]));
  }
  return merged;
}

const HISTOGRAMS = ["responseMs", "recomputeMs", "lagMs"] as const;
const COUNTS = [
  "hits",
  "late",
  "fromResults",
  "fallbacks",
  "unanswered",
  "errors",
  "local",
  "off",
  "recomputes",
  "failedRecomputes",
  "bytesRead",
  "bytesWritten",
  "compared",
  "differing",
] as const;

export function rollupOf(sample: Sample): Rollup {
  switch (sample.kind) {
    case "reads":
      return rollupOfReads(sample.reads);
    case "recompute":
      return {
        ...emptyRollup(),
        recomputes: 1,
        failedRecomputes: sample.hasFailed ? 1 : 0,
        recomputeMs: histogramOf([sample.durationMs]),
        lagMs: sample.lagMs === null ? emptyHistogram() : histogramOf([sample.lagMs]),
        bytesRead: sample.bytesRead,
        bytesWritten: sample.bytesWritten,
      };
    case "validation":
      return { ...emptyRollup(), compared: sample.compared, differing: sample.differing };
  }
}

/** The count of each outcome. */
export const READ_COUNTS = {
  hit: "hits",
  late: "late",
  fallback: "fallbacks",
  error: "unanswered",
  local: "local",
  off: "off",
} as const;

/** All reads, however they were answered. */
export function countReads(rollup: Rollup): number {
  return Object.values(READ_COUNTS).reduce((sum, name) => sum + rollup[name], 0);
}

function rollupOfReads(reads: readonly ReadSample[]): Rollup {
  const rollup = emptyRollup();
  for (const { outcome, basis, hasFailed = false } of reads) {
    rollup[READ_COUNTS[outcome]] += 1;
    if (basis === "results") rollup.fromResults += 1;
    if (hasFailed || outcome === "error") rollup.errors += 1;
  }
  // An error is no answer, and times that depend on the browser alone are not ours to promise.
  const answered = reads.filter(({ outcome }) => !["error", "local", "off"].includes(outcome));
  rollup.responseMs = histogramOf(answered.map(({ responseMs }) => responseMs));
  return rollup;
}
