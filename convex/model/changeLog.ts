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

  /** Writes the rows and sees to it that a recompute will come. */
  async flush(ctx: Pick<MutationCtx, "db" | "scheduler">): Promise<void> {
    for (const [userId, changes] of this.pending) {
      for (const [changeType, change] of changes) {
        await insertRows(ctx, userId, changeType, change);
      }
      await ensureRunScheduled(ctx, userId);
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
    });
  }
}
