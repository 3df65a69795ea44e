import type { Doc } from "../_generated/dataModel";
import type { QueryCtx } from "../_generated/server";

/** Limits of the monitored figures, and what is done by itself where they are crossed. */
export type Thresholds = Omit<Doc<"thresholds">, "_id" | "_creationTime">;

export const DEFAULT_THRESHOLDS: Thresholds = {
  responseP95Ms: 500,
  errorRate: 0.001,
  consistency: 0.9999,
  lagP95Ms: 10_000,
  minSamples: 50,
  breachWindows: 3,
  rollsBackUsers: true,
  killsOnBreach: true,
  expectsTelemetry: true,
};

/** The limits in force: the row, or the defaults where there is none or it makes no sense. */
export async function readThresholds(ctx: Pick<QueryCtx, "db">): Promise<Thresholds> {
  const [row, second] = await ctx.db.query("thresholds").take(2);
  if (row === undefined || second !== undefined || thresholdsProblem(row) !== null) {
    return DEFAULT_THRESHOLDS;
  }
  const { _id, _creationTime, ...thresholds } = row;
  return thresholds;
}

/** What of the limits makes no sense; null where they do. */
export function thresholdsProblem(thresholds: Thresholds): string | null {
  for (const name of ["errorRate", "consistency"] as const) {
    const share = thresholds[name];
    if (!(share >= 0 && share <= 1)) return `${name} is ${share}; it must be a share from 0 to 1`;
  }
  for (const name of ["responseP95Ms", "lagP95Ms"] as const) {
    const delay = thresholds[name];
    if (!(delay > 0 && delay < Infinity)) return `${name} is ${delay}; milliseconds above 0`;
  }
  for (const name of ["minSamples", "breachWindows"] as const) {
    const count = thresholds[name];
    if (!Number.isSafeInteger(count) || count < 1) {
      return `${name} is ${count}; it must be a whole number from 1 on`;
    }
  }
  return null;
}
