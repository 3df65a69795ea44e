import { getFunctionName, type FunctionReference } from "convex/server";
import { api } from "../../convex/_generated/api";
import type { Doc, TableNames } from "../../convex/_generated/dataModel";
import type { ActionCtx } from "../../convex/_generated/server";
import type { IncomingRecord } from "../../convex/validators";
import { TIMEFRAMES, filterHash, type FilterOptions } from "../../src/engine";
import type { AggregationResults, AggregationType } from "../../src/engine";
import { inTables, internal } from "../support/reach";
import {
  ALL,
  asUser,
  DAY_MS,
  NOON,
  runUntil,
  settle,
  watch,
  watches,
  type Backend,
} from "./support";

/** What tests of validation and drift share: users at rest, and damage behind the module's back. */

export const DEFAULTS: FilterOptions[] = TIMEFRAMES.map((timeframe) => ({ ...ALL, timeframe }));
export const HASH = filterHash(ALL);

/** 26 records: 20 of March 2026, three of January 2024 that "All" alone knows, three undated. */
export const HISTORY: IncomingRecord[] = [
  ...watches(20),
  ...[1, 2, 3].map((day) =>
    watch({
      watchedAt: Date.UTC(2024, 0, day, 20),
      videoId: `https://test|old${String(day)}`,
      channelTitle: "Old channel",
      topics: ["History"],
      durationSeconds: 100 * day,
    }),
  ),
  watch({ watchedAt: null, videoId: "undated1", channelTitle: "Undated", durationSeconds: 7 }),
  watch({ watchedAt: null, videoId: "undated2", channelTitle: "Undated" }),
  watch({ watchedAt: null, videoId: "undated3", channelTitle: "Undated" }),
];

/** Adds records through the module, and waits until their results are there and checked. */
export async function build(
  t: Backend,
  userIds: readonly string[],
  records: readonly IncomingRecord[] = HISTORY,
): Promise<void> {
  for (const userId of userIds) {
    await asUser(t, userId).mutation(api.watchRecords.ingest, { records: [...records] });
  }
  await settle(t);
}

/** What there is of a user in a table, up to 1,000 documents. */
export async function documentsOf<T extends TablesOfUsers>(
  t: Backend,
  table: T,
  userId: string,
): Promise<Doc<T>[]> {
  const documents = await inTables(t, (ctx) => ctx.db.query(table).take(1_000));
  return documents.filter((document) => document.userId === userId); // of the table
}

type TablesOfUsers = {
  [T in TableNames]: Doc<T> extends { userId: string } ? T : never;
}[TableNames];

export async function validationOf(t: Backend, userId: string): Promise<Doc<"user_validations">> {
  return only(await documentsOf(t, "user_validations", userId));
}

/** All that is kept of a user's history, documents whole. */
export async function historyOf(t: Backend, userId: string) {
  return {
    records: await documentsOf(t, "watch_records", userId),
    log: await documentsOf(t, "data_change_log", userId),
    segments: await documentsOf(t, "watch_segments", userId),
    dictionaries: await documentsOf(t, "watch_dictionaries", userId),
    filters: await documentsOf(t, "tracked_filters", userId),
    results: await documentsOf(t, "precomputed_aggregations", userId),
    state: await documentsOf(t, "aggregation_state", userId),
  };
}

export function only<T>(rows: readonly T[]): T {
  const [row] = rows;
  if (row === undefined || rows.length > 1) throw new Error(`${String(rows.length)} rows, not one`);
  return row;
}

export async function resultOf(
  t: Backend,
  userId: string,
  type: AggregationType,
  filters: FilterOptions = ALL,
): Promise<Doc<"precomputed_aggregations">> {
  const hash = filterHash(filters);
  const results = await documentsOf(t, "precomputed_aggregations", userId);
  return only(results.filter((row) => row.aggregationType === type && row.filterHash === hash));
}

/** Changes a stored result's data. */
export async function damageResult<T extends AggregationType>(
  t: Backend,
  userId: string,
  type: T,
  change: (data: AggregationResults[T]) => AggregationResults[T],
  filters: FilterOptions = ALL,
): Promise<void> {
  const { _id, data } = await resultOf(t, userId, type, filters);
  const damaged = change(data as AggregationResults[T]); // the table couples data to type
  await inTables(t, (ctx) => ctx.db.patch("precomputed_aggregations", _id, { data: damaged }));
}

export async function segmentOf(
  t: Backend,
  userId: string,
  partition: string,
): Promise<Doc<"watch_segments">> {
  const segments = await documentsOf(t, "watch_segments", userId);
  return only(segments.filter((segment) => segment.partition === partition));
}

/** The record of a video, straight from the table. */
export async function recordOf(
  t: Backend,
  userId: string,
  videoId: string,
): Promise<Doc<"watch_records">> {
  const records = await documentsOf(t, "watch_records", userId);
  return only(records.filter((record) => record.videoId === videoId));
}

