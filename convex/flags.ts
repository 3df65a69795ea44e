import { v } from "convex/values";
import { cutText, wellFormed } from "../src/text";
import { refusal } from "./errors";
import { internalMutation, userQuery } from "./functions";
import { internalQuery, type MutationCtx } from "./_generated/server";
import { MAX_WHY_LENGTH, type Change } from "./model/auditTrail";
import {
  changeFlag,
  changeTarget,
  describeKilled,
  evaluateFor,
  PRECOMPUTED_FLAG,
  readFlags,
} from "./model/flags";
import { shownFlagValidator, showFlag } from "./model/shownFlag";
import { resolveUser, resolveUsers } from "./model/userNames";
import { isWholeBuckets, minRecordsProblem, NEW_FLAG, percentageProblem } from "./model/flagRules";

/**
 * Flags for single users and for shares of them, in OpenFeature's terms; the rules and their order
 * are in model/flagRules. Everything here is run by operators but `evaluate`. `key` may be left
 * out: it is the flag of this module. Each change leaves a row in `rollout_events`.
 */

const evaluationValidator = v.object({
  value: v.boolean(),
  variant: v.union(v.literal("on"), v.literal("off")),
  reason: v.union(
    v.literal("TARGETING_MATCH"),
    v.literal("SPLIT"),
    v.literal("STATIC"),
    v.literal("DEFAULT"),
    v.literal("DISABLED"),
    v.literal("ERROR"),
  ),
  errorCode: v.optional(v.union(v.literal("GENERAL"), v.literal("FLAG_NOT_FOUND"))),
});

/** Users named in one call. */
const MAX_USERS = 500;

/** The flag's value for the signed-in user, and why. */
export const evaluate = userQuery({
  args: { key: v.string() },
  returns: evaluationValidator,
  handler: async (ctx, { key }) => {
    const { rule: _rule, ...evaluation } = await evaluateFor(ctx, key, ctx.userId);
    return evaluation;
  },
});

const shared = { key: v.optional(v.string()), why: v.optional(v.string()) };

function change(action: string, args: { key?: string; why?: string }): Change {
  const key = wellFormed(args.key ?? PRECOMPUTED_FLAG);
  return { action: `flags:${action}`, key, why: args.why };
}

/** The settings of a flag. */
export const show = internalQuery({
  args: { key: shared.key },
  returns: shownFlagValidator,
  handler: async (ctx, { key = PRECOMPUTED_FLAG }) => await showFlag(ctx, key),
});

/** What the flag is where no rule applies. */
export const setDefault = internalMutation({
  args: { ...shared, value: v.boolean() },
  returns: v.null(),
  handler: async (ctx, { value, ...args }) => {
    await changeFlag(ctx, change("setDefault", args), "defaultValue", value, (shown) => shown);
    return null;
  },
});

/** On for a share of the users, 0 to 100 in steps of 0.01; who is in stays in as it grows. */
export const setPercentage = internalMutation({
  args: { ...shared, percentage: v.number() },
  returns: v.null(),
  handler: async (ctx, { percentage, ...args }) => {
    const steps = isWholeBuckets(percentage) ? null : `${percentage} is finer than steps of 0.01`;
    requireSound(percentageProblem(percentage) ?? steps);
    await changeFlag(
      ctx,
      change("setPercentage", args),
      "percentage",
      percentage,
      (shown) => shown,
    );
    return null;
  },
});

/** On for users with at least so many records; `isEnabled` false switches the rule off. */
export const setSufficientData = internalMutation({
  args: { ...shared, isEnabled: v.optional(v.boolean()), minRecords: v.optional(v.number()) },
  returns: v.null(),
  handler: async (ctx, { isEnabled, minRecords, ...args }) => {
    if (minRecords !== undefined) requireSound(minRecordsProblem(minRecords));
    const named = change("setSufficientData", args);
    const { sufficientData: before } = (await readFlags(ctx, named.key))[0] ?? NEW_FLAG;
    const after = {
      isEnabled: isEnabled ?? before.isEnabled,
      minRecords: minRecords ?? before.minRecords,
    };
    await changeFlag(ctx, named, "sufficientData", after, (shown) => shown);
    return null;
  },
});

/** On or off for one user, before all other rules but `kill`. Returns the user's full id. */
export const setUser = internalMutation({
  args: { ...shared, userId: v.string(), value: v.boolean() },
  returns: v.object({ userId: v.string() }),
  handler: async (ctx, { userId: name, value, ...args }) => {
    const userId = await resolveUser(ctx, name);
    await changeTarget(ctx, change("setUser", args), userId, { value });
    return { userId };
  },
});

/**
 * Undoes `setUser` and a rollback of one user: the general rules apply to them again. Returns the
 * user's full id.
 */
export const clearUser = internalMutation({
  args: { ...shared, userId: v.string() },
  returns: v.object({ userId: v.string() }),
  handler: async (ctx, { userId: name, ...args }) => {
    const userId = await resolveUser(ctx, name);
    await changeTarget(ctx, change("clearUser", args), userId, { value: null });
    return { userId };
  },
});

/** Adds up to 500 users to the beta group. Returns their full ids. */
export const addBetaUsers = internalMutation({
  args: { ...shared, userIds: v.array(v.string()) },
  returns: v.object({ userIds: v.array(v.string()) }),
  handler: async (ctx, args) => await setBeta(ctx, "addBetaUsers", args, true),
});

/** Takes up to 500 users out of the beta group. Returns their full ids. */
export const removeBetaUsers = internalMutation({
  args: { ...shared, userIds: v.array(v.string()) },
  returns: v.object({ userIds: v.array(v.string()) }),
  handler: async (ctx, args) => await setBeta(ctx, "removeBetaUsers", args, false),
});

async function setBeta(
  ctx: Pick<MutationCtx, "db">,
  action: string,
  { userIds: names, ...args }: { userIds: string[]; key?: string; why?: string },
  isBeta: boolean,
): Promise<{ userIds: string[] }> {
  if (names.length > MAX_USERS) {
    throw refusal(
      "BATCH_TOO_LARGE",
      `Nothing was changed: userIds has ${names.length} entries; at most ${MAX_USERS} are allowed.`,
    );
  }
  const userIds = await resolveUsers(ctx, names);
  await Promise.all(
    userIds.map((userId) => changeTarget(ctx, change(action, args), userId, { isBeta })),
  );
  return { userIds };
}

/** Off for everybody at once, until `revive`. */
export const kill = internalMutation({
  args: { ...shared, why: v.string() },
  returns: v.null(),
  handler: async (ctx, args) => {
    const killed = { at: Date.now(), why: cutText(args.why, MAX_WHY_LENGTH) };
    await changeFlag(ctx, change("kill", args), "killed", killed, describeKilled);
    return null;
  },
});

/** Takes back `kill`: the rules hold again as they stood. */
export const revive = internalMutation({
  args: shared,
  returns: v.null(),
  handler: async (ctx, args) => {
    await changeFlag(ctx, change("revive", args), "killed", null, describeKilled);
    return null;
  },
});

function requireSound(problem: string | null): void {
  if (problem !== null) throw refusal("INVALID_SETTING", `Nothing was changed: ${problem}.`);
}
