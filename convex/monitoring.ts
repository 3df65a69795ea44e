import { v } from "convex/values";
import { refusal } from "./errors";
import { internal } from "./_generated/api";
import { internalAction, internalQuery, type MutationCtx } from "./_generated/server";
import { internalMutation } from "./functions";
import { listOpenAlerts } from "./model/alerts";
import { activityOf, figuresOf } from "./model/figures";
import { PRECOMPUTED_FLAG, readFlags } from "./model/flags";
import { readHealth } from "./model/health";
import { judgeFigure } from "./model/judgement";
import { beat, keepShown, readHeartbeat, readShown } from "./model/monitorState";
import { prometheusText } from "./model/prometheus";
import { countReads, mergeRollups } from "./model/rollups";
import { foldSamples, readComparisons, readMinutes } from "./model/samples";
import {
  checkSettings,
  lookForSilence,
  noteTick,
  observe as observeSilence,
  observedValidator,
  type Observed,
} from "./model/silence";
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
const DELETE_BATCH = 500;
const KEEP_SAMPLES_MS = 86_400_000;
const KEEP_ROLLUPS_MS = 30 * 86_400_000;

/**
 * The minute's look. An action, as a cron's action needs no place among the scheduled functions,
 * however many batches of samples there are to fold.
 */
export const tick = internalAction({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    const now = Date.now();
    let isMoreWaiting = true;
    while (isMoreWaiting) isMoreWaiting = await ctx.runMutation(internal.monitoring.look, { now });
    return null;
  },
});

/** Folds samples; after the last batch, looks at the figures. True while more samples wait. */
export const look = internalMutation({
  args: { now: v.number() },
  returns: v.boolean(),
  handler: async (ctx, { now }) => {
    if (await foldSamples(ctx, now)) return true;
    await lookAtFigures(ctx, now);
    return false;
  },
});

/**
 * Reads in its own transaction only what `monitoring` or operators write. All that users' and jobs'
 * transactions write is observed in a snapshot: otherwise a look would rarely commit while there is
 * anything to look at.
 */
async function lookAtFigures(ctx: MutationCtx, now: number): Promise<void> {
  const limits = await checkSettings(ctx, now);
  // Whole minutes, and the one that has begun.
  const minute = Math.floor(now / MINUTE_MS) * MINUTE_MS;
  const lately = await readMinutes(ctx, minute - WINDOW_MS, minute + MINUTE_MS);
  const compared = await readComparisons(ctx, minute - LONG_WINDOW_MS, minute + MINUTE_MS);
  const [recent, long] = [mergeRollups(lately), mergeRollups(compared)];
  const figures = figuresOf({ recent, recentMs: WINDOW_MS, long, longMs: LONG_WINDOW_MS }, limits);
  for (const figure of figures) await judgeFigure(ctx, figure, limits, now);
  const { expectsTelemetry } = limits;
  const observed: Observed = await ctx.runQuery(
    internal.monitoring.observe,
    { now, isSilent: expectsTelemetry && countReads(recent) === 0 },
    { useStaleSnapshot: true },
  );
  await lookForSilence(ctx, observed, { expectsTelemetry, recent, now });
  const { queueDepth } = observed;
  const before = await readHeartbeat(ctx, "tick");
  const isQuiet = lately.length + compared.length + queueDepth === 0;
  if (!isQuiet || before?.isQuiet !== true) {
    await keepShown(ctx, { figures, activity: activityOf(recent), queueDepth });
  }
  await noteTick(ctx, before, { now, isQuiet });
}

/** What the look at the figures needs of tables that users' transactions write. */
export const observe = internalQuery({
  args: { now: v.number(), isSilent: v.boolean() },
  returns: observedValidator,
  handler: async (ctx, args) => await observeSilence(ctx, args),
});

/** When a cron was last alive. */
export const lastSeen = internalQuery({
  args: { cron: v.union(v.literal("tick"), v.literal("watch")) },
  returns: v.union(v.number(), v.null()),
  handler: async (ctx, { cron }) => (await readHeartbeat(ctx, cron))?.at ?? null,
});

/** The figures of the last window, as the last look has left them, and what is wrong. */
export const report = internalQuery({
  args: {},
  returns: reportValidator,
  handler: async (ctx) => await readReport(ctx),
});

/** What `GET /health` answers. `now` comes in: a query has no clock. */
export const health = internalQuery({
  args: { now: v.number() },
  returns: v.object({
    status: v.union(v.literal("ok"), v.literal("starting"), v.literal("failing")),
    alerts: v.array(v.string()),
    evaluatedAt: v.union(v.number(), v.null()),
  }),
  handler: async (ctx, { now }) => await readHealth(ctx, now),
});

/** What `GET /metrics` answers. */
export const metrics = internalQuery({
  args: {},
  returns: v.string(),
  handler: async (ctx) => {
    const [totals = null] = await ctx.db.query("metric_totals").take(1);
    const state = await readShown(ctx);
    const heartbeat = await readHeartbeat(ctx, "tick");
    const alerts = await listOpenAlerts(ctx);
    const [flag] = await readFlags(ctx, PRECOMPUTED_FLAG);
    return prometheusText({
      totals,
      figures: state?.figures ?? [],
      queueDepth: state?.queueDepth ?? 0,
      evaluatedAt: heartbeat?.at ?? null,
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
    // Figures are shown with their limits: the next look writes them, even where nothing happens.
    const heartbeat = await readHeartbeat(ctx, "tick");
    if (heartbeat !== null) await beat(ctx, heartbeat, { ...heartbeat, isQuiet: false });
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
