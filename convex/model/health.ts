import type { QueryCtx } from "../_generated/server";
import { listOpenAlerts } from "./alerts";
import { readHeartbeat } from "./monitorState";
import { DEAD_AFTER_MS, isSilent } from "./silence";

/** What a probe may know: no user, no figure. */
export interface Health {
  status: "ok" | "starting" | "failing";
  /** Causes of what is wrong. */
  alerts: string[];
  /** When the figures were last looked at, epoch milliseconds. */
  evaluatedAt: number | null;
}

/**
 * Failing while an alert is open, or while the crons that would open one are silent. Before their
 * first run a deployment is starting, unless it has had users for longer than that.
 */
export async function readHealth(ctx: Pick<QueryCtx, "db">, now: number): Promise<Health> {
  const tick = await readHeartbeat(ctx, "tick");
  const watch = await readHeartbeat(ctx, "watch");
  const alerts = (await listOpenAlerts(ctx)).map(({ cause }) => cause);
  if (tick === null && watch === null) {
    const firstUser = await ctx.db.query("aggregation_state").first();
    const isOverdue = firstUser !== null && now - firstUser._creationTime > DEAD_AFTER_MS;
    if (isOverdue) alerts.push("monitoring-silent");
  }
  if (isSilent(tick?.at ?? null, watch, now)) alerts.push("monitoring-silent");
  if (isSilent(watch?.at ?? null, tick, now)) alerts.push("sweep-silent");
  const causes = [...new Set(alerts)].sort();
  const status = causes.length > 0 ? "failing" : (tick ?? watch) === null ? "starting" : "ok";
  return { status, alerts: causes, evaluatedAt: tick?.at ?? null };
}
