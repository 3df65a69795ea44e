import { v, type Infer } from "convex/values";
import { AGGREGATION_TYPES, filterHash } from "../../../src/engine";
import type { Doc } from "../../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../../_generated/server";
import { aggregationTypeValidator, filtersValidator } from "../../validators";
import { hasWaitingChanges } from "../changeLog";
import { readState } from "../schedule";
import { timeZoneOf } from "../settings";
import { DEFAULT_FILTERS, findTracked } from "../trackedFilters";
import { requireUser } from "../users";
import { MAX_DIFFERENCES, momentValidator } from "./report";

/** What a check reads of the tables, and how a repair tidies them up. */

type Reader = Pick<QueryCtx, "db">;

/** Rows looked at where there should be one. */
const MAX_ROWS = 10;
/** Rows looked at where there should be none: a few megabytes. */
const MAX_UNTRACKED = MAX_DIFFERENCES;
/** Four times as many as there should be: surplus ones are to be seen. */
const MAX_TRACKED = 200;

const openedFilterValidator = v.object({ filterHash: v.string(), filters: filtersValidator });
export type OpenedFilter = Infer<typeof openedFilterValidator>;

export const openedValidator = v.object({
  moment: momentValidator,
  epoch: v.number(),
  timeZone: v.string(),
  /** Those that results are kept for: tracked, or of the six that always are. */
  filters: v.array(openedFilterValidator),
  /** Of those, the ones that are tracked twice. */
  duplicates: v.array(openedFilterValidator),
});
export type Opened = Infer<typeof openedValidator>;

export const storedRowValidator = v.object({
  aggregationType: aggregationTypeValidator,
  // To be compared: a damaged one must be reported, not refused here.
  data: v.any(),
  version: v.number(),
  asOf: v.string(),
  timeZone: v.string(),
});
export type StoredRow = Infer<typeof storedRowValidator>;

/**
 * What there is to compare, if the user is at rest: nothing waiting, nothing running.
 *
 * @throws NOT_FOUND
 */
export async function openCheck(ctx: Reader, userId: string): Promise<Opened | null> {
  const state = await readState(ctx, userId);
  if (state === null) await requireUser(ctx, userId);
  if (state?.phase !== "idle" || (await hasWaitingChanges(ctx, userId))) return null;
  const [tracked, timeZone] = await Promise.all([
    readTracked(ctx, userId),
    timeZoneOf(ctx, userId),
  ]);
  const byHash = new Map<string, OpenedFilter>();
  const duplicates: OpenedFilter[] = [];
  const behind = new Set<string>();
  for (const { filterHash: hash, filters, isBehind } of tracked) {
    // What is stored of it is known to be old, and not served as current.
    if (isBehind === true) behind.add(hash);
    if (byHash.has(hash)) duplicates.push({ filterHash: hash, filters });
    byHash.set(hash, { filterHash: hash, filters });
  }
  const { generation, lastRecomputedAt, epoch } = state;
  for (const filters of lastRecomputedAt === null ? [] : DEFAULT_FILTERS) {
    const hash = filterHash(filters);
    if (byHash.has(hash)) continue;
    byHash.set(hash, { filterHash: hash, filters: { ...filters, topics: [], channels: [] } });
  }
  return {
    moment: { generation, lastRecomputedAt },
    epoch,
    timeZone,
    filters: [...byHash.values()].filter(({ filterHash: hash }) => !behind.has(hash)),
    duplicates,
  };
}

/** The filters that are tracked, the surplus rows too, by hash. */
async function readTracked(ctx: Reader, userId: string): Promise<Doc<"tracked_filters">[]> {
  return await ctx.db
    .query("tracked_filters")
    .withIndex("by_user_filter_hash", (q) => q.eq("userId", userId))
    .take(MAX_TRACKED);
}

const DEFAULT_HASHES = new Set(DEFAULT_FILTERS.map(filterHash));

/** All rows of a filter's results, the surplus ones too; null where it is not tracked any more. */
export async function readRows(
  ctx: Reader,
  userId: string,
  hash: string,
): Promise<StoredRow[] | null> {
  const isTracked = DEFAULT_HASHES.has(hash) || (await findTracked(ctx, userId, hash)) !== null;
  if (!isTracked) return null;
  const documents = await Promise.all(
    AGGREGATION_TYPES.map((aggregationType) =>
      ctx.db
        .query("precomputed_aggregations")
        .withIndex("by_user_type", (q) =>
          q.eq("userId", userId).eq("aggregationType", aggregationType).eq("filterHash", hash),
        )
        .take(MAX_ROWS),
    ),
  );
  return documents.flat().map(({ aggregationType, data, version, metadata }) => {
    const { asOf, timeZone } = metadata;
    return { aggregationType, data, version, asOf, timeZone };
  });
}

/**
 * Results of filters that are not tracked, 100 at most. Looks between the hashes of those that are,
 * so that nothing is read where there are none.
 */
export async function findUntracked(
  ctx: Reader,
  userId: string,
): Promise<Doc<"precomputed_aggregations">[]> {
  const tracked = (await readTracked(ctx, userId)).map((filter) => filter.filterHash);
  const bounds = ["", ...[...new Set([...tracked, ...DEFAULT_HASHES])].sort(), null];
  const found: Doc<"precomputed_aggregations">[] = [];
  for (const aggregationType of AGGREGATION_TYPES) {
    for (let index = 0; index + 1 < bounds.length; index++) {
      const [above, below = null] = [bounds[index] ?? "", bounds[index + 1]];
      const rows = await ctx.db
        .query("precomputed_aggregations")
        .withIndex("by_user_type", (q) => {
          const ofType = q.eq("userId", userId).eq("aggregationType", aggregationType);
          const from = ofType.gt("filterHash", above);
          return below === null ? from : from.lt("filterHash", below);
        })
        .take(MAX_UNTRACKED - found.length);
      found.push(...rows);
      if (found.length === MAX_UNTRACKED) return found;
    }
  }
  return found;
}

/**
 * Deletes rows that a rebuild would leave: results of unknown filters, filters tracked twice.
 *
 * @returns whether some may be left.
 */
export async function deleteStrays(ctx: Pick<MutationCtx, "db">, userId: string): Promise<boolean> {
  const tracked = await readTracked(ctx, userId);
  const kept = new Set<string>();
  for (const { _id, filterHash: hash } of tracked) {
    if (kept.has(hash)) await ctx.db.delete("tracked_filters", _id);
    kept.add(hash);
  }
  const untracked = await findUntracked(ctx, userId);
  for (const { _id } of untracked) await ctx.db.delete("precomputed_aggregations", _id);
  return untracked.length === MAX_UNTRACKED;
}

/** Whether a user is still where a check began: at rest, and nothing computed since. */
export async function isStillAt(
  ctx: Reader,
  userId: string,
  moment: Opened["moment"],
): Promise<boolean> {
  const state = await readState(ctx, userId);
  const isSame =
    state?.phase === "idle" &&
    state.generation === moment.generation &&
    state.lastRecomputedAt === moment.lastRecomputedAt;
  return isSame && !(await hasWaitingChanges(ctx, userId));
}
