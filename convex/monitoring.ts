import { v } from "convex/values";
import { refusal } from "./errors";
import { internal } from "./_generated/api";
import { internalQuery, type MutationCtx } from "./_generated/server";
import { internalMutation } from "./functions";
import { listOpenAlerts, raiseOrClose } from "./model/alerts";
import { activityOf, figuresOf } from "./model/figures";
import { PRECOMPUTED_FLAG, readFlags } from "./model/flags";
import { readHealth } from "./model/health";
import { judgeFigure } from "./model/judgement";
import { noteMonitorState, readMonitorState } from "./model/monitorState";
import { prometheusText } from "./model/prometheus";
import { foldSamples, readWindow } from "./model/samples";
import { DEAD_AFTER_MS, lookForFailedJobs, lookForNonsense, lookForSilence } from "./model/silence";
import { readReport, reportValidator } from "./model/report";
import { readThresholds, thresholdsProblem } from "./model/thresholds";
import { thresholdFields } from "./rolloutTables";

/**
 * Looks at the figures every minute: folds telemetry, judges the last window against the limits,
 * opens and closes alerts, and kills the flag where a limit stays crossed.
 */

const MINUTE_MS = 60_000;
/** What changes fast is judged by the last minutes, what is measured now and then by the hour. */
const WINDOW_MS = 5 * MINUTE_MS;
const LONG_WINDOW_MS = 60 * MINUTE_MS;
const MAX_QUEUE_DEPTH = 1_000;
const DELETE_BATCH = 500;
const KEEP_SAMPLES_MS = 86_400_000;
const KEEP_ROLLUPS_MS = 30 * 86_400_000;

/** The minute's look. */
export const tick = internalMutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    const now = Date.now();
    if (await foldSamples(ctx, now)) {
      await ctx.scheduler.runAfter(0, internal.monitoring.tick, {});
      return null;
    }
    const limits = await readThresholds(ctx);
    // Whole minutes, and the one that has begun.
    const minute = Math.floor(now / MINUTE_MS) * MINUTE_MS;
    const recent = await readWindow(ctx, minute - WINDOW_MS, minute + MINUTE_MS);
    const long = await readWindow(ctx, minute - LONG_WINDOW_MS, minute + MINUTE_MS);
    const figures = figuresOf(
      { recent, recentMs: WINDOW_MS, long, longMs: LONG_WINDOW_MS },
      limits,
    );
    for (const figure of figures) await judgeFigure(ctx, figure, limits, now);
    await lookForNonsense(ctx, now);
    await lookForFailedJobs(ctx, now);
    await lookForSilence(ctx, limits, now);
    await watchSweep(ctx, now);
    const queueDepth = await countQueue(ctx);
    const looked = { evaluatedAt: now, figures, activity: activityOf(recent), queueDepth };
    await noteMonitorState(ctx, looked, now);
    return null;
  },
});

/** Each cron notices the other's death. */
async function watchSweep(ctx: MutationCtx, now: number): Promise<void> {
  const state = await readMonitorState(ctx);
  await raiseOrClose(ctx, state !== null && now - state.sweptAt > DEAD_AFTER_MS, {
    cause: "sweep-silent",
    message: "the cron that watches the monitoring is silent: are crons deployed and running?",
    windowMs: WINDOW_MS,
    now,
  });
}

/** Called by the other cron. */
export const watchMonitoring = internalMutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    const now = Date.now();
    const state = await readMonitorState(ctx);
    await noteMonitorState(ctx, { sweptAt: now }, now);
    await raiseOrClose(ctx, state !== null && now - state.evaluatedAt > DEAD_AFTER_MS, {
      cause: "monitoring-silent",
      message: "the cron that looks at the figures is silent: its errors are in the logs",
      windowMs: WINDOW_MS,
      now,
    });
    return null;
  },
});

/** Users whose run is scheduled or at work. */
async function countQueue(ctx: MutationCtx): Promise<number> {
  const due = await ctx.db
    .query("aggregation_state")
    .withIndex("by_due_at", (q) => q.gt("dueAt", null))
    .take(MAX_QUEUE_DEPTH);
  return due.length;
}

/** The figures of the last window, as the last minute's look has left them, and what is wrong. */
export const report = internalQuery({
  args: {},
  returns: reportValidator,
  handler: async (ctx) => await readReport(ctx),
});

/** What `GET /health` tells. `now` comes in: a query has no clock. */
export const health = internalQuery({
  args: { now: v.number() },
  returns: v.object({
    status: v.union(v.literal("ok"), v.literal("starting"), v.literal("failing")),
    alerts: v.array(v.string()),
    evaluatedAt: v.union(v.number(), v.null()),
  }),
  handler: async (ctx, { now }) => await readHealth(ctx, now),
});

/** What `GET /metrics` tells. */
export const metrics = internalQuery({
  args: {},
  returns: v.string(),
  handler: async (ctx) => {
    const [totals = null] = await ctx.db.query("metric_totals").take(1);
    const state = await readMonitorState(ctx);
    const alerts = await listOpenAlerts(ctx);
    const [flag] = await readFlags(ctx, PRECOMPUTED_FLAG);
    return prometheusText({
      totals,
      figures: state?.figures ?? [],
      queueDepth: state?.queueDepth ?? 0,
      evaluatedAt: state?.evaluatedAt ?? null,
      alerts: alerts.map(({ cause }) => cause),
      isKilled: flag !== undefined && flag.killed !== null,
    });
  },
});

/** Changes limits; those that are not named stay. */
export const setThresholds = internalMutation({
  args: v.object(thresholdFields).partial().fields,
  returns: v.object(thresholdFields),
  handler: async (ctx, changes) => {
    const rows = await ctx.db.query("thresholds").take(2);
    const thresholds = { ...(await readThresholds(ctx)), ...changes };
    const problem = thresholdsProblem(thresholds);
    if (problem !== null) throw refusal("INVALID_SETTING", `Nothing was changed: ${problem}.`);
    for (const { _id } of rows) await ctx.db.delete("thresholds", _id);
    await ctx.db.insert("thresholds", thresholds);
    return thresholds;
  },
});

/** Deletes raw samples after a day and rollups after 30. */
export const cleanUp = internalMutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    const now = Date.now();
    const samples = await ctx.db
      .query("metric_samples")
      .withIndex("by_is_folded_at", (q) => q.eq("isFolded", true).lt("at", now - KEEP_SAMPLES_MS))
      .take(DELETE_BATCH);
    for (const { _id } of samples) await ctx.db.delete("metric_samples", _id);
    const rollups = await ctx.db
      .query("metric_rollups")
      .withIndex("by_minute", (q) => q.lt("minute", now - KEEP_ROLLUPS_MS))
      .take(DELETE_BATCH);
    for (const { _id } of rollups) await ctx.db.delete("metric_rollups", _id);
    if (samples.length === DELETE_BATCH || rollups.length === DELETE_BATCH) {
      await ctx.scheduler.runAfter(0, internal.monitoring.cleanUp, {});
    }
    return null;
  },
});
