import { v } from "convex/values";
import type { QueryCtx } from "../_generated/server";
import { readPage } from "./page";
import { evaluateFor, PRECOMPUTED_FLAG } from "./flags";

/** Users looked at in one call. */
const SURVEY_PAGE = 200;

const countValidator = v.object({
  value: v.boolean(),
  reason: v.string(),
  /** Which rule stands behind the reason. */
  rule: v.string(),
  users: v.number(),
});

export const surveyValidator = v.object({
  counts: v.array(countValidator),
  cursor: v.string(),
  isDone: v.boolean(),
});

/** How many of a page of users are on, and why. */
export async function surveyUsers(
  ctx: Pick<QueryCtx, "db">,
  cursor: string | null,
): Promise<typeof surveyValidator.type> {
  const users = ctx.db.query("aggregation_state").withIndex("by_user");
  const options = { cursor, numItems: SURVEY_PAGE };
  const { page, isDone, continueCursor } = await readPage(users, options);
  const evaluations = await Promise.all(
    page.map(({ userId }) => evaluateFor(ctx, PRECOMPUTED_FLAG, userId)),
  );
  const counts = new Map<string, typeof countValidator.type>();
  for (const { value, reason, rule } of evaluations) {
    const key = `${rule} ${String(value)}`;
    const { users } = counts.get(key) ?? { users: 0 };
    counts.set(key, { value, reason, rule, users: users + 1 });
  }
  return { counts: [...counts.values()], cursor: continueCursor, isDone };
}
