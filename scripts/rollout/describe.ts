import {
  FIGURE_NAMES,
  FIGURE_STATUSES,
  figureText,
  onOff,
  percentText,
  RULE_NAMES,
  settingText,
} from "../../src/dashboard/operations/vocabulary";
import { ranked, sumOf } from "../../src/dashboard/operations/userCounts";
import { alignColumns, shareBar } from "../console/table";
import { numbers, shortTime } from "../console/text";
import type { Report, RolloutEvent, Settings, Survey } from "./deployment";

/** The rollout as text for people. */

const formatNumber = (value: number) => numbers.format(value);

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
      ["  enough data", isEnabled ? `from ${numbers.format(minRecords)} records` : "off"],
      ["  percentage", `${String(percentage)} %`],
      ["  default", onOff(defaultValue)],
    ]),
  ];
}

export function describeUsers({ counts: rows, isWhole }: Survey): string[] {
  const total = sumOf(rows);
  const on = sumOf(rows.filter(({ value }) => value));
  const scope = isWhole ? "" : "; the first only, --all counts everybody";
  const lines = ranked(rows).map(({ value, rule, reason, users }) => [
    `  ${onOff(value)}`,
    numbers.format(users),
    percentText(users / total),
    reason,
    RULE_NAMES[rule] ?? rule,
    shareBar(users / total),
  ]);
  return [
    `Users: ${numbers.format(on)} of ${numbers.format(total)} on (${percentText(total === 0 ? 0 : on / total)})${scope}`,
    ...alignColumns(lines, [1, 2]),
  ];
}

export function describeHealth(report: Report, now: number): string[] {
  const { evaluatedAt, figures, alerts, queueDepth, activity } = report;
  if (evaluatedAt === null) return ["Health: not looked at yet; the cron does so every minute"];
  const rows = figures.map(({ metric, value, threshold, status, samples }) => [
    `  ${FIGURE_NAMES[metric]}`,
    figureText(metric, value, formatNumber),
    threshold === null ? "" : `limit ${figureText(metric, threshold, formatNumber)}`,
    `${numbers.format(samples)} samples`,
    FIGURE_STATUSES[status],
  ]);
  const recomputes = activity === null ? "" : `, ${numbers.format(activity.recomputes)} recomputes`;
  return [
    `Health: looked at ${String(Math.max(0, Math.round((now - evaluatedAt) / 1_000)))} s ago; ${numbers.format(queueDepth)} users in the queue${recomputes} in the last minutes`,
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
  const values = `${settingText(before, formatNumber)} → ${settingText(after, formatNumber)}`;
  return [`  ${shortTime(at)}`, actor, what, values, why ?? ""];
}
