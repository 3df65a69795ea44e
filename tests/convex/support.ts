/// <reference types="vite/client" />
import workpool from "@convex-dev/workpool/test";
import { convexTest, type TestConvex } from "convex-test";
import type { GenericSchema, SchemaDefinition } from "convex/server";
import { expect, vi } from "vitest";
import { api } from "../../convex/_generated/api";
import type { Doc } from "../../convex/_generated/dataModel";
import schema from "../../convex/schema";
import { convexTestState } from "../../scripts/localBackend/convexTestState";
import { sealCursors } from "../../scripts/localBackend/cursors";
import { installIndexes } from "../../scripts/localBackend/indexes";
import { enforceLimits } from "../../scripts/localBackend/limits";
import { limitPlaces } from "../../scripts/localBackend/places";
import { watchConflicts } from "./conflicts";
import type { IncomingRecord } from "../../convex/validators";
import {
  aggregate,
  AGGREGATION_TYPES,
  type AggregationResults,
  type FilterOptions,
  type WatchRecord,
} from "../../src/engine";
import type { ImportReceipt } from "../../src/importer";
import { recordKeyOf } from "../../src/takeout/recordKey";
import { inTables, internal } from "../support/reach";

// convex.config.ts can be evaluated only where components are told their places before.
export const modules = import.meta.glob(["../../convex/**/*.*s", "!**/*.config.ts"]);

export type Backend = TestConvex<typeof schema>;

/** 2026-03-15, a Sunday, 12:00 UTC. */
export const NOON = Date.UTC(2026, 2, 15, 12);
export const DAY_MS = 86_400_000;

export const ALL: FilterOptions = { timeframe: "All", product: "All", topics: [], channels: [] };

/** Filters as arguments of functions, which take mutable arrays. */
export function filtersArg(filters: FilterOptions = ALL) {
  return { ...filters, topics: [...filters.topics], channels: [...filters.channels] };
}

type TransactionLimits = NonNullable<Parameters<typeof convexTest>[0]["transactionLimits"]>;

/**
 * A backend with the components of convex.config.ts and the rules of the real one: its limits (or
 * tighter ones), conflicts, cursors and places for scheduled functions.
 */
export function newBackend(
  transactionLimits: TransactionLimits = true,
  watch: (t: Backend) => void = watchConflicts,
): Backend {
  const t = convexTest({ schema, modules, transactionLimits });
  workpool.register(t);
  addRules(t, watch);
  return t;
}

/** Adds to a bare backend what the local backend adds, in the same order. */
export function addRules<Tables extends SchemaDefinition<GenericSchema, boolean>>(
  t: TestConvex<Tables>,
  watch: (t: TestConvex<Tables>) => void = watchConflicts,
): void {
  const state = convexTestState(t);
  // convex-test scans whole tables; with indexes in front, tests take half the time.
  for (const { db } of Object.values(state.components)) installIndexes(db);
  watch(t);
  for (const { db } of Object.values(state.components)) sealCursors(db);
  enforceLimits(state);
  limitPlaces(state);
}

/** A backend with Convex's limits, on a clock that stands at `NOON` until a test moves it. */
export function makeBackend(limits: TransactionLimits = true): Backend {
  vi.useFakeTimers({ now: NOON });
  return newBackend(limits);
}

/**
 * Without the rules of the real backend, which refuses half of a surrogate pair before a function
 * can see it. For functions that are to mend such a text wherever else it comes from.
 */
export function makeLenientBackend(): Backend {
  vi.useFakeTimers({ now: NOON });
  const t = convexTest({ schema, modules });
  workpool.register(t);
  return t;
}

/** Half of what Convex allows: what passes with these stays far from the limits. */
export const HALF_LIMITS = {
  bytesRead: 8 * 2 ** 20,
  bytesWritten: 8 * 2 ** 20,
  documentsRead: 16_000,
  documentsWritten: 8_000,
  databaseQueries: 2_048,
};

/** Signed in as a user; ids in these tests look like "https://test|ann": issuer and subject. */
export function asUser(t: Backend, userId: string) {
  const [issuer = "", ...subject] = userId.split("|");
  if (subject.length === 0)
    throw new Error(`"${userId}" needs an issuer, as in "https://test|ann"`);
  return t.withIdentity({ issuer, subject: subject.join("|") });
}

