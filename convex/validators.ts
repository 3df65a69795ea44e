import { v, type Infer, type Validator, type VString } from "convex/values";
import { zodToConvex } from "convex-helpers/server/zod4";
import * as z from "zod/mini";
import {
  AGGREGATION_SCHEMAS,
  AGGREGATION_TYPES,
  PRODUCTS,
  type AggregationResults,
  type AggregationType,
  type TimeframeFilter,
} from "../src/engine";

/** Convex validators derived from the engine's schemas, and the argument shapes functions share. */

export const aggregationTypeValidator = zodToConvex(z.enum(AGGREGATION_TYPES));
export const productValidator = v.union(v.literal("YouTube"), v.literal("YouTube Music"));

type ResultValidators = {
  [T in AggregationType]: Validator<AggregationResults[T], "required", string>;
};

/** An object with an entry a type: `Object.fromEntries`, which forgets its keys, typed. */
export function byAggregationType<T>(valueOf: (type: AggregationType) => T) {
  return Object.fromEntries(AGGREGATION_TYPES.map((type) => [type, valueOf(type)])) as {
    [K in AggregationType]: T;
  };
}

/** The ten results, each derived from the one schema its engine file declares. */
// The cast restores the type of each entry, which the loop over the schemas loses.
export const resultValidators = byAggregationType((type) =>
  zodToConvex(AGGREGATION_SCHEMAS[type]),
) as unknown as ResultValidators;

export const resultDataValidator = v.union(
  ...AGGREGATION_TYPES.map((type) => resultValidators[type]),
);

/** Filters as stored: canonical. */
export const filtersValidator = v.object({
  // Canonical ones: a timeframe, or an interval of days.
  timeframe: v.string() as VString<TimeframeFilter>,
  product: zodToConvex(z.enum(PRODUCTS)),
  topics: v.array(v.string()),
  channels: v.array(v.string()),
});

/**
 * Filters as asked for. Wide on purpose: what is unknown or too long is refused by the engine's
 * `canonicalizeFilters` as INVALID_FILTERS, which names the value and what is allowed.
 */
export const requestedFiltersValidator = v.object({
  timeframe: v.string(),
  product: v.string(),
  topics: v.array(v.string()),
  channels: v.array(v.string()),
});

/** What a segment's records come to: see src/engine/columns/fingerprint.ts. */
export const fingerprintValidator = v.object({
  count: v.number(),
  timeSum: v.number(),
  hash: v.string(),
});

/** Where a user's recompute stands: see the state machine in recompute.ts. */
export const phaseValidator = v.union(
  v.literal("idle"),
  v.literal("scheduled"),
  v.literal("running"),
  /** Everything of the user is being deleted: no run begins any more. */
  v.literal("erasing"),
);

const nullableNumber = v.union(v.number(), v.null());
const nullableString = v.union(v.string(), v.null());

/** What a watch carries of itself, as sent and as stored. */
export const watchFields = {
  /** Epoch milliseconds, UTC; null where unknown. */
  watchedAt: nullableNumber,
  videoId: nullableString,
  videoTitle: nullableString,
  videoUrl: nullableString,
  channelTitle: nullableString,
  channelUrl: nullableString,
};

/** A watch as clients send it; what the contract refuses is answered by index and reason. */
export const incomingRecordValidator = v.object({
  ...watchFields,
  product: v.string(),
  topics: v.optional(v.array(v.string())),
  durationSeconds: v.optional(nullableNumber),
  /** Of an undated watch: what stands in the place of its time. Part of its `recordKey`, not kept. */
  undatedStamp: v.optional(v.string()),
});

export type IncomingRecord = Infer<typeof incomingRecordValidator>;

/** What of a record may be changed after ingest; `recordKey` stays what it was. */
export const recordPatchValidator = incomingRecordValidator.omit("undatedStamp").partial();

/** A record as the engine reads it: what `watchRecords.page` returns. */
export const engineRecordValidator = v.object({
  watchedAt: nullableNumber,
  channelTitle: nullableString,
  channelUrl: nullableString,
  product: productValidator,
  topics: v.array(v.string()),
  durationSeconds: nullableNumber,
});

const reasonCounts = v.array(v.object({ reason: v.string(), count: v.number() }));

/** What became of every entry of an import: the counts add up to `entries`. */
export const receiptValidator = v.object({
  /** Made by the client. */
  importId: v.string(),
  fileName: v.string(),
  /** The histories read; `path` is the place in an archive. */
  histories: v.array(
    v.object({ format: v.union(v.literal("json"), v.literal("html")), path: nullableString }),
  ),
  /** Epoch milliseconds of the client's clock. */
  startedAt: v.number(),
  finishedAt: v.number(),
  outcome: v.union(
    v.literal("complete"),
    v.literal("ended-early"),
    v.literal("refused"),
    v.literal("stopped"),
    v.literal("failed"),
  ),
  message: nullableString,
  warnings: v.array(v.string()),
  entries: v.number(),
  inserted: v.number(),
  alreadyThere: v.number(),
  /** Entries that stand in the file more than once, the first of them not counted. */
  repeated: v.number(),
  undated: v.number(),
  skipped: reasonCounts,
  rejected: reasonCounts,
  unsent: v.number(),
  /** Watches of the file whose time is not known, new or not. */
  withoutTime: v.number(),
  /** Of the dated watches in the file, epoch milliseconds. */
  firstWatchedAt: nullableNumber,
  lastWatchedAt: nullableNumber,
});
