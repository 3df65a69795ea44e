import {
  aggregateHistory,
  channelAttributes,
  channelAttributesChanged,
  dayOf,
  influenceStart,
  prepareHistory,
  type PreparedHistory,
  type TimeframeFilter,
} from "../../src/engine";
import type { Doc } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../_generated/server";
import { cutIntoParts, joinParts, sameBytes, toArrayBuffer, type UserColumns } from "./columns";
import { monthOf } from "./partitions";
import { readPointer } from "./pointer";
import { isCurrent, isUpToDate, storeResults } from "./results";
import { localDayAt, timeZoneOf, type LocalDay } from "./settings";
import type { Work } from "./work";

/**
 * Record scans one transaction may spend on filters: four unrestricted filters over 500,000
 * records. Cold, with nothing compiled yet, such a transaction stays well below the second that
 * Convex allows: see the bench.
 */
const MAX_SCANNED_RECORDS = 2_000_000;
/** Parts of one user's channel attributes: room for a million channels. */
const MAX_ATTRIBUTE_PARTS = 100;
/** Bounds what one transaction writes: some 70 kB a filter. */
const MAX_FILTERS = 24;

/** A week, and the day that `lastRequestedAt` may lag. */
const UNREAD_MS = 8 * 86_400_000;

type Writer = Pick<MutationCtx, "db">;
type TrackedFilter = Doc<"tracked_filters">;

/** One snapshot of a user's history, ready to be aggregated for a local day. */
export interface Snapshot {
  prepared: PreparedHistory;
  recordCount: number;
  /** What its segments and dictionary come to. */
  bytes: number;
  day: LocalDay;
}

/** What changed since the results in store were computed. */
export interface Dirt {
  /** No change lies at or after this instant; null where no dated record changed. */
  latestInstant: number | null;
  hasUndated: boolean;
  /** First watch or URL of a channel changed: every result may show it. */
  hasAttributes: boolean;
}

/** What a run knows before it reads a history. */
interface Known {
  tracked: readonly TrackedFilter[];
  /** The channel attributes in store; null where they are of another epoch. */
  attributes: Uint8Array | null;
}

export async function takeSnapshot(
  ctx: Writer,
  userId: string,
  columns: UserColumns,
  work: Work,
  known: Known,
): Promise<Snapshot> {
  const day = localDayAt(Date.now(), await timeZoneOf(ctx, userId));
  const pointer = await readPointer(ctx, userId);
  const canMerge = !work.isVerifying && !columns.hasLostWatches && pointer.day === day.asOf;
  const part = canMerge ? endOfHistory(known, day, work) : null;
  const { history, ...read } = await columns.loadHistory(part ?? undefined);
  const { recordCount, bytes } = part === null ? read : pointer;
  return { prepared: prepareHistory(history, day), recordCount, bytes, day };
}

/**
 * The end of a history that does for a run: what the filters that somebody shows count, and all
 * that changed. A channel's first watch and smallest URL are the least of all rows. Where no watch
 * went since the attributes in store were taken, the lesser of those and of the changed rows are
 * therefore the attributes of the whole history.
 *
 * @returns null where only the whole history will do.
 */
function endOfHistory({ tracked, attributes }: Known, day: LocalDay, work: Work) {
  const { earliestInstant, hasUndated } = work.dirt;
  // Changes that are left to the next run may be in the segments already: of a run that failed.
  if (attributes === null || earliestInstant === undefined || hasUndated || work.leavesChanges) {
    return null;
  }
  const now = Date.now();
  const starts = tracked
    .filter((filter) => isShownLately(filter, day, now))
    .map(({ filters }) => earliestInfluence(filters.timeframe, day));
  const from = Math.min(now, earliestInstant ?? now, ...starts);
  return from === -Infinity ? null : { from: monthOf(from), attributes, maxBytes: Infinity };
}

/** The filters whose stored results may differ from what the snapshot yields. */
export function outdatedFilters(
  tracked: readonly TrackedFilter[],
  day: LocalDay,
  dirt: Dirt,
): TrackedFilter[] {
  return tracked.filter((filter) => {
    if (dirt.hasAttributes || !isUpToDate(filter, day)) return true;
    const start = earliestInfluence(filter.filters.timeframe, day);
    // Records without a time count where everything does.
    if (dirt.hasUndated && start === -Infinity) return true;
    return dirt.latestInstant !== null && dirt.latestInstant > start;
  });
}

/** The earliest instant at which a change may alter results of a timeframe; -Infinity for any. */
function earliestInfluence(timeframe: TimeframeFilter, { asOf, timeZone }: LocalDay): number {
  // An interval that has ended shows channel attributes of its last day. They can change when
  // today's, which `Dirt` tells of, do not.
  const hasEnded = dayOf(timeframe, asOf) < asOf;
  return hasEnded ? -Infinity : influenceStart(timeframe, asOf, timeZone);
}

