import { cutText } from "../../src/text";
import type { Doc } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../_generated/server";

/** A reason is a sentence or two; a longer one is cut, as a change must not fail for its reason. */
export const MAX_WHY_LENGTH = 1_000;

export type RolloutEvent = Omit<Doc<"rollout_events">, "_id" | "_creationTime">;

/** Who changes a flag, by what, and why. */
export interface Change {
  /** The function that makes the change. */
  action: string;
  key: string;
  actor?: string;
  why?: string | undefined;
  /** The figure that decided, where a function did. */
  decision?: RolloutEvent["decision"];
}

/** Adds a row to the audit trail. */
export async function note(
  ctx: Pick<MutationCtx, "db">,
  {
    actor = "admin",
    why,
    decision = null,
    ...event
  }: Change & Pick<RolloutEvent, "subject" | "before" | "after">,
): Promise<void> {
  const at = Date.now();
  const reason = why === undefined ? null : cutText(why, MAX_WHY_LENGTH);
  await ctx.db.insert("rollout_events", { at, actor, why: reason, decision, ...event });
}

/** The latest rows, newest first. */
export async function latestEvents(
  ctx: Pick<QueryCtx, "db">,
  limit: number,
): Promise<RolloutEvent[]> {
  const rows = await ctx.db.query("rollout_events").withIndex("by_at").order("desc").take(limit);
  return rows.map(({ _id, _creationTime, ...event }) => event);
}
