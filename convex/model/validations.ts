import { internal } from "../_generated/api";
import type { Doc } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../_generated/server";
import type { Findings } from "./check/report";
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

/** Notes what the latest check of a user came to. */
export async function noteOutcome(
  ctx: Pick<MutationCtx, "db">,
  userId: string,
  { compared, differing, stale, layers }: Findings,
): Promise<void> {
  const now = Date.now();
  const status = differing === 0 ? ("passed" as const) : ("failed" as const);
  const outcome = { userId, status, askedAt: now, checkedAt: now, compared, differing };
  const before = await readValidation(ctx, userId);
  const row = { ...outcome, stale, layers };
  if (before === null) await ctx.db.insert("user_validations", row);
  else await ctx.db.replace("user_validations", before._id, row);
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

/** What was built for the first time is served once it was checked. */
export async function validateFirstBuild(
  ctx: Pick<MutationCtx, "db" | "scheduler">,
  userId: string,
): Promise<void> {
  const validation = await readValidation(ctx, userId);
  if (validation?.status === "pending") await askForCheck(ctx, validation);
}

/** Schedules the check of a user, and notes which function makes it. */
export async function askForCheck(
  ctx: Pick<MutationCtx, "db" | "scheduler">,
  { _id, userId }: Validation,
): Promise<void> {
  const checkUser = internal.validation.checkUser;
  const scheduledId = await ctx.scheduler.runAfter(0, checkUser, { userId });
  await ctx.db.patch("user_validations", _id, { askedAt: Date.now(), scheduledId });
}
