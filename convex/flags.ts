import { v } from "convex/values";
import type { MutationCtx, QueryCtx } from "./_generated/server";
import { internalMutation, userQuery } from "./functions";

/**
 * Per-user flags, in OpenFeature's terms. A user's own setting comes before the flag's default; a
 * flag nobody has set is off.
 */

const evaluationValidator = v.object({
  value: v.boolean(),
  variant: v.union(v.literal("on"), v.literal("off")),
  reason: v.union(v.literal("TARGETING_MATCH"), v.literal("STATIC"), v.literal("DEFAULT")),
});
type Evaluation = typeof evaluationValidator.type;

/** The flag's value for the signed-in user, and why. */
export const evaluate = userQuery({
  args: { key: v.string() },
  returns: evaluationValidator,
  handler: async (ctx, { key }) => {
    const target = await findTarget(ctx, key, ctx.userId);
    if (target !== null) return evaluation(target.value, "TARGETING_MATCH");
    const flag = await findFlag(ctx, key);
    return flag === null ? evaluation(false, "DEFAULT") : evaluation(flag.defaultValue, "STATIC");
  },
});

/** Sets what a flag is for users without a setting of their own. */
export const setDefault = internalMutation({
  args: { key: v.string(), value: v.boolean(), why: v.optional(v.string()) },
  returns: v.null(),
  handler: async (ctx, { key, value, why }) => {
    const flag = await findFlag(ctx, key);
    if (flag === null) await ctx.db.insert("feature_flags", { key, defaultValue: value });
    else await ctx.db.patch("feature_flags", flag._id, { defaultValue: value });
    await ctx.db.insert("rollout_events", {
      at: Date.now(),
      actor: "flags:setDefault",
      action: "setDefault",
      key,
      subject: null,
      before: flag?.defaultValue ?? null,
      after: value,
      why: why ?? null,
    });
    return null;
  },
});

/** Switches a flag on or off for one user. */
export const setUser = internalMutation({
  args: { key: v.string(), userId: v.string(), value: v.boolean(), why: v.optional(v.string()) },
  returns: v.null(),
  handler: async (ctx, { key, userId, value, why }) => {
    const target = await findTarget(ctx, key, userId);
    if (target === null) await ctx.db.insert("feature_flag_targets", { key, userId, value });
    else await ctx.db.patch("feature_flag_targets", target._id, { value });
    await ctx.db.insert("rollout_events", {
      at: Date.now(),
      actor: "flags:setUser",
      action: "setUser",
      key,
      subject: userId,
      before: target?.value ?? null,
      after: value,
      why: why ?? null,
    });
    return null;
  },
});

function evaluation(value: boolean, reason: Evaluation["reason"]): Evaluation {
  return { value, variant: value ? "on" : "off", reason };
}

async function findFlag(ctx: Pick<QueryCtx, "db">, key: string) {
  return await ctx.db
    .query("feature_flags")
    .withIndex("by_key", (q) => q.eq("key", key))
    .unique();
}

async function findTarget(ctx: Pick<MutationCtx | QueryCtx, "db">, key: string, userId: string) {
  return await ctx.db
    .query("feature_flag_targets")
    .withIndex("by_key_user", (q) => q.eq("key", key).eq("userId", userId))
    .unique();
}
