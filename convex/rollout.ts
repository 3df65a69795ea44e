import { v } from "convex/values";
import { cutText } from "../src/text";
import { internalMutation } from "./functions";
import {
  changeFlag,
  changeTarget,
  describeKilled,
  PRECOMPUTED_FLAG,
  readFlags,
} from "./model/flags";
import { NEW_FLAG } from "./model/flagRules";
import { latestEvents, MAX_WHY_LENGTH } from "./model/auditTrail";
import { surveyUsers, surveyValidator } from "./model/survey";
import { resolveUser } from "./model/userNames";
import { eventFields } from "./rolloutTables";
import { internalQuery } from "./_generated/server";

/**
 * Back to computing in the browser, with one transaction: pages that are open follow within a
 * second. A rollback stays until a person takes it back (`flags:clearUser`, `flags:revive`,
 * `flags:setPercentage` …).
 */

const DEFAULT_EVENTS = 20;
const MAX_EVENTS = 200;

/** Takes one user off the stored results. Returns the user's full id. */
export const rollbackUser = internalMutation({
  args: { userId: v.string(), reason: v.string() },
  returns: v.object({ userId: v.string() }),
  handler: async (ctx, { userId: name, reason }) => {
    const userId = await resolveUser(ctx, name);
    const change = { key: PRECOMPUTED_FLAG, action: "rollout:rollbackUser", why: reason };
    await changeTarget(ctx, change, userId, { value: false });
    return { userId };
  },
});

/**
 * Takes everybody off the stored results, or everybody who is on by one rule: the beta group, the
 * percentage, enough data. Users named one by one stay on, unless it is everybody.
 */
export const rollbackAll = internalMutation({
  args: {
    reason: v.string(),
    segment: v.optional(
      v.union(
        v.literal("all"),
        v.literal("beta"),
        v.literal("percentage"),
        v.literal("sufficientData"),
      ),
    ),
  },
  returns: v.null(),
  handler: async (ctx, { reason, segment = "all" }) => {
    const change = { key: PRECOMPUTED_FLAG, action: `rollout:rollbackAll ${segment}`, why: reason };
    switch (segment) {
      case "all": {
        const killed = { at: Date.now(), why: cutText(reason, MAX_WHY_LENGTH) };
        await changeFlag(ctx, change, "killed", killed, describeKilled);
        break;
      }
      case "beta":
        await changeFlag(ctx, change, "isBetaOn", false, (isOn) => isOn);
        break;
      case "percentage":
        await changeFlag(ctx, change, "percentage", 0, (percentage) => percentage);
        break;
      case "sufficientData": {
        const { sufficientData } = (await readFlags(ctx, change.key))[0] ?? NEW_FLAG;
        const off = { ...sufficientData, isEnabled: false };
        await changeFlag(ctx, change, "sufficientData", off, (shown) => shown);
        break;
      }
    }
    return null;
  },
});

/** How many of a page of users are on, and why: what `npm run rollout -- status` sums up. */
export const survey = internalQuery({
  args: { cursor: v.union(v.string(), v.null()) },
  returns: surveyValidator,
  handler: async (ctx, { cursor }) => await surveyUsers(ctx, cursor),
});

/** The latest rows of the audit trail, newest first. */
export const history = internalQuery({
  args: { limit: v.optional(v.number()) },
  returns: v.array(v.object(eventFields)),
  handler: async (ctx, { limit = DEFAULT_EVENTS }) =>
    await latestEvents(ctx, Math.min(Math.max(Math.trunc(limit) || 1, 1), MAX_EVENTS)),
});
