import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";
import { jobTables } from "./jobTables";
import { rolloutTables } from "./rolloutTables";
import {
  aggregationTypeValidator,
  filtersValidator,
  fingerprintValidator,
  phaseValidator,
  productValidator,
  receiptValidator,
  resultDataValidator,
  watchFields,
} from "./validators";

export default defineSchema({
  /**
   * The facts: one document a watch. Written and deleted by `watchRecords`, always through the
   * wrapped `db` of ./functions; read by recompute, the browser fallback and validation.
   * Up to 500,000 for one user, some 400 bytes each. `recordKey` is unique within a user and
   * orders equal times, so that the same history always folds to the same bytes.
   */
  watch_records: defineTable({
    userId: v.string(),
    recordKey: v.string(),
    ...watchFields,
    product: productValidator,
    topics: v.array(v.string()),
    durationSeconds: v.union(v.number(), v.null()),
  })
    .index("by_user_watched_at_record_key", ["userId", "watchedAt", "recordKey"])
    .index("by_user_record_key", ["userId", "recordKey"]),

  /**
   * What changed and is not yet, or only just, folded in: a row for each mutation and kind of
   * change. Inserted by the change log in the mutation that changed the records. Recompute merges
   * the rows of a backlog, and marks rows processed in the transaction that stores what they led
   * to. A cron deletes them a day later. A handful at rest, hundreds during an import.
   */
  data_change_log: defineTable({
    userId: v.string(),
    changeType: v.union(v.literal("insert"), v.literal("update"), v.literal("delete")),
    recordCount: v.number(),
    changedAt: v.number(),
    processed: v.boolean(),
    /** UTC days touched, counted from 1970-01-01. */
    days: v.array(v.number()),
    /** Buckets of undated records touched: see model/partitions. */
    undatedBuckets: v.array(v.string()),
    /** When the wake-up comes that covers this row; a row that needs none has none. */
    wakesAt: v.optional(v.number()),
  })
    .index("by_user_processed", ["userId", "processed"])
    // Finds the next user with unprocessed rows without reading all rows of the one before.
    .index("by_processed_user", ["processed", "userId"])
    .index("by_processed_changed_at", ["processed", "changedAt"]),

  /**
   * The columns that the engine reads, as bytes: one a UTC month ("2024-03") or bucket of undated
   * records ("undated-a7"), cut into parts below Convex's document limit. Written by recompute
   * alone. `epoch` names the dictionary whose numbers the bytes use; only the epoch of
   * `aggregation_state` is ever read, others are leftovers of a rebuild and get deleted.
   * Some 12 a year of history for one user, about 8 bytes a record.
   */
  watch_segments: defineTable({
    userId: v.string(),
    epoch: v.number(),
    partition: v.string(),
    part: v.number(),
    recordCount: v.number(),
    /**
     * What the segment's records come to, as it was written: tells whether it still stands for
     * them. In part 0 alone; segments written before fingerprints were kept have none.
     */
    fingerprint: v.optional(fingerprintValidator),
    bytes: v.bytes(),
  }).index("by_user_epoch_partition_part", ["userId", "epoch", "partition", "part"]),

  /**
   * Channel titles, URLs and topic sets by the small numbers that segments use. Append-only in
   * parts, so that a new channel rewrites the last part only. Written by recompute; one to a few
   * dozen documents for one user.
   */
  watch_dictionaries: defineTable({
    userId: v.string(),
    epoch: v.number(),
    part: v.number(),
    bytes: v.bytes(),
  }).index("by_user_epoch_part", ["userId", "epoch", "part"]),

  /**
   * First watch and URL of every channel as the last recompute saw them, cut into parts below
   * Convex's document limit. Written by recompute. Tells it whether a change in old records reaches
   * results of short timeframes, and stands in for the segments that those do not need. Deleted by
   * recompute and `settings` where a watch may not count any more: then the next run reads all
   * segments. One document, and one more for each 80,000 channels.
   */
  channel_attributes: defineTable({
    userId: v.string(),
    epoch: v.number(),
    part: v.number(),
    bytes: v.bytes(),
  }).index("by_user_part", ["userId", "part"]),

  /**
   * What open pages need to know of a user's segments: one quiet row a user. Recompute writes it
   * in the transactions that move its values, and at no other time, so that live queries do not
   * run again because the state of a run changed. Read by `aggregations`, `channels`, `flags` and
   * `watchRecords`; deleted with the user.
   */
  aggregation_pointers: defineTable({
    userId: v.string(),
    /** The segments and dictionary in force; 0 before the first build. */
    epoch: v.number(),
    /** Records in the segments of that epoch. */
    recordCount: v.number(),
    /** What those segments and their dictionary come to. */
    bytes: v.number(),
    /** The local day of the stored results; null before there are any. */
    day: v.union(v.string(), v.null()),
    recomputedAt: v.union(v.number(), v.null()),
    /** Why the latest run failed; null once one has succeeded. */
    lastError: v.union(v.string(), v.null()),
  }).index("by_user", ["userId"]),

  /**
   * The results: ten documents for each tracked filter of a user, always written together.
   * Written by recompute; read by `aggregations.get` and `getMany`; deleted when
   * their filter is no longer tracked.
   */
  precomputed_aggregations: defineTable({
    userId: v.string(),
    aggregationType: aggregationTypeValidator,
    filterHash: v.string(),
    data: resultDataValidator,
    computedAt: v.number(),
    /** The end of the user's local day `metadata.asOf`: what is read after it is stale. */
    expiresAt: v.number(),
    /** The version of this aggregation in the code that computed it. */
    version: v.number(),
    metadata: v.object({
      filters: filtersValidator,
      timeZone: v.string(),
      asOf: v.string(),
      recordCount: v.number(),
    }),
  })
    .index("by_user_type", ["userId", "aggregationType", "filterHash"])
    .index("by_filter_hash", ["filterHash"])
    .index("by_expires", ["expiresAt"])
    .index("by_aggregation_type_version", ["aggregationType", "version"]),

  /**
   * The filter combinations a user's results are kept for, and what is stored for each. The six
   * timeframes without further restriction are always kept; another until it has not been asked
   * for in 30 days. Written by recompute and `aggregations.request`; at most 16 for one user.
   */
  tracked_filters: defineTable({
    userId: v.string(),
    filterHash: v.string(),
    filters: filtersValidator,
    isDefault: v.boolean(),
    /** The results lack a change that the segments know: nobody has shown them lately. */
    isBehind: v.optional(v.boolean()),
    lastRequestedAt: v.number(),
    stored: v.union(
      v.null(),
      v.object({
        asOf: v.string(),
        timeZone: v.string(),
        /** ENGINE_VERSION of the code that computed them. */
        version: v.number(),
        /** One a type: its document and the digest of its data, to write only what changed. */
        results: v.array(
          v.object({
            aggregationType: aggregationTypeValidator,
            documentId: v.id("precomputed_aggregations"),
            digest: v.string(),
          }),
        ),
      }),
    ),
  })
    .index("by_user_filter_hash", ["userId", "filterHash"])
    .index("by_is_default_last_requested_at", ["isDefault", "lastRequestedAt"]),

  /**
   * Where recompute stands, one a user: see the state machine in recompute.ts. Written when a
   * change finds the user idle and at the turns of a run, never by every change. It is also the
   * list of users: a row comes with the first write of a record, or by `backfill:adopt`.
   */
  aggregation_state: defineTable({
    userId: v.string(),
    phase: phaseValidator,
    /** Fencing token: raised whenever a run is scheduled or taken over; older runs exit quietly. */
    generation: v.number(),
    /** When a sweep may take over: the lease's end, or long past the scheduled start. */
    dueAt: v.union(v.number(), v.null()),
    /** The scheduled function of the run; a sweep leaves one alone that is still waiting. */
    scheduledRunId: v.optional(v.id("_scheduled_functions")),
    /** Consecutive failed runs. */
    attempts: v.number(),
    /** Runs of the present burst of changes: spaces the next. */
    busyRuns: v.number(),
    /** The segments and dictionary in force; 0 before the first build. */
    epoch: v.number(),
    rebuildRequested: v.boolean(),
    /** A rebuild began: segments of other epochs may be there, and are deleted at rest. */
    hasOtherEpochs: v.optional(v.boolean()),
    /** Something other than a record changed during a run: run once more after it. */
    rerunRequested: v.boolean(),
    /** The run is of a backfill, a repair or an upgrade: the next change takes its place at once. */
    yieldsToChanges: v.optional(v.boolean()),
    /** ENGINE_VERSION of the code that computed what is stored. */
    engineVersion: v.optional(v.number()),
    /** Drawn once, 0 to 1: a range of it is a random share of the users. */
    sampleKey: v.optional(v.number()),
    /** Changed or read since the last validation: the hourly sample draws these users only. */
    isUnvalidated: v.optional(v.boolean()),
    /**
     * When the segments are next compared with the records: unknown is at once, Infinity once the
     * user, unseen for a week, comes back.
     */
    driftDueAt: v.optional(v.number()),
    recordCount: v.number(),
    lastRecomputedAt: v.union(v.number(), v.null()),
    lastError: v.union(v.null(), v.object({ message: v.string(), at: v.number() })),
    lastSeenAt: v.number(),
    /** When the day turns for a user seen lately, else null. */
    refreshAt: v.union(v.number(), v.null()),
  })
    .index("by_user", ["userId"])
    .index("by_due_at", ["dueAt"])
    .index("by_refresh_at", ["refreshAt"])
    .index("by_last_seen_at", ["lastSeenAt"])
    .index("by_engine_version_last_seen_at_user_id", ["engineVersion", "lastSeenAt", "userId"])
    .index("by_is_unvalidated_sample_key", ["isUnvalidated", "sampleKey"])
    .index("by_drift_due_at", ["driftDueAt"]),

  /** What a user chose, one a user; written by `settings`. Apart from the busy state row. */
  user_settings: defineTable({
    userId: v.string(),
    timeZone: v.string(),
  }).index("by_user", ["userId"]),

  /**
   * Who is having everything erased, and how far it is: one row from the wish to the end, when it
   * goes with the rest. Written by `account`.
   */
  account_erasures: defineTable({
    userId: v.string(),
    startedAt: v.number(),
    updatedAt: v.number(),
    /** Documents deleted so far, and those there were at the start, as far as they are counted. */
    deleted: v.number(),
    expected: v.number(),
  })
    .index("by_user", ["userId"])
    .index("by_updated_at", ["updatedAt"]),

  /**
   * What became of the entries of an import, one an import. Written by `importReceipts.save`, as
   * the client that ran the import tells; read by the page; at most 100 for one user, some 500
   * bytes each: the oldest is deleted when another comes.
   */
  import_receipts: defineTable(receiptValidator.extend({ userId: v.string() }))
    .index("by_user_finished_at", ["userId", "finishedAt"])
    .index("by_user_import_id", ["userId", "importId"]),

  ...rolloutTables,
  ...jobTables,
});
