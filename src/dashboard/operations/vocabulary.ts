import { timeLeftText } from "../shared/duration";
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
  hitRate: "answered by the first reply",
  storedRate: "answered from stored results",
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

export type JobRun = FunctionReturnType<typeof api.operations.runs>[number];

export const JOB_NAMES: Readonly<Record<JobRun["kind"], string>> = {
  adoption: "Adoption: users whose records were there before",
  backfill: "Backfill: results from the records",
  validation: "Validation: results against the records",
  drift: "Drift: records changed past the log",
  upgrade: "Upgrade: results of older code",
};

export const JOB_STATUSES: Readonly<Record<JobRun["status"], string>> = {
  running: "running",
  done: "done",
  cancelled: "cancelled",
};

/** What was asked for with a job; empty where nothing special was. */
export function jobOptionsText({ isDryRun, repairs, sample }: JobRun["options"]): string {
  const parts = [
    isDryRun ? "dry run" : "",
    repairs ? "repairs what differs" : "",
    sample === null ? "" : `a sample of ${percentText(sample)}`,
  ];
  return parts.filter((part) => part !== "").join(", ");
}

/** Users a job is about; those who come while it is at work are done too, but were not counted. */
export function jobTotal({ total, done, failed }: JobRun): number {
  return Math.max(total, done + failed);
}

type FormatNumber = (value: number) => string;

/** How far a job is, in words. */
export function jobProgressText(run: JobRun, formatNumber: FormatNumber): string {
  const { kind, status, isCounted, total, done, failed } = run;
  const failures = failed === 0 ? "" : `, ${formatNumber(failed)} failed`;
  const users = (count: number) => counted(count, USERS, formatNumber);
  if (isCounted && jobTotal(run) === 0) return "no user to look at";
  if (isCounted) return `${formatNumber(done)} of ${users(jobTotal(run))} done${failures}`;
  // It counts and lists its users in one go.
  if (kind === "adoption") return `${users(done)} looked at`;
  if (status !== "running") return "ended before its users were counted";
  return `counting users, ${formatNumber(total)} so far`;
}

/** How fast a job is and how long it takes yet; null where nothing can be said, or it has ended. */
export function jobPaceText(run: JobRun, formatNumber: FormatNumber): string | null {
  const { status, usersPerSecond, remainingMs } = run;
  if (status !== "running" || usersPerSecond === null) return null;
  const isSlow = usersPerSecond < 1;
  const rate = Number((isSlow ? usersPerSecond * 60 : usersPerSecond).toPrecision(2));
  const pace = `${counted(rate, USERS, formatNumber)} a ${isSlow ? "minute" : "second"}`;
  return remainingMs === null ? pace : `${pace}, about ${timeLeftText(remainingMs)} left`;
}

type Words = readonly [one: string, many: string];

const USERS: Words = ["user", "users"];

/** What jobs count, in the order it is told in. */
const COUNT_WORDS: Readonly<Record<string, Words>> = {
  adopted: ["user new to the list", "users new to the list"],
  records: ["record built", "records built"],
  refreshed: ["user recomputed", "users recomputed"],
  compared: ["result compared", "results compared"],
  equal: ["equal", "equal"],
  differing: ["wrong", "wrong"],
  stale: ["stale", "stale"],
  segments: ["segment that differs", "segments that differ"],
  faulty: ["user with differences", "users with differences"],
  repaired: ["user repaired", "users repaired"],
  driftedUsers: ["user drifted", "users drifted"],
  driftedDays: ["day marked as changed", "days marked as changed"],
  leftToChanges: ["user left to their own next run", "users left to their own next run"],
  inconclusive: [
    "user inconclusive, as they kept changing",
    "users inconclusive, as they kept changing",
  ],
};
const DRY_RUN_WORDS: Readonly<Record<string, Words>> = {
  records: ["record to build from", "records to build from"],
  users: ["user with records", "users with records"],
};
/** Told where there are none, too. */
const ALWAYS_TOLD = new Set([
  ...["adopted", "records", "refreshed", "compared", "equal", "differing", "stale"],
  ...["driftedUsers", "driftedDays"],
]);
const FAULTS = new Set(["differing", "segments", "faulty", "driftedUsers"]);

/** One thing a job has found. */
export interface JobFinding {
  name: string;
  text: string;
  /** Something is wrong. */
  isFault: boolean;
}

/** What a job has found so far; empty before its first user. */
export function jobFindings(
  { counts, options }: Pick<JobRun, "counts" | "options">,
  formatNumber: FormatNumber,
): JobFinding[] {
  const words = options.isDryRun ? DRY_RUN_WORDS : COUNT_WORDS;
  return Object.entries(words).flatMap(([name, texts]) => {
    const count = counts[name];
    if (count === undefined || (count === 0 && !ALWAYS_TOLD.has(name))) return [];
    const text = counted(count, texts, formatNumber);
    return [{ name, text, isFault: count > 0 && FAULTS.has(name) }];
  });
}

function counted(count: number, [one, many]: Words, formatNumber: FormatNumber): string {
  return `${formatNumber(count)} ${count === 1 ? one : many}`;
}
