import type { Doc } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../_generated/server";

type MonitorState = Doc<"monitor_state">;

/** What the last look has left; null before the first. */
export async function readMonitorState(ctx: Pick<QueryCtx, "db">): Promise<MonitorState | null> {
  const [state] = await ctx.db.query("monitor_state").take(1);
  return state ?? null;
}

export async function noteMonitorState(
  ctx: Pick<MutationCtx, "db">,
  changes: Partial<Omit<MonitorState, "_id" | "_creationTime">>,
  now: number,
): Promise<void> {
  const state = await readMonitorState(ctx);
  if (state !== null) {
    await ctx.db.patch("monitor_state", state._id, changes);
    return;
  }
  const fresh = { evaluatedAt: now, sweptAt: now, figures: [], activity: null, queueDepth: 0 };
  await ctx.db.insert("monitor_state", { ...fresh, ...changes });
}
