import { wellFormed } from "../../src/text";
import type { Doc } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../_generated/server";
import { refusal } from "../errors";
import { note, type Change, type RolloutEvent } from "./auditTrail";
import {
  decided,
  evaluateFlag,
  NEW_FLAG,
  problemOf,
  type Evaluation,
  type FlagSettings,
} from "./flagRules";
import { readPointer } from "./pointer";
import { isServable } from "./validations";

/** The flag that decides whether a user is served stored results. */
export const PRECOMPUTED_FLAG = "precomputed_aggregations";

/** Rows looked at where there should be one; a second is noticed, not followed. */
const MAX_ROWS = 2;
/** Flags looked at together; there are a handful. */
const MAX_FLAGS = 200;

type Reader = Pick<QueryCtx, "db">;
type Writer = Pick<MutationCtx, "db">;
type Setting = RolloutEvent["before"];

export async function readFlags(ctx: Reader, key: string): Promise<Doc<"feature_flags">[]> {
  return await ctx.db
    .query("feature_flags")
    .withIndex("by_key", (q) => q.eq("key", key))
    .take(MAX_ROWS);
}

/** What is wrong with any flag's rows; null where all make sense. */
export async function findFlagProblem(ctx: Reader): Promise<string | null> {
  const rows = await ctx.db.query("feature_flags").withIndex("by_key").take(MAX_FLAGS);
  for (const key of new Set(rows.map((row) => row.key))) {
    const problem = problemOf(rows.filter((row) => row.key === key));
    if (problem !== null) return `the flag "${key}": ${problem}`;
  }
  return null;
}

async function readTargets(ctx: Reader, key: string, userId: string) {
  return await ctx.db
    .query("feature_flag_targets")
    .withIndex("by_key_user", (q) => q.eq("key", key).eq("userId", userId))
    .take(MAX_ROWS);
}

/**
 * A flag's value for a user. Stored results are served only to who passed their latest
 * validation, whatever the rules say.
 */
export async function evaluateFor(ctx: Reader, key: string, userId: string): Promise<Evaluation> {
  const [flags, targets] = await Promise.all([readFlags(ctx, key), readTargets(ctx, key, userId)]);
  const evaluation = await evaluateFlag({
    key,
    userId,
    flags,
    targets,
    recordCount: async () => (await readPointer(ctx, userId)).recordCount,
  });
  if (!evaluation.value || key !== PRECOMPUTED_FLAG) return evaluation;
  return (await isServable(ctx, userId)) ? evaluation : decided(false, "notValidated");
}

/** Changes settings of a flag, made on first use, and notes what was before. */
export async function changeFlag<Field extends keyof FlagSettings>(
  ctx: Writer,
  { key, ...change }: Change,
  field: Field,
  value: FlagSettings[Field],
  describe: (value: FlagSettings[Field]) => Setting,
): Promise<void> {
  const [flag, second] = await readFlags(ctx, key);
  if (second !== undefined) {
    throw refusal(
      "INVALID_SETTING",
      `Nothing was changed: there are several rows of the flag "${key}" in feature_flags; delete all but one in the dashboard.`,
    );
  }
  const before = flag === undefined ? null : describe(flag[field]);
  const after = describe(value);
  if (flag === undefined)
    await ctx.db.insert("feature_flags", { ...NEW_FLAG, key, [field]: value });
  else if (JSON.stringify(before) === JSON.stringify(after)) return;
  else await ctx.db.patch("feature_flags", flag._id, { [field]: value });
  await note(ctx, { ...change, key, subject: null, before, after });
}

type TargetSettings = Pick<Doc<"feature_flag_targets">, "value" | "isBeta">;

/** Changes what a flag is for one user, and notes what was before. A row that says nothing goes. */
export async function changeTarget(
  ctx: Writer,
  { key, ...change }: Change,
  namedUserId: string,
  changes: Partial<TargetSettings>,
): Promise<void> {
  const userId = wellFormed(namedUserId);
  const [target, ...surplus] = await readTargets(ctx, key, userId);
  for (const { _id } of surplus) await ctx.db.delete("feature_flag_targets", _id);
  const before: TargetSettings = {
    value: target?.value ?? null,
    isBeta: target?.isBeta ?? false,
  };
  const after = { ...before, ...changes };
  const isSame = after.value === before.value && after.isBeta === before.isBeta;
  if (isSame && surplus.length === 0) return;
  const isNothing = after.value === null && !after.isBeta;
  if (target === undefined) await ctx.db.insert("feature_flag_targets", { key, userId, ...after });
  else if (isNothing) await ctx.db.delete("feature_flag_targets", target._id);
  else await ctx.db.patch("feature_flag_targets", target._id, after);
  await note(ctx, {
    ...change,
    key,
    subject: userId,
    before: describeTarget(before),
    after: describeTarget(after),
  });
}

export function describeKilled(killed: FlagSettings["killed"]): string {
  return killed === null ? "alive" : "killed";
}

function describeTarget({ value, isBeta }: TargetSettings): string {
  const single = value === null ? "no rule" : value ? "on" : "off";
  return isBeta ? `${single}, beta` : single;
}
