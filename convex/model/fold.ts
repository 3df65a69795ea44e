import type { WatchRecord } from "../../src/engine";
import type { Doc } from "../_generated/dataModel";
import type { MutationCtx } from "../_generated/server";
import type { UserColumns } from "./columns";
import { hasHeadroom, type MeteredCtx } from "./headroom";
import { bucketOf, endOfMonth, monthOf, undatedBucketOf, undatedPartition } from "./partitions";
import type { FoldUnit, TimeRange } from "./partitions";
import { toEngineRecord } from "./records";

/** Records read between two looks at the transaction's headroom. */
const HEADROOM_INTERVAL = 250;
/** Sorts after every key of a bucket: keys are hexadecimal. */
const AFTER_HEX = "g";

export type FoldCtx = Pick<MutationCtx, "db"> & MeteredCtx;

/** Where a rebuild stands: dated records before `datedFrom` are done, then buckets in order. */
export interface RebuildCursor {
  datedFrom: number | null;
  undatedFrom: string | null;
}

export const REBUILD_START: RebuildCursor = { datedFrom: 0, undatedFrom: "" };

/**
 * Reads units again from the records and splices them into the columns, as many as the
 * transaction bears.
 *
 * @returns the units that are left, the first perhaps in part.
 */
export async function foldUnits(
  ctx: FoldCtx,
  userId: string,
  columns: UserColumns,
  units: readonly FoldUnit[],
): Promise<FoldUnit[]> {
  for (const [index, unit] of units.entries()) {
    if (index > 0 && !(await hasHeadroom(ctx))) return units.slice(index);
    const rest = await foldUnit(ctx, userId, columns, unit);
    if (rest !== null) return [rest, ...units.slice(index + 1)];
  }
  return [];
}

/**
 * Folds all records in order, from the cursor on, as many as the transaction bears.
 *
 * @returns where to go on, or null at the end.
 */
export async function foldEverything(
  ctx: FoldCtx,
  userId: string,
  columns: UserColumns,
  start: RebuildCursor,
): Promise<RebuildCursor | null> {
  let { datedFrom, undatedFrom } = start;
  for (let isFirst = true; isFirst || (await hasHeadroom(ctx)); isFirst = false) {
    if (datedFrom !== null) {
      datedFrom = await foldNextMonth(ctx, userId, columns, datedFrom);
    } else if (undatedFrom !== null) {
      undatedFrom = await foldNextBucket(ctx, userId, columns, undatedFrom);
    } else {
      return null;
    }
  }
  return { datedFrom, undatedFrom };
}

async function foldNextMonth(
  ctx: FoldCtx,
  userId: string,
  columns: UserColumns,
  datedFrom: number,
): Promise<number | null> {
  const next = await ctx.db
    .query("watch_records")
    .withIndex("by_user_watched_at_record_key", (q) =>
      q.eq("userId", userId).gte("watchedAt", datedFrom),
    )
    .first();
  if (next === null || next.watchedAt === null) return null;
  const to = endOfMonth(next.watchedAt);
  const unit = { partition: monthOf(next.watchedAt), range: { from: next.watchedAt, to } };
  const rest = await foldUnit(ctx, userId, columns, unit);
  return rest?.range?.from ?? to;
}

async function foldNextBucket(
  ctx: FoldCtx,
  userId: string,
  columns: UserColumns,
  undatedFrom: string,
): Promise<string | null> {
  const next = await ctx.db
    .query("watch_records")
    .withIndex("by_user_watched_at_record_key", (q) =>
      q.eq("userId", userId).eq("watchedAt", null).gte("recordKey", undatedFrom),
    )
    .first();
  if (next === null) return null;
  const bucket = undatedBucketOf(next.recordKey);
  await foldUnit(ctx, userId, columns, { partition: undatedPartition(bucket), range: null });
  return bucket + AFTER_HEX;
}

async function foldUnit(
  ctx: FoldCtx,
  userId: string,
  columns: UserColumns,
  unit: FoldUnit,
): Promise<FoldUnit | null> {
  const { partition, range } = unit;
  if (range === null) {
    await columns.splice(partition, null, await readBucket(ctx, userId, bucketOf(partition)));
    return null;
  }
  const { records, stoppedAt } = await readRange(ctx, userId, range);
  const to = stoppedAt ?? range.to;
  await columns.splice(partition, { from: range.from, to }, records);
  return stoppedAt === null ? null : { partition, range: { from: stoppedAt, to: range.to } };
}

async function readBucket(ctx: FoldCtx, userId: string, bucket: string): Promise<WatchRecord[]> {
  const records: WatchRecord[] = [];
  const documents = ctx.db.query("watch_records").withIndex("by_user_watched_at_record_key", (q) =>
    q
      .eq("userId", userId)
      .eq("watchedAt", null)
      .gte("recordKey", bucket)
      .lt("recordKey", bucket + AFTER_HEX),
  );
  for await (const document of documents) records.push(toEngineRecord(document));
  return records;
}

/** Reads a range until its end or, between two different times, until headroom runs out. */
async function readRange(ctx: FoldCtx, userId: string, range: TimeRange) {
  const records: WatchRecord[] = [];
  const documents = ctx.db
    .query("watch_records")
    .withIndex("by_user_watched_at_record_key", (q) =>
      q.eq("userId", userId).gte("watchedAt", range.from).lt("watchedAt", range.to),
    );
  let isFull = false;
  let previous: Doc<"watch_records">["watchedAt"] = null;
  for await (const document of documents) {
    const { watchedAt } = document;
    if (isFull && watchedAt !== previous) return { records, stoppedAt: watchedAt };
    records.push(toEngineRecord(document));
    previous = watchedAt;
    isFull ||= records.length % HEADROOM_INTERVAL === 0 && !(await hasHeadroom(ctx));
  }
  return { records, stoppedAt: null };
}