export function watch(fields: Partial<IncomingRecord> = {}): IncomingRecord {
  return {
    watchedAt: NOON - DAY_MS,
    videoId: null,
    videoTitle: "A video",
    videoUrl: null,
    channelTitle: "A channel",
    channelUrl: null,
    product: "YouTube",
    topics: ["Other"],
    durationSeconds: null,
    ...fields,
  };
}

/** `count` different watches of a few channels, a step apart, the newest first. */
export function watches(count: number, newest = NOON - DAY_MS, stepMs = 600_000): IncomingRecord[] {
  return Array.from({ length: count }, (_, index) =>
    watch({
      watchedAt: newest - index * stepMs,
      videoId: `video${String(index)}`,
      channelTitle: `Channel ${String(index % 7)}`,
      channelUrl: `https://www.youtube.com/channel/UC${String(index % 9)}`,
      topics: index % 3 === 0 ? ["Music", "News"] : ["Gaming"],
      durationSeconds: index % 4 === 0 ? index : null,
    }),
  );
}

/** Of an import of 15 entries, with what a test changes. */
export function receipt(changes: Partial<ImportReceipt> = {}): ImportReceipt {
  return {
    importId: "import-1",
    fileName: "watch-history.html",
    histories: [{ format: "html", path: null }],
    startedAt: NOON - 5_000,
    finishedAt: NOON,
    outcome: "complete",
    message: null,
    warnings: [],
    entries: 15,
    inserted: 1,
    alreadyThere: 2,
    repeated: 0,
    undated: 3,
    skipped: [{ reason: "ad", count: 4 }],
    rejected: [{ reason: "videoTitle has 3000 characters", count: 5 }],
    unsent: 0,
    withoutTime: 0,
    firstWatchedAt: null,
    lastWatchedAt: null,
    ...changes,
  };
}

/** Runs all that is scheduled, and what that schedules, to the end. */
export async function settle(t: Backend): Promise<void> {
  await t.finishAllScheduledFunctions(vi.runAllTimers);
}

const STEP_MS = 100;
const MAX_STEPS = 20_000;

/**
 * Runs what is scheduled, the clock moving in small steps, until something is the case: unlike
 * `settle`, which jumps over all that is scheduled for later, too. Looks only after steps in which
 * something was committed.
 */
export async function runUntil(t: Backend, isOver: () => Promise<boolean>): Promise<void> {
  const { transactionManager } = convexTestState(t);
  let seen: bigint | null = null;
  await atEachStep(t, async () => {
    if (transactionManager._lastCommitTs === seen) return false;
    const result = await isOver();
    seen = transactionManager._lastCommitTs;
    return result;
  });
}

/** Runs what is scheduled, the clock moving in small steps, until `act` says that it is enough. */
export async function atEachStep(t: Backend, act: () => Promise<boolean>): Promise<void> {
  for (let step = 0; step < MAX_STEPS; step++) {
    if (await act()) return;
    vi.advanceTimersByTime(STEP_MS);
    await t.finishInProgressScheduledFunctions();
  }
  throw new Error(`not the case after ${String((MAX_STEPS * STEP_MS) / 1_000)} s of its clock`);
}

export async function readRecords(t: Backend, userId: string): Promise<WatchRecord[]> {
  return await inTables(t, async (ctx) => {
    const documents = await ctx.db
      .query("watch_records")
      .withIndex("by_user_record_key", (q) => q.eq("userId", userId))
      .take(30_000);
    return documents.map(
      ({ watchedAt, channelTitle, channelUrl, product, topics, durationSeconds }) => ({
        watchedAt,
        channelTitle,
        channelUrl,
        product,
        topics,
        durationSeconds,
      }),
    );
  });
}

/** What the ten results should be of records put in place by `plant`. */
export function expectedOf(records: readonly IncomingRecord[]): Partial<AggregationResults> {
  const history = records.map((record): WatchRecord => ({
    ...record,
    product: "YouTube",
    topics: record.topics ?? ["Other"],
    durationSeconds: record.durationSeconds ?? null,
  }));
  return aggregate(history, { filters: ALL, asOf: "2026-03-15", timeZone: "UTC" });
}

/** What the ten results should be, straight from the records in store. */
export async function expectedResults(
  t: Backend,
  userId: string,
  filters: FilterOptions = ALL,
  day: { asOf: string; timeZone: string } = { asOf: "2026-03-15", timeZone: "UTC" },
): Promise<Partial<AggregationResults>> {
  return aggregate(await readRecords(t, userId), { filters, ...day });
}

