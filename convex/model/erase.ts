import type { Id, TableNames } from "../_generated/dataModel";
import type { MutationCtx } from "../_generated/server";
import { hasHeadroom } from "./headroom";
import { pool } from "./jobs/pool";
import { endTask } from "./jobs/queue";
import { reporterOf } from "./samples";

type Reader = MutationCtx["db"];

const MAX_TASKS = 100;

/**
 * Deletes documents of a user, as many as the transaction bears, from the first table that has any.
 *
 * @returns how many; 0 where nothing is left but the marks that the erasure itself needs.
 */
export async function eraseSome(ctx: MutationCtx, userId: string): Promise<number> {
  const ended = await endTasks(ctx, userId);
  if (ended > 0) return ended;
  for (const documents of documentsOf(ctx, userId)) {
    let deleted = 0;
    for await (const { table, id } of documents) {
      await ctx.db.delete(table, id);
      deleted += 1;
      // After each: a part of a segment alone may be most of a megabyte.
      if (!(await hasHeadroom(ctx))) return deleted;
    }
    if (deleted > 0) return deleted;
  }
  return 0;
}

interface Place {
  table: TableNames;
  id: Id<TableNames>;
}

async function* idsOf(
  table: TableNames,
  documents: AsyncIterable<{ _id: Id<TableNames> }>,
): AsyncGenerator<Place> {
  for await (const { _id: id } of documents) yield { table, id };
}

/**
 * All documents of a user, by table. A new table that names users belongs here: a test looks into
 * every table there is.
 */
function documentsOf({ db }: Pick<MutationCtx, "db">, userId: string): AsyncGenerator<Place>[] {
  return [...factsAndDerived(db, userId), ...notes(db, userId)];
}

/** The records, and what was made of them. */
function factsAndDerived(db: Reader, userId: string): AsyncGenerator<Place>[] {
  const records = db
    .query("watch_records")
    .withIndex("by_user_record_key", (q) => q.eq("userId", userId));
  const changes = db
    .query("data_change_log")
    .withIndex("by_user_processed", (q) => q.eq("userId", userId));
  const segments = db
    .query("watch_segments")
    .withIndex("by_user_epoch_partition_part", (q) => q.eq("userId", userId));
  const dictionaries = db
    .query("watch_dictionaries")
    .withIndex("by_user_epoch_part", (q) => q.eq("userId", userId));
  const attributes = db
    .query("channel_attributes")
    .withIndex("by_user_part", (q) => q.eq("userId", userId));
  const pointers = db
    .query("aggregation_pointers")
    .withIndex("by_user", (q) => q.eq("userId", userId));
  const results = db
    .query("precomputed_aggregations")
    .withIndex("by_user_type", (q) => q.eq("userId", userId));
  const filters = db
    .query("tracked_filters")
    .withIndex("by_user_filter_hash", (q) => q.eq("userId", userId));
  return [
    idsOf("watch_records", records),
    idsOf("data_change_log", changes),
    idsOf("watch_segments", segments),
    idsOf("watch_dictionaries", dictionaries),
    idsOf("channel_attributes", attributes),
    idsOf("aggregation_pointers", pointers),
    idsOf("precomputed_aggregations", results),
    idsOf("tracked_filters", filters),
  ];
}

/** What was noted of the user. */
function notes(db: Reader, userId: string): AsyncGenerator<Place>[] {
  const reporter = reporterOf(userId);
  const settings = db.query("user_settings").withIndex("by_user", (q) => q.eq("userId", userId));
  const receipts = db
    .query("import_receipts")
    .withIndex("by_user_finished_at", (q) => q.eq("userId", userId));
  const validations = db
    .query("user_validations")
    .withIndex("by_user", (q) => q.eq("userId", userId));
  const targets = db
    .query("feature_flag_targets")
    .withIndex("by_user", (q) => q.eq("userId", userId));
  const events = db.query("rollout_events").withIndex("by_subject", (q) => q.eq("subject", userId));
  const samples = db
    .query("metric_samples")
    .withIndex("by_reporter_at", (q) => q.eq("reporter", reporter));
  const differences = db
    .query("validation_differences")
    .withIndex("by_user", (q) => q.eq("userId", userId));
  return [
    idsOf("user_settings", settings),
    idsOf("import_receipts", receipts),
    idsOf("user_validations", validations),
    idsOf("feature_flag_targets", targets),
    idsOf("rollout_events", events),
    idsOf("metric_samples", samples),
    idsOf("validation_differences", differences),
  ];
}

/** Takes the user out of the runs of jobs, whose numbers still add up. */
async function endTasks(ctx: MutationCtx, userId: string): Promise<number> {
  const tasks = await ctx.db
    .query("job_tasks")
    .withIndex("by_user", (q) => q.eq("userId", userId))
    .take(MAX_TASKS);
  for (const task of tasks) {
    if (task.workId !== null) await pool().cancel(ctx, task.workId);
    if (task.status === "queued") await endTask(ctx, task, { kind: "canceled" });
    else await ctx.db.delete("job_tasks", task._id);
  }
  return tasks.length;
}
