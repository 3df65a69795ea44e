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
import { numbers, plain, plural, shortTime } from "../console/text";
import type { Report, RolloutEvent, Settings, Survey } from "./deployment";
import type { Change } from "./options";

/** The rollout, as text. */

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

/** What a person is asked to agree to. */
export function describeChange(change: Change): string {
  switch (change.name) {
    case "enable":
      return `Turn stored results on for ${plain(change.userId)}`;
    case "disable":
      return `Turn stored results off for ${plain(change.userId)}`;
    case "clear":
      return `Clear the setting of ${plain(change.userId)}, including a rollback`;
    case "percentage":
      return `Turn stored results on for ${String(change.percentage)} % of all users`;
    case "enough-data":
      return change.minRecords === null
        ? "Turn off the rule that includes users with enough data"
        : `Turn stored results on for users with at least ${numbers.format(change.minRecords)} records`;
    case "beta-add":
      return `Add ${plural(change.userIds.length, "user")} to the beta group`;
    case "beta-remove":
      return `Remove ${plural(change.userIds.length, "user")} from the beta group`;
    case "default":
      return `Turn stored results ${onOff(change.value)} for users whom no rule matches`;
    case "kill":
      return "Turn stored results off for all users";
    case "revive":
      return "Take back the kill, so that the rules apply again";
  }
}

/** The full ids of the users a change was made for. */
export function describeNamed(userIds: readonly string[]): string[] {
  return ["Changed:", ...userIds.map((userId) => `  ${plain(userId)}`), ""];
}

export function describeUsers({ counts: rows, isWhole }: Survey): string[] {
  const total = sumOf(rows);
  const on = sumOf(rows.filter(({ value }) => value));
  const scope = isWhole ? "" : "; only the first users, --all counts everybody";
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
  if (evaluatedAt === null) return ["Health: not checked yet; a cron job does so every minute"];
  const rows = figures.map(({ metric, value, threshold, status, samples }) => [
    `  ${FIGURE_NAMES[metric]}`,
    figureText(metric, value, formatNumber),
    threshold === null ? "" : `limit ${figureText(metric, threshold, formatNumber)}`,
    `${numbers.format(samples)} samples`,
    FIGURE_STATUSES[status],
  ]);
  const recomputes = activity === null ? "" : `, ${numbers.format(activity.recomputes)} recomputes`;
  return [
    `Health: checked ${String(Math.max(0, Math.round((now - evaluatedAt) / 1_000)))} s ago; ${numbers.format(queueDepth)} users in the queue${recomputes} in the last minutes`,
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
