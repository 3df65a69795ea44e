import { internal } from "../_generated/api";
import type { Doc } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../_generated/server";
import { undatedBucketOf, utcDayOf } from "./partitions";
import { ensureRunScheduled } from "./schedule";

type ChangeType = Doc<"data_change_log">["changeType"];

/** What the log needs to know of a record. */
type LoggedRecord = Pick<Doc<"watch_records">, "userId" | "recordKey" | "watchedAt">;

type RecordChange =
  | { operation: "insert"; oldDoc: null; newDoc: LoggedRecord }
  | { operation: "update"; oldDoc: LoggedRecord; newDoc: LoggedRecord }
  | { operation: "delete"; oldDoc: LoggedRecord; newDoc: null };

interface PendingChange {
  recordCount: number;
  days: Set<number>;
  undatedBuckets: Set<string>;
}

/** Days a log row names at most; a mutation that touches more writes several rows. */
const MAX_DAYS_PER_ROW = 4_000;
/** A change at rest is looked for this much later, so that what follows at once joins it. */
const WAKE_DELAY_MS = 100;
/** Rows merged in one transaction. */
const MERGE_BATCH = 500;
/** Rows that one run plans; more are merged first. */
export const MAX_PLANNED_ROWS = 100;

/**
 * Collects what one mutation does to watch records and writes it down as log rows before the
 * mutation commits: one row for each user and kind of change, however many records.
 */
export class ChangeCollector {
  private readonly pending = new Map<string, Map<ChangeType, PendingChange>>();

  /** Notes one change of one record. */
  note(change: RecordChange): void {
    const record = change.newDoc ?? change.oldDoc;
    const entry = this.entry(record.userId, change.operation);
    entry.recordCount += 1;
    for (const version of [change.oldDoc, change.newDoc]) {
      if (version === null) continue;
      if (version.watchedAt === null) entry.undatedBuckets.add(undatedBucketOf(version.recordKey));
      else entry.days.add(utcDayOf(version.watchedAt));
    }
  }

  /**
   * Writes the rows and makes sure that a recompute comes. Reads nothing that a run writes: an
   * import and its recompute never make each other start again.
   */
  async flush(ctx: WakingCtx): Promise<void> {
    for (const [userId, changes] of this.pending) {
      const wakesAt = await wake(ctx, userId);
      for (const [changeType, change] of changes) {
        await insertRows(ctx, userId, changeType, change, wakesAt);
      }
    }
    this.pending.clear();
  }

  private entry(userId: string, changeType: ChangeType): PendingChange {
    let changes = this.pending.get(userId);
    if (changes === undefined)
      this.pending.set(userId, (changes = new Map<ChangeType, PendingChange>()));
    let entry = changes.get(changeType);
    if (entry === undefined) {
      entry = { recordCount: 0, days: new Set(), undatedBuckets: new Set() };
      changes.set(changeType, entry);
    }
    return entry;
  }
}

type WakingCtx = Pick<MutationCtx, "db" | "scheduler" | "runQuery">;

/**
 * Schedules a look for changes, unless one or a run is coming anyway.
 *
 * @returns when the look comes that covers the change; undefined where a run covers it.
 */
async function wake(ctx: WakingCtx, userId: string): Promise<number | undefined> {
  const now = Date.now();
  const pending: { isRunComing: boolean; wakesAt: number | null } = await ctx.runQuery(
    internal.wakeups.pending,
    { userId, now },
    { useStaleSnapshot: true },
  );
  if (pending.isRunComing) return undefined;
  if (pending.wakesAt !== null) return pending.wakesAt;
  await ctx.scheduler.runAfter(WAKE_DELAY_MS, internal.recompute.wake, { userId });
  return now + WAKE_DELAY_MS;
}

/** Notes changes that were made past the log, as if it had seen them. */
export async function logDrift(
  ctx: Pick<MutationCtx, "db" | "scheduler">,
  userId: string,
  drift: { days: readonly number[]; undatedBuckets: readonly string[]; recordCount: number },
): Promise<void> {
  await insertRows(ctx, userId, "update", {
    recordCount: drift.recordCount,
    days: new Set(drift.days),
    undatedBuckets: new Set(drift.undatedBuckets),
  });
  await ensureRunScheduled(ctx, userId);
}

/** Whether changes of a user are not yet folded in: one indexed look. */
export async function hasWaitingChanges(
  ctx: Pick<QueryCtx, "db">,
  userId: string,
): Promise<boolean> {
  const waiting = await ctx.db
    .query("data_change_log")
    .withIndex("by_user_processed", (q) => q.eq("userId", userId).eq("processed", false))
    .first();
  return waiting !== null;
}

async function insertRows(
  ctx: Pick<MutationCtx, "db">,
  userId: string,
  changeType: ChangeType,
  change: PendingChange,
  wakesAt?: number,
): Promise<void> {
  const days = [...change.days].sort((a, b) => a - b);
  const changedAt = Date.now();
  for (let start = 0; start === 0 || start < days.length; start += MAX_DAYS_PER_ROW) {
    await ctx.db.insert("data_change_log", {
      userId,
      changeType,
      recordCount: start === 0 ? change.recordCount : 0,
      changedAt,
      processed: false,
      days: days.slice(start, start + MAX_DAYS_PER_ROW),
      undatedBuckets: start === 0 ? [...change.undatedBuckets].sort() : [],
      ...(wakesAt === undefined ? {} : { wakesAt }),
    });
  }
}

/**
 * Merges the oldest waiting rows of a backlog, so that a run folds in a few rows instead of
 * thousands. Of each kind of change the newest row stays and takes over what the others name: the
 * newest row of all tells browsers which change they have seen.
 *
 * @returns whether another call may merge more.
 */
export async function mergeBacklog(ctx: Pick<MutationCtx, "db">, userId: string): Promise<boolean> {
  const rows = await ctx.db
    .query("data_change_log")
    .withIndex("by_user_processed", (q) => q.eq("userId", userId).eq("processed", false))
    .take(MERGE_BATCH);
  if (rows.length <= MAX_PLANNED_ROWS) return false;
  let merged = 0;
  for (const changeType of ["insert", "update", "delete"] as const) {
    merged += await mergeRows(
      ctx,
      rows.filter((row) => row.changeType === changeType),
    );
  }
  return rows.length === MERGE_BATCH && merged > 0;
}

/** Merges rows into the last of them, as far as one row may name their days; how many went. */
async function mergeRows(
  ctx: Pick<MutationCtx, "db">,
  rows: readonly Doc<"data_change_log">[],
): Promise<number> {
  const last = rows.at(-1);
  if (last === undefined) return 0;
  const days = new Set(last.days);
  const undatedBuckets = new Set(last.undatedBuckets);
  let { recordCount, changedAt } = last;
  let merged = 0;
  for (const row of rows.slice(0, -1)) {
    const added = row.days.filter((day) => !days.has(day));
    if (days.size + added.length > MAX_DAYS_PER_ROW) continue;
    for (const day of added) days.add(day);
    for (const bucket of row.undatedBuckets) undatedBuckets.add(bucket);
    recordCount += row.recordCount;
    changedAt = Math.min(changedAt, row.changedAt);
    await ctx.db.delete("data_change_log", row._id);
    merged += 1;
  }
  if (merged === 0) return 0;
  await ctx.db.patch("data_change_log", last._id, {
    ...{ recordCount, changedAt },
    days: [...days].sort((a, b) => a - b),
    undatedBuckets: [...undatedBuckets].sort(),
  });
  return merged;
}
