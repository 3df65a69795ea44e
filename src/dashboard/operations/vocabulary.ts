import type { FunctionReturnType } from "convex/server";
import type { api } from "../../../convex/_generated/api";

/** Words for what operators look at, here and in `npm run rollout`. */

export type Overview = FunctionReturnType<typeof api.operations.overview>;
export type Report = Overview["report"];
export type FlagSettings = Overview["flag"];
export type Figure = Report["figures"][number];
export type RolloutEvent = FunctionReturnType<typeof api.operations.events>[number];
export type UserCount = FunctionReturnType<typeof api.operations.survey>["counts"][number];

/** What stands behind a reason of the flag. */
export const RULE_NAMES: Readonly<Record<string, string>> = {
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

export const FIGURE_NAMES: Readonly<Record<Figure["metric"], string>> = {
  responseP95Ms: "response time, p95",
  errorRate: "error rate",
  hitRate: "hit rate",
  fallbackRate: "fallback rate",
  lagP95Ms: "change to result, p95",
  consistency: "consistency",
};

export const FIGURE_STATUSES: Readonly<Record<Figure["status"], string>> = {
  ok: "ok",
  breach: "BREACH",
  inconclusive: "too few samples",
};

export function onOff(value: boolean): string {
  return value ? "on" : "off";
}

/** A share from 0 to 1 as a percentage, to a hundredth of one. */
export function percentText(share: number): string {
  return `${String(Number((share * 100).toFixed(2)))} %`;
}

/** A figure with its unit. */
export function figureText(
  metric: Figure["metric"],
  value: number | null,
  formatNumber: (value: number) => string,
): string {
  if (value === null) return "none";
  const isDuration = metric === "responseP95Ms" || metric === "lagP95Ms";
  return isDuration ? `${formatNumber(Math.round(value))} ms` : percentText(value);
}

/** What a setting was before or after a change. */
export function settingText(
  setting: RolloutEvent["before"],
  formatNumber: (value: number) => string,
): string {
  if (setting === null) return "nothing";
  if (typeof setting === "boolean") return onOff(setting);
  if (typeof setting !== "object") return String(setting);
  return setting.isEnabled ? `from ${formatNumber(setting.minRecords)} records` : "off";
}
