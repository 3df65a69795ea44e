import { v, type Infer } from "convex/values";
import {
  CorruptColumnsError,
  fingerprintSegment,
  FingerprintTable,
  HistoryDictionary,
} from "../../../src/engine";
import type { QueryCtx } from "../../_generated/server";
import { fingerprintValidator } from "../../validators";
import { joinParts, readDictionary } from "../columns";
import { readPage } from "../page";
import { DAY_MS, endOfMonth, isUndated, partitionOf, utcDayOf } from "../partitions";
import { toEngineRecord } from "../records";

/** What a comparison of records with segments reads: each query returns a few numbers only. */

type Reader = Pick<QueryCtx, "db">;

/** Records of one page: some 2 MB read, of the longest ones more. */
const PAGE_RECORDS = 4_000;
const MAX_PAGE_BYTES = 4 * 2 ** 20;
const MAX_SEGMENTS = 200;
const MAX_PARTS = 100;

const pageFields = { isDone: v.boolean(), cursor: v.string() };

/** Records of a partition by UTC day; the day is null where they are undated. */
const dayValidator = v.object({
  partition: v.string(),
  day: v.union(v.number(), v.null()),
  fingerprint: fingerprintValidator,
});
export type DayOfPartition = Infer<typeof dayValidator>;

export const recordsPageValidator = v.object({ days: v.array(dayValidator), ...pageFields });
export type RecordsPage = Infer<typeof recordsPageValidator>;

/** A page of the records themselves, in order of time. */
export async function readRecords(
  ctx: Reader,
  userId: string,
  cursor: string | null,
): Promise<RecordsPage> {
  const records = ctx.db
    .query("watch_records")
    .withIndex("by_user_watched_at_record_key", (q) => q.eq("userId", userId));
  const options = { cursor, numItems: PAGE_RECORDS, maximumBytesRead: MAX_PAGE_BYTES };
  const { page, isDone, continueCursor } = await readPage(records, options);
  const table = new FingerprintTable<string>();
  const places = new Map<string, Pick<DayOfPartition, "partition" | "day">>();
  for (const document of page) {
    const { watchedAt, recordKey } = document;
    const partition = partitionOf(watchedAt, recordKey);
    const day = watchedAt === null ? null : utcDayOf(watchedAt);
    const key = day === null ? partition : String(day);
    places.set(key, { partition, day });
    table.add(key, toEngineRecord(document));
  }
  const days = [...places].map(([key, place]) => ({ ...place, fingerprint: table.get(key) }));
  return { days, isDone, cursor: continueCursor };
}

export const notesPageValidator = v.object({
  notes: v.array(
    v.object({ partition: v.string(), fingerprint: v.union(fingerprintValidator, v.null()) }),
  ),
  ...pageFields,
});
export type NotesPage = Infer<typeof notesPageValidator>;

/** A page of what is noted with the segments; null where a segment is older than fingerprints. */
export async function readNotes(
  ctx: Reader,
  userId: string,
  epoch: number,
  cursor: string | null,
): Promise<NotesPage> {
  const segments = ctx.db
    .query("watch_segments")
    .withIndex("by_user_epoch_partition_part", (q) => q.eq("userId", userId).eq("epoch", epoch));
  const options = { cursor, numItems: MAX_SEGMENTS, maximumBytesRead: MAX_PAGE_BYTES };
  const { page, isDone, continueCursor } = await readPage(segments, options);
  const notes = page
    .filter(({ part }) => part === 0)
    .map(({ partition, fingerprint = null }) => ({ partition, fingerprint }));
  return { notes, isDone, cursor: continueCursor };
}

export const storedDaysValidator = v.union(v.null(), v.array(dayValidator));

/**
 * What a segment's bytes hold, day by day; null where they cannot be read, or hold days of another
 * month: those no fold of this month would ever take away.
 */
export async function readStoredDays(
  ctx: Reader,
  userId: string,
  epoch: number,
  partition: string,
): Promise<DayOfPartition[] | null> {
  const parts = await ctx.db
    .query("watch_segments")
    .withIndex("by_user_epoch_partition_part", (q) =>
      q.eq("userId", userId).eq("epoch", epoch).eq("partition", partition),
    )
    .take(MAX_PARTS);
  if (parts.length === 0) return [];
  const documents = await readDictionary(ctx, userId, epoch);
  try {
    const dictionary = HistoryDictionary.decode(
      documents.map(({ bytes }) => new Uint8Array(bytes)),
    );
    const { total, days } = fingerprintSegment(joinParts(parts), dictionary);
    if (isUndated(partition)) return [{ partition, day: null, fingerprint: total }];
    if (days.size === 0 || ![...days.keys()].every((day) => isOfMonth(day, partition))) return null;
    return [...days].map(([day, fingerprint]) => ({ partition, day, fingerprint }));
  } catch (error) {
    if (error instanceof CorruptColumnsError) return null;
    throw error;
  }
}

function isOfMonth(day: number, month: string): boolean {
  const first = Date.parse(month);
  return day * DAY_MS >= first && day * DAY_MS < endOfMonth(first);
}
