import { v } from "convex/values";
import { refusal } from "./errors";
import { internal } from "./_generated/api";
import { internalQuery, type MutationCtx } from "./_generated/server";
import { internalMutation } from "./functions";
import { alertValidator, figureValidator, type Figure } from "./metricValidators";
import { closeAlert, listOpenAlerts, raiseAlert } from "./model/alerts";
import { changeFlag, describeKilled, PRECOMPUTED_FLAG, readFlags } from "./model/flags";
import { problemOf } from "./model/flagRules";
import { figuresOf, hasRecovered } from "./model/figures";
import { foldSamples, readWindow } from "./model/samples";
import { readThresholds, thresholdsProblem, type Thresholds } from "./model/thresholds";

/**
 * Looks at the figures every minute: folds telemetry, judges the last window against the limits,
 * opens and closes alerts, and kills the flag where a limit stays crossed. Too few samples say
 * nothing and change nothing.
 */

const MINUTE_MS = 60_000;
const WINDOW_MS = 5 * MINUTE_MS;
const LONG_WINDOW_MS = 60 * MINUTE_MS;
/** Somebody was there, but no page reported: telemetry is broken. */
const SILENCE_MS = 30 * MINUTE_MS;
/** A cron that runs every minute and was not seen for so long is dead. */
const DEAD_AFTER_MS = 5 * MINUTE_MS;
const MAX_QUEUE_DEPTH = 1_000;
const DELETE_BATCH = 500;
const KEEP_SAMPLES_MS = 86_400_000;
const KEEP_ROLLUPS_MS = 30 * 86_400_000;

/** The minute's look. */
export const tick = internalMutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    if (await foldSamples(ctx)) {
      await ctx.scheduler.runAfter(0, internal.monitoring.tick, {});
      return null;
    }
    const now = Date.now();
    const limits = await readThresholds(ctx);
    const figures = await currentFigures(ctx, limits, now);
    for (const figure of figures) await judgeFigure(ctx, figure, limits, now);
    await lookForNonsense(ctx, now);
    await lookForSilence(ctx, figures, now);
    await noteState(ctx, { evaluatedAt: now, figures, queueDepth: await countQueue(ctx) });
    return null;
  },
});

async function currentFigures(
  ctx: MutationCtx,
  limits: Thresholds,
  now: number,
): Promise<Figure[]> {
  const end = Math.floor(now / MINUTE_MS) * MINUTE_MS + MINUTE_MS;
  return figuresOf(
    {
      recent: await readWindow(ctx, end - WINDOW_MS, end),
      recentMs: WINDOW_MS,
      long: await readWindow(ctx, end - LONG_WINDOW_MS, end),
      longMs: LONG_WINDOW_MS,
    },
    limits,
  );
}

async function judgeFigure(
  ctx: MutationCtx,
  figure: Figure,
  limits: Thresholds,
  now: number,
): Promise<void> {
  const { metric, status } = figure;
  if (status === "breach") {
    const windows = await raiseAlert(ctx, metric, describe(figure), WINDOW_MS, now);
    if (windows >= limits.breachWindows && limits.killsOnBreach)
      await killFor(ctx, figure, windows);
  } else if (hasRecovered(figure)) {
    await closeAlert(ctx, metric, now);
  }
}

/** Off for everybody until a person revives it. */
async function killFor(ctx: MutationCtx, figure: Figure, windows: number): Promise<void> {
  const { metric, value, threshold, samples, windowMs } = figure;
  if (value === null || threshold === null) return;
  const [flag] = await readFlags(ctx, PRECOMPUTED_FLAG);
  // Nobody has begun to roll out, or it is over already.
  if (flag === undefined || flag.killed !== null) return;
  const why = `${describe(figure)}, ${windows} windows in a row`;
  await changeFlag(
    ctx,
    {
      key: PRECOMPUTED_FLAG,
      action: "flags:kill",
      actor: "monitoring:tick",
      why,
      decision: { metric, value, threshold, samples, windowMs },
    },
    "killed",
    { at: Date.now(), why },
    describeKilled,
  );
}

function describe({ metric, value, threshold, samples, windowMs }: Figure): string {
  const minutes = windowMs / MINUTE_MS;
  return `${metric} is ${value ?? "unknown"}, limit ${threshold ?? "none"}, of ${samples} samples in ${minutes} minutes`;
}