/**
 * Whether results are worth refreshing after a change. A default that nobody has shown for a week is
 * not: the query computes it, until somebody shows it again or the day turns.
 */
export function isShownLately(filter: TrackedFilter, day: LocalDay, now: number): boolean {
  const isRead = !filter.isDefault || now - filter.lastRequestedAt < UNREAD_MS;
  return isRead || !isCurrent(filter, day);
}

/** Notes of stored results that they lack a change. */
export async function leaveBehind(ctx: Writer, filters: readonly TrackedFilter[]): Promise<void> {
  for (const { _id, isBehind } of filters) {
    if (isBehind !== true) await ctx.db.patch("tracked_filters", _id, { isBehind: true });
  }
}

/**
 * How many of the filters one transaction computes.
 *
 * @param scale share of the usual work, above 0 to 1.
 */
export function filtersPerTransaction(recordCount: number, scale = 1): number {
  const affordable = Math.floor((MAX_SCANNED_RECORDS * scale) / Math.max(recordCount, 1));
  return Math.max(1, Math.min(affordable, Math.floor(MAX_FILTERS * scale)));
}

/**
 * Computes and stores the ten results of each filter from one snapshot.
 *
 * @param isVerifying whether to compare with the documents in store, whatever was noted of them.
 */
export async function computeFilters(
  ctx: Writer,
  filters: readonly TrackedFilter[],
  snapshot: Snapshot,
  isVerifying = false,
): Promise<void> {
  const results = aggregateHistory(
    snapshot.prepared,
    filters.map((tracked) => tracked.filters),
  );
  const context = {
    day: snapshot.day,
    recordCount: snapshot.recordCount,
    computedAt: Date.now(),
    isVerifying,
  };
  for (const [index, tracked] of filters.entries()) {
    await storeResults(ctx, tracked, results[index] ?? {}, context);
  }
}

/** How the channel attributes of a snapshot compare with those the stored results show. */
export interface AttributeChange {
  /** Results of days that did not change may show it. */
  reachesAll: boolean;
  /** Remembers the snapshot's attributes; to be called when all results reflect them. */
  store: () => Promise<void>;
}

/** @param stored the rows there are, of whatever epoch. */
export function compareAttributes(
  ctx: Writer,
  owner: { userId: string; epoch: number },
  stored: readonly Doc<"channel_attributes">[],
  snapshot: Snapshot,
): AttributeChange {
  const attributes = channelAttributes(snapshot.prepared);
  const before = attributesIn(stored, owner.epoch);
  const store = async () => {
    if (before !== null && sameBytes(before, attributes)) return;
    await storeAttributes(ctx, owner, attributes, stored);
  };
  return { reachesAll: before === null || channelAttributesChanged(before, attributes), store };
}

/** The channel attributes that the last run stored; null where they are of another epoch. */
export async function readChannelAttributes(
  ctx: Pick<QueryCtx, "db">,
  userId: string,
  epoch: number,
): Promise<Uint8Array | null> {
  return attributesIn(await attributeParts(ctx, userId), epoch);
}

/** Where those in store may tell of watches that do not count any more. */
export async function dropAttributes(ctx: Writer, userId: string): Promise<void> {
  for (const { _id } of await attributeParts(ctx, userId)) {
    await ctx.db.delete("channel_attributes", _id);
  }
}

export async function attributeParts(ctx: Pick<QueryCtx, "db">, userId: string) {
  return await ctx.db
    .query("channel_attributes")
    .withIndex("by_user_part", (q) => q.eq("userId", userId))
    .take(MAX_ATTRIBUTE_PARTS);
}

/** What they hold together; null where they are of another epoch. */
export function attributesIn(
  stored: readonly Doc<"channel_attributes">[],
  epoch: number,
): Uint8Array | null {
  const isOfEpoch = stored.length > 0 && stored.every((part) => part.epoch === epoch);
  return isOfEpoch ? joinParts(stored) : null;
}

/** Writes the parts that differ from those in store, and deletes those that are too many. */
export async function storeAttributes(
  ctx: Writer,
  owner: { userId: string; epoch: number },
  attributes: Uint8Array,
  stored: readonly Doc<"channel_attributes">[],
): Promise<void> {
  const parts = cutIntoParts(attributes);
  for (const [part, bytes] of parts.entries()) {
    const existing = stored[part];
    const document = { ...owner, part, bytes: toArrayBuffer(bytes) };
    if (existing === undefined) await ctx.db.insert("channel_attributes", document);
    else if (existing.epoch !== owner.epoch || !sameBytes(new Uint8Array(existing.bytes), bytes)) {
      await ctx.db.replace("channel_attributes", existing._id, document);
    }
  }
  for (const { _id } of stored.slice(parts.length)) {
    await ctx.db.delete("channel_attributes", _id);
  }
}
