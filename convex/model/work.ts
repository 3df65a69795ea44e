import { v, type Infer } from "convex/values";
import type { Doc } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../_generated/server";
import { MAX_PLANNED_ROWS } from "./changeLog";
import { REBUILD_START } from "./fold";
import { DAY_MS, foldUnits } from "./partitions";
import { addSample } from "./samples";

/** Days that the log rows of one run may name: what is left waits for the next run. */
const MAX_DIRTY_DAYS = 4_000;
/** Records counted to see whether the log knows all there are; beyond, everything is read. */
const MAX_COUNTED_RECORDS = 4_000;
const MAX_COUNTED_BYTES = 4 * 2 ** 20;

/**
 * What a run is for: to fold in changes; to recompute all results from the stored segments,
 * whatever is noted of them; or to rebuild segments and results from the records.
 */
export const planValidator = v.union(
  v.literal("changes"),
  v.literal("refresh"),
  v.literal("rebuild"),
);
export type Plan = Infer<typeof planValidator>;

/**
 * What a run still has to do, handed from one of its transactions to the next. Nothing is lost
 * with it: the log rows stay unprocessed until the last transaction stores what they led to.
 */
export const workValidator = v.object({
  /** The segments being written; those of a rebuild come into force with its first results. */
  epoch: v.number(),
  /** Compares with the result documents themselves, not with the digests noted of them. */
  isVerifying: v.boolean(),
  /** Reads all records again, whatever the log says. */
  isRebuild: v.boolean(),
  /** More changes wait than one run takes on: the next run follows at once. */
  leavesChanges: v.boolean(),
  /** Share of its usual work that a transaction takes on: halved whenever one timed out. */
  scale: v.number(),
  /** Where the folding of everything stands; null once it is done, or not a rebuild. */
  rebuild: v.union(
    v.null(),
    v.object({
      datedFrom: v.union(v.number(), v.null()),
      undatedFrom: v.union(v.string(), v.null()),
    }),
  ),
  units: v.array(
    v.object({
      partition: v.string(),
      range: v.union(v.null(), v.object({ from: v.number(), to: v.number() })),
    }),
  ),
  logIds: v.array(v.id("data_change_log")),
  dirt: v.object({
    latestInstant: v.union(v.number(), v.null()),
    /** A run that older code has planned has none. */
    earliestInstant: v.optional(v.union(v.number(), v.null())),
    hasUndated: v.boolean(),
    hasAttributes: v.boolean(),
  }),
  /** Hashes of the filters this run has stored. */
  storedFilters: v.array(v.string()),
  /** What the run has cost so far. */
  cost: v.object({
    startedAt: v.number(),
    /** The first of the changes it takes up; null where none led to it. */
    oldestChangeAt: v.union(v.number(), v.null()),
    bytesRead: v.number(),
    bytesWritten: v.number(),
  }),
});

export type Work = Infer<typeof workValidator>;

type State = Doc<"aggregation_state">;

/**
 * What a run has to do: the user's oldest changes that are not yet folded in, as many as one run
 * takes on. Read in a query, so that writers of records never make a run begin again.
 *
 * @param startedAt when the run began, epoch milliseconds.
 */
