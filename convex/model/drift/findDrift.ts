import {
  EMPTY_FINGERPRINT,
  mergeFingerprints,
  sameFingerprint,
  type Fingerprint,
} from "../../../src/engine";
import { internal } from "../../_generated/api";
import type { ActionCtx } from "../../_generated/server";
import { bucketOf, isUndated } from "../partitions";
import type { DayOfPartition, NotesPage, RecordsPage } from "./reads";

/** Where segments are not what the records come to. */
export interface Drift {
  /** UTC days, counted from 1970-01-01. */
  days: number[];
  undatedBuckets: string[];
  /** By how many records they differ, at least one a day. */
  recordCount: number;
  /** A segment cannot be read, or does not hold what is noted of it: everything has to be rebuilt. */
  isUnreadable: boolean;
}

/** What a partition comes to, by day; null is the day of those that are undated. */
type Days = Map<number | null, Fingerprint>;

/** Compares all segments with all records, in pages; looks into those alone that differ. */
export async function findDrift(ctx: ActionCtx, userId: string, epoch: number): Promise<Drift> {
  const expected = await loadRecords(ctx, userId);
  const notes = await loadNotes(ctx, userId, epoch);
  const drift: Drift = { days: [], undatedBuckets: [], recordCount: 0, isUnreadable: false };
  for (const partition of new Set([...expected.keys(), ...notes.keys()])) {
    const days: Days = expected.get(partition) ?? new Map<number | null, Fingerprint>();
    const noted = notes.get(partition) ?? null;
    if (noted !== null && sameFingerprint(noted, mergeFingerprints(days.values()))) continue;
    await compareDays(ctx, { userId, epoch, partition }, days, noted !== null, drift);
  }
  return drift;
}

async function compareDays(
  ctx: ActionCtx,
  segment: { userId: string; epoch: number; partition: string },
  expected: Days,
  isNoted: boolean,
  drift: Drift,
): Promise<void> {
  const stored: DayOfPartition[] | null = await ctx.runQuery(internal.drift.storedDays, segment);
  if (stored === null) {
    drift.isUnreadable = true;
    return;
  }
  const held: Days = new Map(stored.map(({ day, fingerprint }) => [day, fingerprint]));
  let isFound = false;
  for (const day of new Set([...expected.keys(), ...held.keys()])) {
    const [a, b] = [expected, held].map((days) => days.get(day) ?? EMPTY_FINGERPRINT);
    if (a === undefined || b === undefined || sameFingerprint(a, b)) continue;
    isFound = true;
    drift.recordCount += Math.max(1, Math.abs(a.count - b.count));
    if (day !== null) drift.days.push(day);
    else if (isUndated(segment.partition)) drift.undatedBuckets.push(bucketOf(segment.partition));
  }
  // The days are right, so what is noted is not.
  if (!isFound && isNoted) drift.isUnreadable = true;
}

async function loadRecords(ctx: ActionCtx, userId: string): Promise<Map<string, Days>> {
  const partitions = new Map<string, Days>();
  let cursor: string | null = null;
  for (let isDone = false; !isDone;) {
    const page: RecordsPage = await ctx.runQuery(internal.drift.records, { userId, cursor });
    for (const { partition, day, fingerprint } of page.days) {
      let days = partitions.get(partition);
      if (days === undefined) {
        partitions.set(partition, (days = new Map<number | null, Fingerprint>()));
      }
      // A day may go on on the next page.
      days.set(day, mergeFingerprints([days.get(day) ?? EMPTY_FINGERPRINT, fingerprint]));
    }
    ({ isDone, cursor } = page);
  }
  return partitions;
}

async function loadNotes(
  ctx: ActionCtx,
  userId: string,
  epoch: number,
): Promise<Map<string, Fingerprint | null>> {
  const notes = new Map<string, Fingerprint | null>();
  let cursor: string | null = null;
  for (let isDone = false; !isDone;) {
    const page: NotesPage = await ctx.runQuery(internal.drift.notes, { userId, epoch, cursor });
    for (const { partition, fingerprint } of page.notes) notes.set(partition, fingerprint);
    ({ isDone, cursor } = page);
  }
  return notes;
}
