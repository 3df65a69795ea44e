import { canonicalizeFilters, filterHash, TIMEFRAMES, type FilterOptions } from "../../src/engine";
import type { Doc } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../_generated/server";

/** Filters kept beyond the six defaults. */
export const MAX_KEPT_FILTERS = 10;
/** More rows than the rules allow: what older releases kept, or somebody's hand added. */
const MAX_ROWS = 100;
const DAY_MS = 86_400_000;
/** `lastRequestedAt` is only as fine as this, so that asking again rarely writes. */
const TOUCH_INTERVAL_MS = DAY_MS;
/** What was asked for within a day is in use: its time is at most this long ago. */
const IN_USE_MS = TOUCH_INTERVAL_MS + DAY_MS;

type TrackedFilter = Doc<"tracked_filters">;
type Writer = Pick<MutationCtx, "db">;

/** The filters every user's results are kept for. */
export const DEFAULT_FILTERS: readonly FilterOptions[] = TIMEFRAMES.map((timeframe) => ({
  timeframe,
  product: "All",
  topics: [],
  channels: [],
}));
const DEFAULT_HASHES = new Set(DEFAULT_FILTERS.map(filterHash));

export async function findTracked(
  ctx: Pick<QueryCtx, "db">,
  userId: string,
  hash: string,
): Promise<TrackedFilter | null> {
  return await ctx.db
    .query("tracked_filters")
    .withIndex("by_user_filter_hash", (q) => q.eq("userId", userId).eq("filterHash", hash))
    // Not `unique`: a row that somebody's hand doubled is found by validation.
    .first();
}

/** All filters results are kept for, the six defaults among them. */
export async function ensureTrackedFilters(ctx: Writer, userId: string): Promise<TrackedFilter[]> {
  const tracked = await listTracked(ctx, userId);
  const hashes = new Set(tracked.map((filter) => filter.filterHash));
  const missing = DEFAULT_FILTERS.filter((filters) => !hashes.has(filterHash(filters)));
  for (const filters of missing) await insertTracked(ctx, userId, filters);
  return missing.length === 0 ? tracked : await listTracked(ctx, userId);
}

/** Renews the time of a filter that was just asked for; null where it is not kept. */
export async function touchTracked(
  ctx: Writer,
  userId: string,
  filters: FilterOptions,
): Promise<TrackedFilter | null> {
  const existing = await findTracked(ctx, userId, filterHash(filters));
  if (existing === null) return null;
  const now = Date.now();
  if (now - existing.lastRequestedAt > TOUCH_INTERVAL_MS) {
    await ctx.db.patch("tracked_filters", existing._id, { lastRequestedAt: now });
  }
  return existing;
}

/**
 * Keeps a filter's results up to date from now on, in the place of one that nobody has asked for
 * lately where there are as many as may be.
 *
 * @returns null where all of those are in use.
 */
export async function keepFilter(
  ctx: Writer,
  userId: string,
  filters: FilterOptions,
): Promise<TrackedFilter | null> {
  const existing = await touchTracked(ctx, userId, filters);
  if (existing !== null) return existing;
  const kept = (await listTracked(ctx, userId)).filter((filter) => !filter.isDefault);
  const isDefault = DEFAULT_HASHES.has(filterHash(filters));
  if (!isDefault && kept.length >= MAX_KEPT_FILTERS) {
    const oldest = kept.reduce((a, b) => (b.lastRequestedAt < a.lastRequestedAt ? b : a));
    if (Date.now() - oldest.lastRequestedAt <= IN_USE_MS) return null;
    await dropTracked(ctx, oldest);
  }
  return await insertTracked(ctx, userId, filters);
}

/** Stops tracking a filter: its row and its results go together. */
export async function dropTracked(ctx: Writer, tracked: TrackedFilter): Promise<void> {
  const stored = tracked.stored?.results ?? [];
  const results = await Promise.all(
    stored.map(({ documentId }) => ctx.db.get("precomputed_aggregations", documentId)),
  );
  for (const result of results) {
    if (result !== null) await ctx.db.delete("precomputed_aggregations", result._id);
  }
  await ctx.db.delete("tracked_filters", tracked._id);
}

/** All rows there are, whatever they are. */
export async function listTracked(
  ctx: Pick<QueryCtx, "db">,
  userId: string,
): Promise<TrackedFilter[]> {
  return await ctx.db
    .query("tracked_filters")
    .withIndex("by_user_filter_hash", (q) => q.eq("userId", userId))
    .take(MAX_ROWS);
}

async function insertTracked(
  ctx: Writer,
  userId: string,
  filters: FilterOptions,
): Promise<TrackedFilter> {
  const { timeframe, product, topics, channels } = canonicalizeFilters(filters);
  const hash = filterHash(filters);
  const id = await ctx.db.insert("tracked_filters", {
    userId,
    filterHash: hash,
    filters: { timeframe, product, topics: [...topics], channels: [...channels] },
    isDefault: DEFAULT_HASHES.has(hash),
    lastRequestedAt: Date.now(),
    stored: null,
  });
  const inserted = await ctx.db.get("tracked_filters", id);
  if (inserted === null) throw new Error("tracked_filters: a row just inserted is missing");
  return inserted;
}
