import type { Doc } from "../_generated/dataModel";
import { rolloutBucket } from "../../src/engine";

/** The rules of a flag, in OpenFeature's terms. Pure: the same rows give the same answer. */

export type FlagReason =
  /** A rule for single users: named, of the beta group, or with enough data. */
  | "TARGETING_MATCH"
  /** Within the percentage. */
  | "SPLIT"
  /** No rule applied: the flag's default. */
  | "STATIC"
  /** There is no such flag, or what it stands for has not been checked for this user yet. */
  | "DEFAULT"
  /** The flag was killed. */
  | "DISABLED"
  /** What is stored makes no sense. */
  | "ERROR";

/** Which of the rules decided: what stands behind a reason. */
export type FlagRule =
  | "killed"
  | "user"
  | "beta"
  | "sufficientData"
  | "percentage"
  | "default"
  | "unknownFlag"
  | "notValidated"
  | "nonsense";

export interface Evaluation {
  value: boolean;
  variant: "on" | "off";
  reason: FlagReason;
  errorCode?: "GENERAL" | "FLAG_NOT_FOUND";
  rule: FlagRule;
}

type Flag = Doc<"feature_flags">;
type Target = Doc<"feature_flag_targets">;
export type FlagSettings = Omit<Flag, "_id" | "_creationTime">;

/** What a flag is before anybody has set anything but its default. */
export const NEW_FLAG: Omit<FlagSettings, "key"> = {
  defaultValue: false,
  killed: null,
  isBetaOn: true,
  sufficientData: { isEnabled: true, minRecords: 1_000 },
  percentage: 0,
};

/** Buckets a percentage is counted in: steps of 0.01 %. */
const BUCKETS_PER_PERCENT = 100;
const MAX_PERCENTAGE = 100;

/** What the rules look at. `flags` and `targets` hold one row each, unless somebody's hand slipped. */
export interface FlagFacts {
  key: string;
  userId: string;
  flags: readonly Flag[];
  targets: readonly Target[];
  /** The user's records at the last recompute; asked for only where it matters. */
  recordCount: () => Promise<number>;
}

/**
 * What a flag is for a user, and why: killed, then on or off for the user, then the beta group,
 * then enough data, then the percentage, then the default. Nonsense in the tables is off.
 */
export async function evaluateFlag(facts: FlagFacts): Promise<Evaluation> {
  const { key, userId, flags, targets } = facts;
  if (problemOf(flags) !== null || targets.length > 1) return broken();
  const flag = flags[0] ?? null;
  const target = targets[0] ?? null;
  if (flag !== null && flag.killed !== null) return decided(false, "killed");
  if (target !== null && target.value !== null) return decided(target.value, "user");
  if (flag === null) {
    return target?.isBeta === true ? decided(true, "beta") : unknown();
  }
  if (target?.isBeta === true && flag.isBetaOn) return decided(true, "beta");
  const { isEnabled, minRecords } = flag.sufficientData;
  if (isEnabled && (await facts.recordCount()) >= minRecords) {
    return decided(true, "sufficientData");
  }
  if (rolloutBucket(key, userId) < Math.round(flag.percentage * BUCKETS_PER_PERCENT)) {
    return decided(true, "percentage");
  }
  return decided(flag.defaultValue, "default");
}

/** What is wrong with the rows of one flag, as somebody may have left them; null where they are sound. */
export function problemOf(flags: readonly Flag[]): string | null {
  const [flag, ...others] = flags;
  if (flag === undefined) return null;
  if (others.length > 0) return `there are ${flags.length} rows of the flag "${flag.key}"`;
  return percentageProblem(flag.percentage) ?? minRecordsProblem(flag.sufficientData.minRecords);
}

export function percentageProblem(percentage: number): string | null {
  if (percentage >= 0 && percentage <= MAX_PERCENTAGE) return null;
  return `percentage is ${percentage}; it must lie between 0 and ${MAX_PERCENTAGE}`;
}

export function minRecordsProblem(minRecords: number): string | null {
  if (Number.isSafeInteger(minRecords) && minRecords >= 0) return null;
  return `minRecords is ${minRecords}; it must be a whole number from 0 on`;
}

/** Percentages are exact to a bucket, so finer ones are refused, not rounded. */
export function isWholeBuckets(percentage: number): boolean {
  const buckets = percentage * BUCKETS_PER_PERCENT;
  return Math.abs(buckets - Math.round(buckets)) < 1e-9 * BUCKETS_PER_PERCENT;
}

const REASONS: Readonly<Record<FlagRule, FlagReason>> = {
  killed: "DISABLED",
  user: "TARGETING_MATCH",
  beta: "TARGETING_MATCH",
  sufficientData: "TARGETING_MATCH",
  percentage: "SPLIT",
  default: "STATIC",
  unknownFlag: "DEFAULT",
  notValidated: "DEFAULT",
  nonsense: "ERROR",
};

/** The answer of a rule. */
export function decided(value: boolean, rule: FlagRule): Evaluation {
  return { value, variant: value ? "on" : "off", reason: REASONS[rule], rule };
}

function unknown(): Evaluation {
  return { ...decided(false, "unknownFlag"), errorCode: "FLAG_NOT_FOUND" };
}

function broken(): Evaluation {
  return { ...decided(false, "nonsense"), errorCode: "GENERAL" };
}
