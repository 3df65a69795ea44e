import type { MutationCtx } from "../_generated/server";
import type { Rollup, Sample } from "../metricValidators";
import { mergeRollups, rollupOf } from "./rollups";

const MINUTE_MS = 60_000;
/** Samples folded in one transaction. */
const FOLD_BATCH = 200;

type Writer = Pick<MutationCtx, "db">;

/** Notes a sample of telemetry: a row of its own, which nothing else writes. */
export async function addSample(ctx: Writer, sample: Sample): Promise<void> {
  await ctx.db.insert("metric_samples", { at: Date.now(), isFolded: false, sample });
}

/** Folds samples into the rollups of their minutes, each once; true where more are waiting. */
export async function foldSamples(ctx: Writer): Promise<boolean> {
  const rows = await ctx.db
    .query("metric_samples")
    .withIndex("by_is_folded_at", (q) => q.eq("isFolded", false))
    .take(FOLD_BATCH);
  const byMinute = new Map<number, Rollup[]>();
  for (const { _id, at, sample } of rows) {
    const minute = Math.floor(at / MINUTE_MS) * MINUTE_MS;
    byMinute.set(minute, [...(byMinute.get(minute) ?? []), rollupOf(sample)]);
    await ctx.db.patch("metric_samples", _id, { isFolded: true });
  }
  for (const [minute, rollups] of byMinute) await addToMinute(ctx, minute, rollups);
  return rows.length === FOLD_BATCH;
}

async function addToMinute(ctx: Writer, minute: number, rollups: readonly Rollup[]): Promise<void> {
  const existing = await ctx.db
    .query("metric_rollups")
    .withIndex("by_minute", (q) => q.eq("minute", minute))
    .unique();
  if (existing === null) {
    await ctx.db.insert("metric_rollups", { minute, ...mergeRollups(rollups) });
    return;
  }
  const { _id, _creationTime, minute: _minute, ...before } = existing;
  await ctx.db.patch("metric_rollups", _id, mergeRollups([before, ...rollups]));
}

/** What happened in the minutes that began in [from, to). */
export async function readWindow(ctx: Writer, from: number, to: number): Promise<Rollup> {
  const rows = await ctx.db
    .query("metric_rollups")
    .withIndex("by_minute", (q) => q.gte("minute", from).lt("minute", to))
    .take(Math.ceil((to - from) / MINUTE_MS) + 1);
  return mergeRollups(rows.map(({ _id, _creationTime, minute: _minute, ...rollup }) => rollup));
}
