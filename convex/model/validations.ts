import type { Doc } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../_generated/server";
import { readThresholds } from "./thresholds";

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

/**
 * Whether a user may be served what is stored: nothing is yet, or it passed when last checked.
 * What differed is served only where operators have switched off that it rolls users back.
 */
export async function isServable(ctx: Pick<QueryCtx, "db">, userId: string): Promise<boolean> {
  const status = (await readValidation(ctx, userId))?.status ?? "passed";
  if (status === "failed") return !(await readThresholds(ctx)).rollsBackUsers;
  return status === "passed";
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
