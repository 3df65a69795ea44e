import type { Doc } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../_generated/server";

type Validation = Doc<"user_validations">;

export async function readValidation(
  ctx: Pick<QueryCtx, "db">,
  userId: string,
): Promise<Validation | null> {
  return await ctx.db
    .query("user_validations")
    .withIndex("by_user", (q) => q.eq("userId", userId))
    .unique();
}

/** Whether a user may be served what is stored: nothing is yet, or it passed when last checked. */
export async function isServable(ctx: Pick<QueryCtx, "db">, userId: string): Promise<boolean> {
  const validation = await readValidation(ctx, userId);
  return validation === null || validation.status === "passed";
}

/** Marks a user whose first build is to come: it counts only once it was checked. */
export async function markPending(ctx: Pick<MutationCtx, "db">, userId: string): Promise<void> {
  if ((await readValidation(ctx, userId)) !== null) return;
  await ctx.db.insert("user_validations", {
    userId,
    status: "pending",
    askedAt: Date.now(),
    checkedAt: null,
    compared: 0,
    differing: 0,
  });
}
