import { alignColumns, shareBar } from "../console/table";
import type { Report, RolloutEvent, Settings, Survey, UserCount } from "./deployment";

/** The rollout as text for people. */

const counts = new Intl.NumberFormat("en-US");

const RULES: Readonly<Record<string, string>> = {
  killed: "killed: off for everybody",
  user: "named, or rolled back",
  beta: "beta group",
  sufficientData: "enough data",
  percentage: "percentage",
  default: "default",
  unknownFlag: "nothing is rolled out yet",
  notValidated: "first results not validated yet",
  nonsense: "the settings make no sense",
};

const FIGURES: Readonly<Record<string, string>> = {
  responseP95Ms: "response time, p95",
  errorRate: "error rate",
  hitRate: "hit rate",
  fallbackRate: "fallback rate",
  lagP95Ms: "change to result, p95",
  consistency: "consistency",
};

export function describeRules(settings: Settings): string[] {
  const { killed, percentage, sufficientData, isBetaOn, defaultValue, problem } = settings;
  const { isEnabled, minRecords } = sufficientData;
  const state =
    killed === null
      ? "alive"
      : `KILLED at ${shortTime(killed.at)}: ${killed.why ?? "no reason given"}`;
  return [
    `Rollout of ${settings.key}${settings.exists ? "" : " (nothing is set yet)"}`,
    ...(problem === null ? [] : [`  OFF FOR EVERYBODY: ${problem}`]),
    ...alignColumns([
      ["  kill switch", state],
      ["  beta group", onOff(isBetaOn)],
      ["  enough data", isEnabled ? `from ${counts.format(minRecords)} records` : "off"],
      ["  percentage", `${String(percentage)} %`],
      ["  default", onOff(defaultValue)],
    ]),
  ];
}

export function describeUsers({ counts: rows, isWhole }: Survey): string[] {
  const total = sumOf(rows);
  const on = sumOf(rows.filter(({ value }) => value));
  const sorted = [...rows].sort((a, b) => Number(b.value) - Number(a.value) || b.users - a.users);
  const scope = isWhole ? "" : "; the first only, --all counts everybody";
  const lines = sorted.map(({ value, rule, reason, users }) => [
    `  ${onOff(value)}`,
    counts.format(users),
    percent(users / total),
    reason,
    RULES[rule] ?? rule,
    shareBar(users / total),
  ]);
  return [
    `Users: ${counts.format(on)} of ${counts.format(total)} on (${percent(total === 0 ? 0 : on / total)})${scope}`,
    ...alignColumns(lines, [1, 2]),
  ];
}

export function describeHealth(report: Report, now: number): string[] {
  const { evaluatedAt, figures, alerts, queueDepth, activity } = report;
  if (evaluatedAt === null) return ["Health: not looked at yet; the cron does so every minute"];
  const rows = figures.map(({ metric, value, threshold, status, samples }) => [
    `  ${FIGURES[metric] ?? metric}`,
    valueOf(metric, value),
    threshold === null ? "" : `limit ${valueOf(metric, threshold)}`,
    `${counts.format(samples)} samples`,
    status === "breach" ? "BREACH" : status === "inconclusive" ? "too few samples" : "ok",
  ]);
  const recomputes = activity === null ? "" : `, ${counts.format(activity.recomputes)} recomputes`;
  return [
    `Health: looked at ${String(Math.max(0, Math.round((now - evaluatedAt) / 1_000)))} s ago; ${counts.format(queueDepth)} users in the queue${recomputes} in the last minutes`,
    ...alignColumns(rows, [1]),
    alerts.length === 0 ? "Alerts: none" : "Alerts:",
    ...alerts.map(
      ({ cause, openedAt, message }) => `  ${cause}, since ${shortTime(openedAt)}: ${message}`,
    ),
  ];
}

export function describeEvents(events: readonly RolloutEvent[]): string[] {
  if (events.length === 0) return ["Changes: none yet"];
  return ["Latest changes:", ...alignColumns(events.map(describeEvent))];
}

function describeEvent({ at, actor, action, subject, before, after, why }: RolloutEvent): string[] {
  const what = `${action}${subject === null ? "" : ` ${subject}`}`;
  const values = `${settingText(before)} → ${settingText(after)}`;
  return [`  ${shortTime(at)}`, actor, what, values, why ?? ""];
}

function settingText(setting: RolloutEvent["before"]): string {
  if (setting === null) return "nothing";
  if (typeof setting === "boolean") return onOff(setting);
  if (typeof setting !== "object") return String(setting);
  return setting.isEnabled ? `from ${counts.format(setting.minRecords)} records` : "off";
}

function valueOf(metric: string, value: number | null): string {
  if (value === null) return "none";
  if (metric.endsWith("Ms")) return `${counts.format(Math.round(value))} ms`;
  return percent(value);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2).replace(/\.?0+$/, "")} %`;
}

function sumOf(rows: readonly UserCount[]): number {
  return rows.reduce((sum, { users }) => sum + users, 0);
}

function onOff(value: boolean): string {
  return value ? "on" : "off";
}

function shortTime(at: number): string {
  return new Date(at).toISOString().slice(0, 16).replace("T", " ");
}
