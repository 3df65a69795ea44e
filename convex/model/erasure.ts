import type { Doc } from "../_generated/dataModel";
import type { QueryCtx } from "../_generated/server";
import { refusal } from "../errors";

type Reader = Pick<QueryCtx, "db">;

/** How far the erasure of a user is, while there is one. */
export async function findErasure(
  ctx: Reader,
  userId: string,
): Promise<Doc<"account_erasures"> | null> {
  return await ctx.db
    .query("account_erasures")
    .withIndex("by_user", (q) => q.eq("userId", userId))
    .first();
}

export async function isErasing(ctx: Reader, userId: string): Promise<boolean> {
  return (await findErasure(ctx, userId)) !== null;
}

/** @throws ERASING */
export async function refuseWhileErasing(ctx: Reader, userId: string): Promise<void> {
  if (!(await isErasing(ctx, userId))) return;
  throw refusal(
    "ERASING",
    "Nothing was changed: all data of this user are being erased; `account:erasure` tells how far that is.",
  );
}