/** Edits a record as the Convex dashboard does: no trigger sees it. */
export async function editRecord(
  t: Backend,
  userId: string,
  videoId: string,
  changes: Partial<Doc<"watch_records">>,
): Promise<void> {
  const { _id } = await recordOf(t, userId, videoId);
  await inTables(t, (ctx) => ctx.db.patch("watch_records", _id, changes));
}

/** Lets a job go on to its end, and returns how it ended. */
export async function endOf(t: Backend, kind: "validation" | "drift") {
  await runUntil(t, async () => {
    return (await t.query(internal.jobs.status, { kind })).status !== "running";
  });
  const ended = await t.query(internal.jobs.status, { kind });
  if (ended.status === "never") throw new Error(`there was no ${kind}`);
  return ended;
}

/** Validates to the end, and returns what the status then tells. */
export async function validate(
  t: Backend,
  args: { userIds?: string[]; sample?: number; repair?: boolean } = {},
) {
  await t.mutation(internal.validation.start, args);
  await endOf(t, "validation");
  return await validationStatus(t);
}

export async function validationStatus(t: Backend) {
  const status = await t.query(internal.validation.status, {});
  if (status.status === "never") throw new Error("there was no validation");
  return status;
}

/** UTC days since 1970-01-01. */
export function dayOf(instant: number): number {
  return Math.floor(instant / DAY_MS);
}

export const YESTERDAY = dayOf(NOON - DAY_MS);

/** Makes it everybody's turn, as if their time had come. */
export async function makeDue(t: Backend): Promise<void> {
  await inTables(t, async (ctx) => {
    for (const { _id } of await ctx.db.query("aggregation_state").take(1_000)) {
      await ctx.db.patch("aggregation_state", _id, { driftDueAt: Date.now() });
    }
  });
}

/** Compares everybody by the hourly cron, and waits for what comes of it. */
export async function compareAll(t: Backend) {
  await makeDue(t);
  await t.mutation(internal.drift.compareHourly, {});
  const ended = await endOf(t, "drift");
  await runUntil(t, async () => {
    const states = await inTables(t, (ctx) => ctx.db.query("aggregation_state").take(100));
    return states.every(({ phase }) => phase === "idle");
  });
  return ended;
}

/** What was marked as changed past the log. */
export async function marked(t: Backend, userId = "https://test|ann") {
  const log = await documentsOf(t, "data_change_log", userId);
  return log
    .filter(({ changeType }) => changeType === "update")
    .map(({ days, undatedBuckets, recordCount, processed }) => {
      return { days, undatedBuckets, recordCount, processed };
    });
}

/**
 * What a check calls, the functions of a backend; something else happens just before one of them is
 * called for the first time.
 */
export function interrupted(t: Backend, step: string, happen: () => Promise<unknown>): ActionCtx {
  let isOver = false;
  const reach = async (reference: FunctionReference<"query" | "mutation", "internal">) => {
    if (isOver || getFunctionName(reference) !== step) return;
    isOver = true;
    await happen();
  };
  const ctx = {
    runQuery: async (reference: FunctionReference<"query", "internal">, args: object) => {
      await reach(reference);
      return (await t.query(reference, args)) as unknown;
    },
    runMutation: async (reference: FunctionReference<"mutation", "internal">, args: object) => {
      await reach(reference);
      return (await t.mutation(reference, args)) as unknown;
    },
  };
  return ctx as unknown as ActionCtx; // a check calls nothing else
}

/** Users that were checked since the validation has started. */
export async function checkedUsers(t: Backend): Promise<string[]> {
  const { startedAt } = await validationStatus(t);
  const rows = await inTables(t, (ctx) => ctx.db.query("user_validations").take(1_000));
  return rows.filter(({ checkedAt }) => (checkedAt ?? 0) >= startedAt).map(({ userId }) => userId);
}

/** What validations have told the monitoring, the latest first. */
export async function validationSamples(t: Backend) {
  const rows = await inTables(t, (ctx) => ctx.db.query("metric_samples").order("desc").take(100));
  return rows.map(({ sample }) => sample).filter(({ kind }) => kind === "validation");
}

export function namesOf(count: number): string[] {
  return Array.from(
    { length: count },
    (_, index) => `https://test|user${String(index).padStart(3, "0")}`,
  );
}

/** Lists users who have nothing yet, with places of their own among the samples. */
export async function listUsers(t: Backend, keys: readonly (number | undefined)[]): Promise<void> {
  await inTables(t, async (ctx) => {
    for (const [index, sampleKey] of keys.entries()) {
      await ctx.db.insert("aggregation_state", {
        ...{
          userId: `https://test|user${String(index).padStart(3, "0")}`,
          phase: "idle",
          generation: 0,
        },
        ...{ dueAt: null, attempts: 0, busyRuns: 0, epoch: 0, recordCount: 0 },
        ...{ lastSeenAt: Date.now() },
        ...{ rebuildRequested: false, rerunRequested: false, refreshAt: null },
        ...{ lastRecomputedAt: null, lastError: null },
        ...(sampleKey === undefined ? {} : { sampleKey, isUnvalidated: true }),
      });
    }
  });
}
