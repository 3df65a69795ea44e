import { v } from "convex/values";
import type { QueryCtx } from "../_generated/server";
import { activityValidator, alertValidator, figureValidator } from "../metricValidators";
import { thresholdFields } from "../rolloutTables";
import { listOpenAlerts } from "./alerts";
import { readHeartbeat, readShown } from "./monitorState";
import { readThresholds } from "./thresholds";

export const reportValidator = v.object({
  /** When the figures were looked at; null where they never were: is the cron alive? */
  evaluatedAt: v.union(v.number(), v.null()),
  figures: v.array(figureValidator),
  /** The rest of the same window: quantiles in milliseconds, recomputes and their bytes. */
  activity: v.union(activityValidator, v.null()),
  /** Users whose recompute is scheduled or running; 1,000 stands for as many or more. */
  queueDepth: v.number(),
  alerts: v.array(alertValidator),
  thresholds: v.object(thresholdFields),
});

/** What the last look has left, and what is wrong. */
export async function readReport(ctx: Pick<QueryCtx, "db">): Promise<typeof reportValidator.type> {
  const [state, heartbeat, alerts, thresholds] = await Promise.all([
    readShown(ctx),
    readHeartbeat(ctx, "tick"),
    listOpenAlerts(ctx),
    readThresholds(ctx),
  ]);
  return {
    evaluatedAt: heartbeat?.at ?? null,
    figures: state?.figures ?? [],
    activity: state?.activity ?? null,
    queueDepth: state?.queueDepth ?? 0,
    alerts: alerts.map(({ _id, _creationTime, ...alert }) => alert),
    thresholds,
  };
}
