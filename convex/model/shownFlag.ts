import { v } from "convex/values";
import type { QueryCtx } from "../_generated/server";
import { NEW_FLAG, problemOf } from "./flagRules";
import { readFlags } from "./flags";

export const shownFlagValidator = v.object({
  key: v.string(),
  exists: v.boolean(),
  /** What is wrong with the stored settings; the flag is off for everybody while there is something. */
  problem: v.union(v.string(), v.null()),
  killed: v.union(v.null(), v.object({ at: v.number(), why: v.union(v.string(), v.null()) })),
  defaultValue: v.boolean(),
  isBetaOn: v.boolean(),
  sufficientData: v.object({ isEnabled: v.boolean(), minRecords: v.number() }),
  percentage: v.number(),
});

/** The settings of a flag; those of a new one where nobody has set any. */
export async function showFlag(
  ctx: Pick<QueryCtx, "db">,
  key: string,
): Promise<typeof shownFlagValidator.type> {
  const flags = await readFlags(ctx, key);
  const { killed, defaultValue, isBetaOn, sufficientData, percentage } = flags[0] ?? NEW_FLAG;
  const settings = { killed, defaultValue, isBetaOn, sufficientData, percentage };
  return { key, exists: flags.length > 0, problem: problemOf(flags), ...settings };
}