/** Settings that somebody's hand has left without sense. */
async function lookForNonsense(ctx: MutationCtx, now: number): Promise<void> {
  const [thresholds, second] = await ctx.db.query("thresholds").take(2);
  const rows = second === undefined ? null : "there are several rows of thresholds";
  const problems = {
    "flag-configuration": problemOf(await readFlags(ctx, PRECOMPUTED_FLAG)),
    "threshold-configuration":
      rows ?? (thresholds === undefined ? null : thresholdsProblem(thresholds)),
  };
  for (const [cause, problem] of Object.entries(problems)) {
    if (problem === null) await closeAlert(ctx, cause, now);
    else
      await raiseAlert(
        ctx,
        cause,
        `${problem}; until it is set right, it counts as off`,
        WINDOW_MS,
        now,
      );
  }
}

/** What should speak and does not: pages that somebody looks at, and the other cron. */
async function lookForSilence(
  ctx: MutationCtx,
  figures: readonly Figure[],
  now: number,
): Promise<void> {
  const seen = await ctx.db
    .query("aggregation_state")
    .withIndex("by_last_seen_at", (q) => q.gt("lastSeenAt", now - SILENCE_MS))
    .first();
  const { hits, misses, fallbacks, errors, off } = await readWindow(ctx, now - SILENCE_MS, now);
  const reads = hits + misses + fallbacks + errors + off;
  if (reads > 0) await closeAlert(ctx, "telemetry-silent", now);
  else if (seen !== null && seen.lastSeenAt < now - DEAD_AFTER_MS) {
    const message = `users were there in the last ${SILENCE_MS / MINUTE_MS} minutes, but no page reported`;
    await raiseAlert(ctx, "telemetry-silent", message, WINDOW_MS, now);
  }
  const [state] = await ctx.db.query("monitor_state").take(1);
  if (state === undefined || figures.length === 0) return;
  if (now - state.sweptAt <= DEAD_AFTER_MS) await closeAlert(ctx, "sweep-silent", now);
  else
    await raiseAlert(
      ctx,
      "sweep-silent",
      "the cron that takes over dead runs is silent",
      WINDOW_MS,
      now,
    );
}

/** Called by the other cron: each notices the other's death. */
export const watchMonitoring = internalMutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    const now = Date.now();
    const [state] = await ctx.db.query("monitor_state").take(1);
    await noteState(ctx, { sweptAt: now });
    if (state === undefined) return null;
    if (now - state.evaluatedAt <= DEAD_AFTER_MS) await closeAlert(ctx, "monitoring-silent", now);
    else
      await raiseAlert(
        ctx,
        "monitoring-silent",
        "the cron that looks at the figures is silent",
        WINDOW_MS,
        now,
      );
    return null;
  },
});

async function noteState(
  ctx: MutationCtx,
  changes: Partial<{ evaluatedAt: number; sweptAt: number; figures: Figure[]; queueDepth: number }>,
): Promise<void> {
  const [state] = await ctx.db.query("monitor_state").take(1);
  if (state !== undefined) {
    await ctx.db.patch("monitor_state", state._id, changes);
    return;
  }
  const now = Date.now();
  const fresh = { evaluatedAt: now, sweptAt: now, figures: [], queueDepth: 0 };
  await ctx.db.insert("monitor_state", { ...fresh, ...changes });
}

/** Users whose run is scheduled or at work. */
async function countQueue(ctx: MutationCtx): Promise<number> {
  const due = await ctx.db
    .query("aggregation_state")
    .withIndex("by_due_at", (q) => q.gt("dueAt", null))
    .take(MAX_QUEUE_DEPTH);
  return due.length;
}

const thresholdFields = {
  responseP95Ms: v.number(),
  errorRate: v.number(),
  consistency: v.number(),
  hitRate: v.number(),
  lagP95Ms: v.number(),
  minSamples: v.number(),
  breachWindows: v.number(),
  rollsBackUsers: v.boolean(),
  killsOnBreach: v.boolean(),
};

/** The figures of the last window, as the last minute's look has left them, and what is wrong. */
export const report = internalQuery({
  args: {},
  returns: v.object({
    /** When they were looked at; null where they never were: is the cron alive? */
    evaluatedAt: v.union(v.number(), v.null()),
    figures: v.array(figureValidator),
    /** Users whose recompute is scheduled or running; 1,000 stands for as many or more. */
    queueDepth: v.number(),
    alerts: v.array(alertValidator),
    thresholds: v.object(thresholdFields),
  }),
  handler: async (ctx) => {
    const [state] = await ctx.db.query("monitor_state").take(1);
    const alerts = await listOpenAlerts(ctx);
    return {
      evaluatedAt: state?.evaluatedAt ?? null,
      figures: state?.figures ?? [],
      queueDepth: state?.queueDepth ?? 0,
      alerts: alerts.map(({ _id, _creationTime, ...alert }) => alert),
      thresholds: await readThresholds(ctx),
    };
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
