import { vWorkId } from "@convex-dev/workpool";
import { defineTable } from "convex/server";
import { v } from "convex/values";
import { aggregationTypeValidator, filtersValidator } from "./validators";

/** Jobs over many users; one of a kind runs at a time. */
export const jobKindValidator = v.union(
  /** Lists users whose records were there before this module. */
  v.literal("adoption"),
  /** Builds segments and results from the records. */
  v.literal("backfill"),
  /** Compares what is stored with what the records come to. */
  v.literal("validation"),
  /** Looks for records that were changed past the change log. */
  v.literal("drift"),
  /** Recomputes results that older code has stored. */
  v.literal("upgrade"),
);

export const jobStatusValidator = v.union(
  v.literal("running"),
  v.literal("done"),
  v.literal("cancelled"),
);

/** What was asked for with a job. */
export const jobOptionsValidator = v.object({
  /** Nothing is built; the work is only measured. */
  isDryRun: v.boolean(),
  /** What differs is rebuilt and compared again. */
  repairs: v.boolean(),
  /** Of all users, 0 to 1; null where not a sample. */
  sample: v.union(v.number(), v.null()),
});

/**
 * How two layers of what is kept for a user agree: records, the segments made of them, the results
 * made of those. The first that does not agree with the one before tells where it went wrong.
 */
export const agreementValidator = v.union(
  v.literal("equal"),
  v.literal("different"),
  /** The later layer cannot be read. */
  v.literal("unreadable"),
  /** Nothing is there of the later layer. */
  v.literal("absent"),
);

export const layersValidator = v.object({
  recordsToSegments: agreementValidator,
  segmentsToResults: agreementValidator,
});

/** What can be wrong with what is stored. */
export const faultValidator = v.union(
  /** A figure or text is not what the records come to. */
  v.literal("value"),
  /** The same of what the query computes for a filter that is not stored. */
  v.literal("answer-differs"),
  v.literal("missing-result"),
  v.literal("duplicate-result"),
  v.literal("duplicate-filter"),
  /** A record that is there twice: written past the module, which keeps each once by its key. */
  v.literal("duplicate-record"),
  /** Results of a filter that is not kept up to date. */
  v.literal("untracked-result"),
  v.literal("older-version"),
  v.literal("stale-time-zone"),
  v.literal("unreadable-segment"),
  v.literal("segment-differs"),
);

/** What was found wrong in one place. */
export const differenceFields = {
  fault: faultValidator,
  /** Null where it is about a record, a segment or a filter. */
  aggregationType: v.union(aggregationTypeValidator, v.null()),
  filterHash: v.union(v.string(), v.null()),
  filters: v.union(filtersValidator, v.null()),
  /** JSON path into the result, the partition of a segment, or a record's key. */
  path: v.string(),
  stored: v.string(),
  expected: v.string(),
};

/** Jobs over all users, and what they found. */
export const jobTables = {
  /**
   * Runs of jobs, one row each. Written by the run's own steps, which follow one another, and by the
   * functions that start and cancel it; read by its status. The last 20 of each kind are kept, those
   * before are deleted when another starts.
   */
  job_runs: defineTable({
    kind: jobKindValidator,
    status: jobStatusValidator,
    /** The next step, as it is scheduled; null where there is none to come. */
    stepId: v.union(v.id("_scheduled_functions"), v.null()),
    options: jobOptionsValidator,
    /** Whether it is about users named one by one. */
    isOfNamedUsers: v.boolean(),
    /** Where the counting, then the listing of users stands; null at the start. */
    cursor: v.union(v.string(), v.null()),
    isCounted: v.boolean(),
    isListed: v.boolean(),
    /** Users counted so far. */
    total: v.number(),
    /** Users queued or in progress, and those whose end is not added up yet. */
    outstanding: v.number(),
    done: v.number(),
    failed: v.number(),
    /** Sums over the users that are done: records, results compared and so on. */
    counts: v.record(v.string(), v.number()),
    /** How many were finished when, the latest last: the rate comes from these. */
    marks: v.array(v.object({ at: v.number(), finished: v.number() })),
    startedAt: v.number(),
    updatedAt: v.number(),
    finishedAt: v.union(v.number(), v.null()),
  })
    .index("by_kind_status", ["kind", "status"])
    .index("by_kind_started_at", ["kind", "startedAt"]),

  /**
   * Users of a run that are waiting, queued or in progress, or have failed or were left open; users
   * that are done leave no row. A few dozen at a time, up to 1,000 where users are named, and those
   * that failed or were left. Inserted by the run's steps, ended by `jobs.complete`, which touches
   * the user's own row only. Deleted with their run, or when the user has everything erased.
   */
  job_tasks: defineTable({
    runId: v.id("job_runs"),
    userId: v.string(),
    status: v.union(
      v.literal("waiting"),
      v.literal("queued"),
      v.literal("failed"),
      /** Without an outcome, and not to be blamed: `error` says why. */
      v.literal("left"),
    ),
    workId: v.union(vWorkId, v.null()),
    /** Attempts that failed, and why the last one did. */
    attempts: v.number(),
    error: v.union(v.string(), v.null()),
    updatedAt: v.number(),
  })
    .index("by_run_status", ["runId", "status"])
    .index("by_run_user", ["runId", "userId"])
    .index("by_work", ["workId"])
    .index("by_user", ["userId"]),

  /**
   * How users of a run have ended, one row each, naming nobody. Inserted with the end itself, by
   * transactions that read nothing here; added up and deleted by the run's next step within a
   * second. Some dozens at a time.
   */
  job_ends: defineTable({
    runId: v.id("job_runs"),
    /** "gone": erased meanwhile, taken back or skipped after the run was cancelled. */
    kind: v.union(v.literal("done"), v.literal("failed"), v.literal("gone")),
    /** Sums for the run. */
    counts: v.record(v.string(), v.number()),
  }).index("by_run", ["runId"]),

  /**
   * What validations found wrong, one row a place; of one user 100 at most in a run. Written by
   * `validation`; deleted with their run.
   */
  validation_differences: defineTable({
    runId: v.id("job_runs"),
    userId: v.string(),
    ...differenceFields,
    /** How the user's layers agreed when it was found. */
    layers: layersValidator,
    /** Found no more once what is stored was rebuilt. */
    isRepaired: v.boolean(),
  })
    .index("by_run_user", ["runId", "userId"])
    .index("by_user", ["userId"]),
};
