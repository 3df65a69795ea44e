import type { Figure, Rollup } from "../metricValidators";
import { countOf, countUpTo, emptyHistogram, type Histogram } from "./histogram";
import { emptyRollup, READ_COUNTS } from "./rollups";

/**
 * Metrics in Prometheus's text format 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/): seconds and bytes, as its naming
 * rules ask.
 */
export interface Measured {
  /** Null before anything was measured. */
  totals: Rollup | null;
  figures: readonly Figure[];
  queueDepth: number;
  /** Epoch milliseconds; null before the first look. */
  evaluatedAt: number | null;
  alerts: readonly string[];
  isKilled: boolean;
}

const PREFIX = "watch_aggregations";
const MS_PER_SECOND = 1_000;
/** Upper bounds of the buckets, seconds. */
const BOUNDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

type Labels = Readonly<Record<string, string>>;
type Kind = "counter" | "gauge" | "histogram";

export function prometheusText(measured: Measured): string {
  const totals = measured.totals ?? emptyRollup();
  return [
    ...counters(totals),
    ...durations(totals),
    ...gauges(measured),
    ...figureGauges(measured.figures),
    ...alertGauges(measured.alerts),
    "",
  ].join("\n");
}

function counters(totals: Rollup): string[] {
  return [
    ...family(
      "reads_total",
      "counter",
      "Reads of aggregations by pages, by how they were answered.",
    ),
    ...Object.entries(READ_COUNTS).map(([outcome, name]) =>
      line("reads_total", totals[name], { outcome }),
    ),
    ...single("read_errors_total", "counter", "Reads on which the server failed.", totals.errors),
    ...family("recomputes_total", "counter", "Runs of recompute, by their end."),
    line("recomputes_total", totals.recomputes - totals.failedRecomputes, { end: "done" }),
    line("recomputes_total", totals.failedRecomputes, { end: "failed" }),
    ...single(
      "recompute_read_bytes_total",
      "counter",
      "Bytes that recomputes read.",
      totals.bytesRead,
    ),
    ...single(
      "recompute_written_bytes_total",
      "counter",
      "Bytes that recomputes wrote.",
      totals.bytesWritten,
    ),
    ...single(
      "results_compared_total",
      "counter",
      "Stored results compared with the records.",
      totals.compared,
    ),
    ...single(
      "results_differing_total",
      "counter",
      "Stored results that differed.",
      totals.differing,
    ),
  ];
}

function durations({ responseMs, lagMs, recomputeMs }: Rollup): string[] {
  return [
    ...histogram("response_seconds", "From the wish of a page to its answer.", responseMs),
    ...histogram("lag_seconds", "From a change to the results it led to.", lagMs),
    ...histogram("recompute_seconds", "Duration of a recompute.", recomputeMs),
  ];
}

function gauges({ queueDepth, evaluatedAt, isKilled }: Measured): string[] {
  return [
    ...single(
      "queue_depth",
      "gauge",
      "Users whose recompute is scheduled or running, 1000 at most.",
      queueDepth,
    ),
    ...single("flag_killed", "gauge", "1 while the flag is off for everybody.", isKilled ? 1 : 0),
    ...single(
      "evaluated_timestamp_seconds",
      "gauge",
      "When the figures were last looked at, 0 for never.",
      (evaluatedAt ?? 0) / MS_PER_SECOND,
    ),
  ];
}

function figureGauges(figures: readonly Figure[]): string[] {
  const measured = figures.filter(({ value }) => value !== null);
  return [
    ...family(
      "figure",
      "gauge",
      "Judged figures of the last window: milliseconds, or shares from 0 to 1.",
    ),
    ...measured.map(({ metric, value }) => line("figure", value ?? 0, { metric })),
    ...family("figure_breached", "gauge", "1 while a figure is beyond its limit."),
    ...figures.map(({ metric, status }) =>
      line("figure_breached", status === "breach" ? 1 : 0, { metric }),
    ),
  ];
}

function alertGauges(causes: readonly string[]): string[] {
  return [
    ...family("alert_open", "gauge", "1 for the cause of each open alert."),
    ...causes.map((cause) => line("alert_open", 1, { cause })),
  ];
}

function histogram(name: string, help: string, values: Histogram = emptyHistogram()): string[] {
  const count = countOf(values);
  return [
    ...family(name, "histogram", help),
    ...BOUNDS.map((bound) =>
      line(`${name}_bucket`, countUpTo(values, bound * MS_PER_SECOND), { le: String(bound) }),
    ),
    line(`${name}_bucket`, count, { le: "+Inf" }),
    line(`${name}_sum`, values.sum / MS_PER_SECOND),
    line(`${name}_count`, count),
  ];
}

function single(name: string, kind: Kind, help: string, value: number): string[] {
  return [...family(name, kind, help), line(name, value)];
}

function family(name: string, kind: Kind, help: string): string[] {
  return [`# HELP ${PREFIX}_${name} ${help}`, `# TYPE ${PREFIX}_${name} ${kind}`];
}

function line(name: string, value: number, labels: Labels = {}): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  const set = pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
  return `${PREFIX}_${name}${set} ${String(value)}`;
}

function escaped(text: string): string {
  return text.replace(/\\/g, "\\\\").replace(/\n/g, "\\n").replace(/"/g, '\\"');
}
