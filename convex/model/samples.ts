import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { MutationCtx, QueryCtx } from "../_generated/server";
import { refusal } from "../errors";
import type { ReadSample, Rollup, Sample } from "../metricValidators";
import { mergeRollups, rollupOf } from "./rollups";

const MINUTE_MS = 60_000;
/** Samples folded in one transaction. */
const FOLD_BATCH = 200;
/** Younger samples are left alone: what is being written meanwhile never makes a fold start over. */
const SETTLE_MS = 5_000;
/** Reports of one user within a minute: some tabs and devices. */
const MAX_REPORTS_A_MINUTE = 10;
const REPORTER_CHARACTERS = 16;

type Writer = Pick<MutationCtx, "db">;

/** Notes a sample of the server's own: a row that nothing else writes. */
export async function addSample(ctx: Writer, sample: Sample): Promise<void> {
  await ctx.db.insert("metric_samples", {
    at: Date.now(),
    isFolded: false,
    reporter: null,
    sample,
  });
}

/**
 * Notes what a page reports. Reads nothing but the same user's latest reports, so that users never
 * wait for each other.
 *
 * @throws RATE_LIMITED where the user reported too much within a minute: one alone cannot drown out
 *   the others.
 */
export async function addReport(ctx: Writer, userId: string, reads: ReadSample[]): Promise<void> {
  const reporter = reporterOf(userId);
  const now = Date.now();
  const earlier = await ctx.db
    .query("metric_samples")
    .withIndex("by_reporter_at", (q) => q.eq("reporter", reporter).gt("at", now - MINUTE_MS))
    .take(MAX_REPORTS_A_MINUTE);
  const oldest = earlier[0];
  if (oldest !== undefined && earlier.length === MAX_REPORTS_A_MINUTE) {
    const retryAfterMs = oldest.at + MINUTE_MS - now;
    throw refusal(
      "RATE_LIMITED",
      `Nothing was noted: at most ${MAX_REPORTS_A_MINUTE} reports a minute; try again in ${retryAfterMs} ms.`,
      { retryAfterMs },
    );
  }
  const sample = { kind: "reads" as const, reads };
  await ctx.db.insert("metric_samples", { at: now, isFolded: false, reporter, sample });
}

/** Tells users apart without naming them. */
export function reporterOf(userId: string): string {
  return bytesToHex(sha256(utf8ToBytes(`reporter:${userId}`))).slice(0, REPORTER_CHARACTERS);
}

/** Folds samples into the rollups of their minutes, each once; true where more are waiting. */
export async function foldSamples(ctx: Writer, now: number): Promise<boolean> {
  const rows = await ctx.db
    .query("metric_samples")
    .withIndex("by_is_folded_at", (q) => q.eq("isFolded", false).lt("at", now - SETTLE_MS))
    .take(FOLD_BATCH);
  const byMinute = new Map<number, Rollup[]>();
  for (const { _id, at, sample } of rows) {
    const minute = Math.floor(at / MINUTE_MS) * MINUTE_MS;
    byMinute.set(minute, [...(byMinute.get(minute) ?? []), rollupOf(sample)]);
    await ctx.db.patch("metric_samples", _id, { isFolded: true });
  }
  for (const [minute, rollups] of byMinute) await addToMinute(ctx, minute, rollups);
  if (rows.length > 0) await addToTotals(ctx, [...byMinute.values()].flat());
  return rows.length === FOLD_BATCH;
}

async function addToMinute(ctx: Writer, minute: number, rollups: readonly Rollup[]): Promise<void> {
  const existing = await ctx.db
    .query("metric_rollups")
    .withIndex("by_minute", (q) => q.eq("minute", minute))
    .unique();
  const merged = mergeRollups(existing === null ? rollups : [existing, ...rollups]);
  const row = { minute, hasComparisons: merged.compared > 0, ...merged };
  if (existing === null) await ctx.db.insert("metric_rollups", row);
  else await ctx.db.replace("metric_rollups", existing._id, row);
}

async function addToTotals(ctx: Writer, rollups: readonly Rollup[]): Promise<void> {
  const [totals] = await ctx.db.query("metric_totals").take(1);
  if (totals === undefined) {
    await ctx.db.insert("metric_totals", mergeRollups(rollups));
    return;
  }
  const { _id, _creationTime, ...before } = totals;
  await ctx.db.patch("metric_totals", _id, mergeRollups([before, ...rollups]));
}

/** The minutes that began in [from, to), oldest first, those in which there was anything. */
export async function readMinutes(
  ctx: Pick<QueryCtx, "db">,
  from: number,
  to: number,
): Promise<(Rollup & { minute: number })[]> {
  return await ctx.db
    .query("metric_rollups")
    .withIndex("by_minute", (q) => q.gte("minute", from).lt("minute", to))
    .take(Math.ceil((to - from) / MINUTE_MS) + 1);
}

/** The same, of the minutes in which results were compared with the records. */
export async function readComparisons(
  ctx: Pick<QueryCtx, "db">,
  from: number,
  to: number,
): Promise<Rollup[]> {
  return await ctx.db
    .query("metric_rollups")
    .withIndex("by_has_comparisons_minute", (q) =>
      q.eq("hasComparisons", true).gte("minute", from).lt("minute", to),
    )
    .take(Math.ceil((to - from) / MINUTE_MS) + 1);
}
