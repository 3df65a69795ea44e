import { v } from "convex/values";
import { internalQuery } from "./_generated/server";
import { resolveUser } from "./model/userNames";

/**
 * The full id of a user who is named by id or by subject.
 * `npx convex run users:resolve '{"user": "ann"}'`
 *
 * @throws NOT_FOUND, INVALID_SETTING where several users have the subject.
 */
export const resolve = internalQuery({
  args: { user: v.string() },
  returns: v.object({ userId: v.string() }),
  handler: async (ctx, { user }) => ({ userId: await resolveUser(ctx, user) }),
});