/** The ten results as the user reads them; a type without a row is left out. */
export async function storedResults(t: Backend, userId: string, filters: FilterOptions = ALL) {
  const rows = await asUser(t, userId).query(api.aggregations.getMany, {
    filters: filtersArg(filters),
  });
  const results: Record<string, unknown> = {};
  for (const type of AGGREGATION_TYPES) {
    const row = rows[type];
    if (row) results[type] = row.data;
  }
  return results;
}

/** All bytes a user's columns are stored as, by document, in index order. */
export async function columnBytes(t: Backend, userId: string): Promise<string[]> {
  return await inTables(t, async (ctx) => {
    const segments = await ctx.db
      .query("watch_segments")
      .withIndex("by_user_epoch_partition_part", (q) => q.eq("userId", userId))
      .take(1_000);
    const dictionaries = await ctx.db
      .query("watch_dictionaries")
      .withIndex("by_user_epoch_part", (q) => q.eq("userId", userId))
      .take(1_000);
    return [
      ...segments.map((row) => `${row.partition}/${String(row.part)}:${hex(row.bytes)}`),
      ...dictionaries.map((row) => `dictionary/${String(row.part)}:${hex(row.bytes)}`),
    ];
  });
}

function hex(bytes: ArrayBuffer): string {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Puts records in place without the module, in transactions of their own. */
export async function plant(t: Backend, userId: string, records: IncomingRecord[]): Promise<void> {
  for (let start = 0; start < records.length; start += 250) {
    await inTables(t, async (ctx) => {
      for (const record of records.slice(start, start + 250)) {
        const { topics, durationSeconds, product: _product, undatedStamp, ...fields } = record;
        const product = "YouTube";
        const recordKey = recordKeyOf({ ...fields, product, undatedStamp });
        await ctx.db.insert("watch_records", {
          ...fields,
          userId,
          recordKey,
          product,
          topics: topics ?? ["Other"],
          durationSeconds: durationSeconds ?? null,
        });
      }
    });
  }
}

export async function findState(
  t: Backend,
  userId: string,
): Promise<Doc<"aggregation_state"> | null> {
  return await inTables(t, (ctx) =>
    ctx.db
      .query("aggregation_state")
      .withIndex("by_user", (q) => q.eq("userId", userId))
      .unique(),
  );
}

/** Whether no run is scheduled or running for a user, and no change waits for one. */
export async function isAtRest(t: Backend, userId: string): Promise<boolean> {
  if ((await findState(t, userId))?.phase !== "idle") return false;
  const waiting = await inTables(t, (ctx) =>
    ctx.db
      .query("data_change_log")
      .withIndex("by_user_processed", (q) => q.eq("userId", userId).eq("processed", false))
      .first(),
  );
  return waiting === null;
}

export async function stateOf(t: Backend, userId: string): Promise<Doc<"aggregation_state">> {
  const state = await findState(t, userId);
  if (state === null) throw new Error(`${userId} is not listed`);
  return state;
}

/** Lists users whose records were planted. */
export async function adopt(t: Backend): Promise<void> {
  await t.mutation(internal.backfill.adopt, {});
  await runUntil(t, async () => {
    return (await t.query(internal.jobs.status, { kind: "adoption" })).status === "done";
  });
}

/** Has the results of filters stored, and waits until they are. */
export async function keep(t: Backend, userId: string, ...filters: FilterOptions[]): Promise<void> {
  for (const one of filters) {
    await asUser(t, userId).mutation(api.aggregations.request, {
      filters: filtersArg(one),
      keep: true,
    });
  }
  await runUntil(t, async () => {
    const tracked = await inTables(t, (ctx) =>
      ctx.db
        .query("tracked_filters")
        .withIndex("by_user_filter_hash", (q) => q.eq("userId", userId))
        .take(100),
    );
    return tracked.every(({ stored }) => stored !== null) && (await isAtRest(t, userId));
  });
}

/** The latest backfill, as its status tells it. */
export async function backfillStatus(t: Backend) {
  const run = await t.query(internal.backfill.status, {});
  if (run.status === "never") throw new Error("there was no backfill");
  return run;
}

/** All that is stored for the default filter is what the records come to. */
export async function expectCorrect(t: Backend, userId: string): Promise<void> {
  expect(await storedResults(t, userId)).toEqual(await expectedResults(t, userId));
}
