import { cutText } from "../../src/text";
import type { QueryCtx } from "../_generated/server";
import { refusal } from "../errors";
import { readState } from "./schedule";

type Reader = Pick<QueryCtx, "db">;

/** Whether a user is listed, or has records that were there before this module. */
export async function isUser(ctx: Reader, userId: string): Promise<boolean> {
  if ((await readState(ctx, userId)) !== null) return true;
  const record = await ctx.db
    .query("watch_records")
    .withIndex("by_user_record_key", (q) => q.eq("userId", userId))
    .first();
  return record !== null;
}

/** @throws NOT_FOUND */
export async function requireUser(ctx: Reader, userId: string): Promise<void> {
  if (await isUser(ctx, userId)) return;
  throw refusal(
    "NOT_FOUND",
    `Nothing was changed: no user with the id "${cutText(userId, 100)}" has any records.`,
  );
}