export async function planWork(
  ctx: Pick<QueryCtx, "db">,
  state: State,
  plan: Plan,
  startedAt: number,
): Promise<Work> {
  const rows = await ctx.db
    .query("data_change_log")
    .withIndex("by_user_processed", (q) => q.eq("userId", state.userId).eq("processed", false))
    .take(MAX_PLANNED_ROWS + 1);
  const taken = takeWithinBounds(rows.slice(0, MAX_PLANNED_ROWS));
  const leavesChanges = taken.length < rows.length;
  const days = new Set(taken.flatMap((row) => row.days));
  const buckets = new Set(taken.flatMap((row) => row.undatedBuckets));
  const isFirst = state.epoch === 0;
  const isAsked = plan === "rebuild" || state.rebuildRequested;
  const isRebuild =
    isAsked || (isFirst && (leavesChanges || !(await isAllLogged(ctx, state.userId, taken))));
  const isVerifying = isRebuild || isFirst || plan === "refresh";
  return {
    epoch: isRebuild || isFirst ? state.generation : state.epoch,
    isVerifying,
    isRebuild,
    leavesChanges,
    scale: 1,
    rebuild: isRebuild ? REBUILD_START : null,
    units: isRebuild ? [] : foldUnits(days, buckets),
    logIds: taken.map((row) => row._id),
    dirt: {
      latestInstant: days.size === 0 ? null : (maxOf(days) + 1) * DAY_MS,
      earliestInstant: days.size === 0 ? null : minOf(days) * DAY_MS,
      hasUndated: buckets.size > 0,
      hasAttributes: isVerifying,
    },
    storedFilters: [],
    cost: {
      startedAt,
      oldestChangeAt: taken[0]?.changedAt ?? null,
      bytesRead: 0,
      bytesWritten: 0,
    },
  };
}

/**
 * Whether the changes in the log are all there ever was: then a first build need only fold their
 * days. Reading the whole history instead would read exactly where an import keeps writing. Records
 * that were there before this module are in no log, and make the counts differ.
 */
async function isAllLogged(
  ctx: Pick<QueryCtx, "db">,
  userId: string,
  rows: readonly Doc<"data_change_log">[],
): Promise<boolean> {
  const logged = rows.reduce((sum, { changeType, recordCount }) => {
    if (changeType === "update") return sum;
    return changeType === "insert" ? sum + recordCount : sum - recordCount;
  }, 0);
  if (rows.length === 0 || logged < 0 || logged > MAX_COUNTED_RECORDS) return false;
  const { page, isDone } = await ctx.db
    .query("watch_records")
    .withIndex("by_user_record_key", (q) => q.eq("userId", userId))
    .paginate({ cursor: null, numItems: logged + 1, maximumBytesRead: MAX_COUNTED_BYTES });
  return isDone && page.length === logged;
}

/** The work with the cost of the transaction at hand added. */
export async function addCost(ctx: Pick<MutationCtx, "meta">, work: Work): Promise<Work> {
  const { bytesRead, bytesWritten } = await ctx.meta.getTransactionMetrics();
  const { cost } = work;
  return {
    ...work,
    cost: {
      ...cost,
      bytesRead: cost.bytesRead + bytesRead.used,
      bytesWritten: cost.bytesWritten + bytesWritten.used,
    },
  };
}

/** Notes what a run that came to its end has cost. */
export async function noteCost(ctx: Pick<MutationCtx, "db">, { cost }: Work): Promise<void> {
  const now = Date.now();
  await addSample(ctx, {
    kind: "recompute",
    durationMs: now - cost.startedAt,
    lagMs: cost.oldestChangeAt === null ? null : now - cost.oldestChangeAt,
    bytesRead: cost.bytesRead,
    bytesWritten: cost.bytesWritten,
    hasFailed: false,
  });
}

/** Marks the log rows of a run processed, in the transaction that stores what they led to. */
export async function markProcessed(ctx: Pick<MutationCtx, "db">, work: Work): Promise<void> {
  for (const id of work.logIds) {
    const row = await ctx.db.get("data_change_log", id);
    if (row !== null && !row.processed) {
      await ctx.db.patch("data_change_log", id, { processed: true });
    }
  }
}

function takeWithinBounds(rows: Doc<"data_change_log">[]): Doc<"data_change_log">[] {
  const days = new Set<number>();
  const end = rows.findIndex((row, index) => {
    for (const day of row.days) days.add(day);
    return index > 0 && days.size > MAX_DIRTY_DAYS;
  });
  return end === -1 ? rows : rows.slice(0, end);
}

function minOf(values: Iterable<number>): number {
  let min = Infinity;
  for (const value of values) min = Math.min(min, value);
  return min;
}

function maxOf(values: Iterable<number>): number {
  let max = -Infinity;
  for (const value of values) max = Math.max(max, value);
  return max;
}
