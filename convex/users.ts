import { v } from "convex/values";
import { internalQuery } from "./_generated/server";
import { resolveNewUser, resolveUser } from "./model/userNames";

/**
 * The full id of a user who is named by id or by subject.
 * `npx convex run users:resolve '{"user": "ann"}'`
 *
 * @param mayBeNew whether a subject that nobody has is of somebody who has not signed in yet; where
 *   it is false, the default, that takes the full id.
 * @throws NOT_FOUND, INVALID_SETTING where several users have the subject.
 */
export const resolve = internalQuery({
  args: { user: v.string(), mayBeNew: v.optional(v.boolean()) },
  returns: v.object({ userId: v.string() }),
  handler: async (ctx, { user, mayBeNew = false }) => ({
    userId: await (mayBeNew ? resolveNewUser : resolveUser)(ctx, user),
  }),
});
