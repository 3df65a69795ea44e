import { compareValues } from "convex/values";
import type { Doc } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../_generated/server";

/** The two crons that notice each other's death: `monitoring.tick` and `jobs.watch`. */
type Cron = Doc<"cron_heartbeats">["cron"];
type Heartbeat = Doc<"cron_heartbeats">;
/** What the last look at the figures came to. */
type Shown = Omit<Doc<"monitor_state">, "_id" | "_creationTime">;

type Reader = Pick<QueryCtx, "db">;
type Writer = Pick<MutationCtx, "db">;

/** When a cron was last alive; null before its first run. */
export async function readHeartbeat(ctx: Reader, cron: Cron): Promise<Heartbeat | null> {
  return await ctx.db
    .query("cron_heartbeats")
    .withIndex("by_cron", (q) => q.eq("cron", cron))
    .first();
}

/** Notes that a cron is alive. Nothing but the cron itself writes its row. */
export async function beat(
  ctx: Writer,
  before: Heartbeat | null,
  heartbeat: Omit<Heartbeat, "_id" | "_creationTime">,
): Promise<void> {
  if (before === null) await ctx.db.insert("cron_heartbeats", heartbeat);
  else await ctx.db.replace("cron_heartbeats", before._id, heartbeat);
}

/** What the last look at the figures has left; null before the first. */
export async function readShown(ctx: Reader): Promise<Doc<"monitor_state"> | null> {
  const [state] = await ctx.db.query("monitor_state").take(1);
  return state ?? null;
}

/** Keeps what a look came to. Writes only what changed: operators' pages read it. */
export async function keepShown(ctx: Writer, shown: Shown): Promise<void> {
  const before = await readShown(ctx);
  if (before === null) {
    await ctx.db.insert("monitor_state", shown);
    return;
  }
  const { _id, _creationTime, ...kept } = before;
  if (compareValues(kept, shown) !== 0) await ctx.db.replace("monitor_state", _id, shown);
}
