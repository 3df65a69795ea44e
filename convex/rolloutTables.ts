import { defineTable } from "convex/server";
import { v } from "convex/values";
import { layersValidator } from "./jobTables";
import {
  activityValidator,
  alertValidator,
  figureValidator,
  rollupValidator,
  sampleValidator,
} from "./metricValidators";

/** A setting of a flag, before or after a change. */
const settingValidator = v.union(
  v.null(),
  v.boolean(),
  v.number(),
  v.string(),
  v.object({ isEnabled: v.boolean(), minRecords: v.number() }),
);

/** Limits, and what is done by itself where they are crossed. */
export const thresholdFields = {
  /** Shares are from 0 to 1. */
  responseP95Ms: v.number(),
  errorRate: v.number(),
  consistency: v.number(),
  lagP95Ms: v.number(),
  /** Fewer samples in a window say nothing. */
  minSamples: v.number(),
  /** Windows in a row that must cross a limit before the flag is killed. */
  breachWindows: v.number(),
  /** Whether a user whose results differ is rolled back, and whether a breach kills the flag. */
  rollsBackUsers: v.boolean(),
  killsOnBreach: v.boolean(),
  /** Whether it is wrong that pages report nothing: false where telemetry is switched off. */
  expectsTelemetry: v.boolean(),
};

/** A row of the audit trail. */
export const eventFields = {
  at: v.number(),
  /** "admin", or the function that decided by itself. */
  actor: v.string(),
  action: v.string(),
  key: v.string(),
  /** The user it is about, where it is about one. */
  subject: v.union(v.string(), v.null()),
  before: settingValidator,
  after: settingValidator,
  /** The figure that decided, where a function did. */
  decision: v.union(
    v.null(),
    v.object({
      metric: v.string(),
      value: v.number(),
      threshold: v.number(),
      samples: v.number(),
      windowMs: v.number(),
    }),
  ),
  why: v.union(v.string(), v.null()),
};

/** Flags, the telemetry that watches over them, and what was decided. */
export const rolloutTables = {
  /**
   * Rollout flags by key: a handful. Written by `flags` and `rollout`, or by hand in the Convex
   * dashboard: what makes no sense there is off for everybody, and an alert says so.
   */
  feature_flags: defineTable({
    key: v.string(),
    defaultValue: v.boolean(),
    /** Since when and why it is off for everybody. */
    killed: v.union(v.null(), v.object({ at: v.number(), why: v.union(v.string(), v.null()) })),
    isBetaOn: v.boolean(),
    sufficientData: v.object({ isEnabled: v.boolean(), minRecords: v.number() }),
    /** 0 to 100. */
    percentage: v.number(),
  }).index("by_key", ["key"]),

  /** Rules of a flag for single users, one row each. Written by `flags` and `rollout`, or by hand. */
  feature_flag_targets: defineTable({
    key: v.string(),
    userId: v.string(),
    /** On or off; null where only the group counts. */
    value: v.union(v.boolean(), v.null()),
    isBeta: v.boolean(),
  })
    .index("by_key_user", ["key", "userId"])
    .index("by_user", ["userId"]),

  /**
   * Whether what is stored for a user was found equal to what their records come to: one row a
   * user with records. Made pending with their first change; written by `validation`; read with
   * the flag, apart from the busy state row.
   */
  user_validations: defineTable({
    userId: v.string(),
    status: v.union(v.literal("pending"), v.literal("passed"), v.literal("failed")),
    /** When the check was last asked for, and the function that makes it: a lost one is repeated. */
    askedAt: v.number(),
    scheduledId: v.optional(v.id("_scheduled_functions")),
    checkedAt: v.union(v.number(), v.null()),
    /** Results compared, those that differed, and those that were of an older version or zone. */
    compared: v.number(),
    differing: v.number(),
    stale: v.optional(v.number()),
    /** Where it went wrong, if it did. */
    layers: v.optional(layersValidator),
  })
    .index("by_user", ["userId"])
    // Ordered by creation: who has waited longest for the first check.
    // eslint-disable-next-line @convex-dev/no-duplicate-indexes
    .index("by_status", ["status"])
    .index("by_status_asked_at", ["status", "askedAt"]),

  /** The limits of what is monitored: one row, or none for the defaults. Written by `monitoring`. */
  thresholds: defineTable(thresholdFields),

  /**
   * Audit trail of the rollout: a row for each change of a flag and each decision to roll back.
   * Append-only, but for those about a user whose data are erased.
   */
  rollout_events: defineTable(eventFields).index("by_at", ["at"]).index("by_subject", ["subject"]),

  /**
   * Telemetry as it comes in: a row for each report of a browser, each run of recompute and each
   * validation. Append-only; folded into rollups within a minute, deleted by a cron a day later.
   */
  metric_samples: defineTable({
    at: v.number(),
    isFolded: v.boolean(),
    /** A digest of the user whose page reports, to bound what one may report; null of our own. */
    reporter: v.union(v.string(), v.null()),
    sample: sampleValidator,
  })
    .index("by_is_folded_at", ["isFolded", "at"])
    .index("by_reporter_at", ["reporter", "at"]),

  /**
   * Telemetry by the minute: one row a minute in which there was any, some 2 kB. Written by
   * `monitoring`; kept 30 days. The last hour's comparisons are looked for each minute, so minutes
   * that have any are found without reading the others.
   */
  metric_rollups: defineTable(
    rollupValidator.extend({ minute: v.number(), hasComparisons: v.boolean() }),
  )
    .index("by_minute", ["minute"])
    .index("by_has_comparisons_minute", ["hasComparisons", "minute"]),

  /** The sum of all rollups there ever were, one row: what counters for Prometheus are read from. */
  metric_totals: defineTable(rollupValidator),

  /** What is or was wrong, one row from its first to its last sight. Written by `monitoring`. */
  alerts: defineTable(alertValidator)
    .index("by_is_open_cause", ["isOpen", "cause"])
    .index("by_opened_at", ["openedAt"]),

  /**
   * What the last look at the figures came to, one row, rewritten when it changes. Written by
   * `monitoring`; read by operators' pages and `/metrics`.
   */
  monitor_state: defineTable({
    figures: v.array(figureValidator),
    activity: v.union(activityValidator, v.null()),
    queueDepth: v.number(),
  }),

  /**
   * When the crons that watch each other were last alive, one row each, written by that cron alone:
   * two crons that write one row conflict each minute. Some 100 bytes, as they are read each minute.
   */
  cron_heartbeats: defineTable({
    /** "tick" looks at the figures, "watch" after jobs. */
    cron: v.union(v.literal("tick"), v.literal("watch")),
    at: v.number(),
    /** Nothing happened in the last look's windows, and `monitor_state` says so: leave it unread. */
    isQuiet: v.boolean(),
  }).index("by_cron", ["cron"]),
};
