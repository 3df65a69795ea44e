import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import {
  AGGREGATION_TYPES,
  AGGREGATION_VERSIONS,
  ENGINE_VERSION,
  type AggregationResults,
  type AggregationType,
} from "../../src/engine";
import type { Doc, Id } from "../_generated/dataModel";
import type { MutationCtx } from "../_generated/server";
import { resultDay, type LocalDay } from "./settings";

const DIGEST_DIGITS = 32;
/** Documents looked at where one should be. */
const MAX_DUPLICATES = 10;

type TrackedFilter = Doc<"tracked_filters">;
type StoredResult = NonNullable<TrackedFilter["stored"]>["results"][number];

/** What results were computed from. */
export interface ResultContext {
  day: LocalDay;
  recordCount: number;
  computedAt: number;
  /** Compare with the documents themselves, not with the digests noted of them: for a rebuild. */
  isVerifying: boolean;
}

/** Whether a filter's stored results are of this day, zone and version of the aggregations. */
export function isCurrent({ stored, filters }: TrackedFilter, today: LocalDay): boolean {
  const day = resultDay(filters.timeframe, today);
  return (
    stored !== null &&
    stored.asOf === day.asOf &&
    stored.timeZone === day.timeZone &&
    stored.version === ENGINE_VERSION
  );
}

/** Whether they are also of all changes that the segments know. */
export function isUpToDate(tracked: TrackedFilter, today: LocalDay): boolean {
  return tracked.isBehind !== true && isCurrent(tracked, today);
}

/**
 * Stores a filter's ten results. Where neither data nor the day changed, nothing is written, so
 * that no client renders again.
 *
 * @returns how many result documents were written.
 */
export async function storeResults(
  ctx: Pick<MutationCtx, "db">,
  tracked: TrackedFilter,
  results: Partial<AggregationResults>,
  given: ResultContext,
): Promise<number> {
  const context = { ...given, day: resultDay(tracked.filters.timeframe, given.day) };
  // Of another version perhaps only some of the ten: the documents tell which.
  const isVerifying = context.isVerifying || isOfOtherVersion(tracked);
  const previous = isVerifying
    ? await readStored(ctx, tracked, context.day)
    : new Map(tracked.stored?.results.map((entry) => [entry.aggregationType, entry]));
  const isSameDay = isVerifying || isCurrent(tracked, context.day);
  const stored: StoredResult[] = [];
  let written = 0;
  for (const aggregationType of AGGREGATION_TYPES) {
    const data = results[aggregationType];
    if (data === undefined) throw new Error(`the engine left out ${aggregationType}`);
    const digest = digestOf(data);
    const before = previous.get(aggregationType);
    if (before !== undefined && isSameDay && before.digest === digest) {
      stored.push(before);
      continue;
    }
    const documentId = await writeResult(ctx, tracked, aggregationType, data, context, before);
    stored.push({ aggregationType, documentId, digest });
    written += 1;
  }
  if (written > 0 || isVerifying || tracked.isBehind === true) {
    const { asOf, timeZone } = context.day;
    await ctx.db.patch("tracked_filters", tracked._id, {
      isBehind: false,
      stored: { asOf, timeZone, version: ENGINE_VERSION, results: stored },
    });
  }
  return written;
}

async function writeResult<T extends AggregationType>(
  ctx: Pick<MutationCtx, "db">,
  tracked: TrackedFilter,
  aggregationType: T,
  data: AggregationResults[T],
  { day, recordCount, computedAt }: ResultContext,
  before: StoredResult | undefined,
): Promise<Id<"precomputed_aggregations">> {
  const document = {
    userId: tracked.userId,
    aggregationType,
    filterHash: tracked.filterHash,
    data,
    computedAt,
    expiresAt: day.endsAt,
    version: AGGREGATION_VERSIONS[aggregationType],
    metadata: { filters: tracked.filters, timeZone: day.timeZone, asOf: day.asOf, recordCount },
  };
  if (before === undefined) return await ctx.db.insert("precomputed_aggregations", document);
  await ctx.db.replace("precomputed_aggregations", before.documentId, document);
  return before.documentId;
}

function isOfOtherVersion({ stored }: TrackedFilter): boolean {
  return stored !== null && stored.version !== ENGINE_VERSION;
}

/** No data has it: the document is to be written, whatever its data. */
const NO_DIGEST = "";

/** What the result documents really hold; a second document for a type is deleted. */
async function readStored(
  ctx: Pick<MutationCtx, "db">,
  tracked: TrackedFilter,
  day: LocalDay,
): Promise<Map<AggregationType, StoredResult>> {
  const { userId, filterHash } = tracked;
  const rows = await Promise.all(
    AGGREGATION_TYPES.map((aggregationType) =>
      ctx.db
        .query("precomputed_aggregations")
        .withIndex("by_user_type", (q) => {
          const ofType = q.eq("userId", userId).eq("aggregationType", aggregationType);
          return ofType.eq("filterHash", filterHash);
        })
        .take(MAX_DUPLICATES),
    ),
  );
  const stored = new Map<AggregationType, StoredResult>();
  for (const [document, ...surplus] of rows) {
    for (const { _id } of surplus) await ctx.db.delete("precomputed_aggregations", _id);
    if (document === undefined) continue;
    const { aggregationType, _id: documentId } = document;
    const digest = isOfDay(document, day) ? digestOf(document.data) : NO_DIGEST;
    stored.set(aggregationType, { aggregationType, documentId, digest });
  }
  return stored;
}

function isOfDay(document: Doc<"precomputed_aggregations">, day: LocalDay): boolean {
  const { aggregationType, version, expiresAt, metadata } = document;
  return (
    version === AGGREGATION_VERSIONS[aggregationType] &&
    expiresAt === day.endsAt &&
    metadata.asOf === day.asOf &&
    metadata.timeZone === day.timeZone
  );
}

/** Equal for equal data, in whatever order objects name their keys. */
export function digestOf(data: unknown): string {
  const json = JSON.stringify(data, (_key, value: unknown) => sortKeys(value));
  return bytesToHex(sha256(utf8ToBytes(json))).slice(0, DIGEST_DIGITS);
}

function sortKeys(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
