import { v } from "convex/values";
import { canonicalTimeZone } from "../src/engine";
import { cutText } from "../src/text";
import { refusal } from "./errors";
import { userMutation } from "./functions";
import { dropAttributes } from "./model/compute";
import { requestRun } from "./model/schedule";

/**
 * Sets the zone in which the user's days, hours and months are counted. What is stored turns
 * stale at once and is recomputed; nothing of the records changes.
 */
export const setTimeZone = userMutation({
  args: { timeZone: v.string() },
  returns: v.null(),
  handler: async (ctx, args) => {
    const timeZone = canonicalTimeZone(args.timeZone);
    if (timeZone === null) {
      throw refusal(
        "INVALID_TIME_ZONE",
        `"${cutText(args.timeZone, 50)}" is not an IANA time zone; ` +
          'names look like "Europe/Berlin" or "UTC". The zone you had stays.',
      );
    }
    const settings = await ctx.db
      .query("user_settings")
      .withIndex("by_user", (q) => q.eq("userId", ctx.userId))
      .unique();
    if (settings?.timeZone === timeZone) return null;
    if (settings === null) await ctx.db.insert("user_settings", { userId: ctx.userId, timeZone });
    else await ctx.db.patch("user_settings", settings._id, { timeZone });
    // They count what is past in the other zone: perhaps more than is past in this one.
    await dropAttributes(ctx, ctx.userId);
    await requestRun(ctx, ctx.userId);
    return null;
  },
});
