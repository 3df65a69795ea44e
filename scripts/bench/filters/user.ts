/**
 * A user with a long history on the local backend. An import of 500,000 records would take most of
 * an hour, so the columns are put in place by the code that a recompute writes them with. All that
 * follows from them is made by the module itself: results, channel attributes and pointer.
 */
import { ConvexReactClient } from "convex/react";
import type { TestConvex } from "convex-test";
import { WebSocket } from "ws";
import { api } from "../../../convex/_generated/api";
import type schema from "../../../convex/schema";
import { UserColumns } from "../../../convex/model/columns";
import { DAY_MS, isUndated, partitionOf, utcDayOf } from "../../../convex/model/partitions";
import type { RecordFields } from "../../../convex/model/records";
import { ensureState } from "../../../convex/model/schedule";
import { recordKeyOf } from "../../../src/takeout/recordKey";
import { developmentUserId, type LocalBackend } from "../../localBackend";
import { BENCH_AS_OF, BENCH_TIME_ZONE, makeHistory } from "../history";

const EPOCH = 1;

export interface BenchUser {
  client: ConvexReactClient;
  userId: string;
  /** Those of the last day: a change is another one of them. */
  lastDay: readonly RecordFields[];
}

/** Signs a new user in over WebSocket, with six stored default filters. */
export async function addBenchUser(
  backend: LocalBackend,
  subject: string,
  records: readonly RecordFields[],
): Promise<BenchUser> {
  const userId = developmentUserId(subject);
  await plantColumns(backend, userId, records);
  const token = await backend.mintToken(subject);
  const client = new ConvexReactClient(backend.url, {
    // The types of ws and of the browser differ in members that the client does not use.
    webSocketConstructor: WebSocket as unknown as typeof globalThis.WebSocket,
    logger: false,
  });
  client.setAuth(() => Promise.resolve(token));
  // Another zone makes the module compute and store everything.
  await client.mutation(api.settings.setTimeZone, { timeZone: BENCH_TIME_ZONE });
  await untilAtRest(backend, userId);
  return { client, userId, lastDay: lastDayOf(records) };
}

/** The bench's history, moved to end yesterday, as it is stored: in the order in which it is folded. */
export function makeRecords(count: number, now: number): RecordFields[] {
  const yesterday = utcDayOf(now) * DAY_MS - DAY_MS;
  const byMs = yesterday - Date.parse(BENCH_AS_OF);
  const records = makeHistory(count).map(({ topics, watchedAt, ...record }, index) => {
    const number = String(index).padStart(6, "0");
    return {
      ...record,
      topics: [...topics],
      watchedAt: watchedAt === null ? null : watchedAt + byMs,
      videoId: `bench${number}`,
      videoTitle: `A video of some length, number ${number} of the history`,
      videoUrl: `https://www.youtube.com/watch?v=bench${number}`,
    };
  });
  return records.sort(byTimeAndKey);
}

function byTimeAndKey(left: RecordFields, right: RecordFields): number {
  if (left.watchedAt !== right.watchedAt) return (left.watchedAt ?? 0) - (right.watchedAt ?? 0);
  // Keys take long to make; few records are of the same instant.
  return recordKeyOf(left) < recordKeyOf(right) ? -1 : 1;
}

/**
 * Segments and dictionary, the state of a user at rest, and the records of the last day: those
 * that a recompute reads when that day changes.
 */
async function plantColumns(
  backend: LocalBackend,
  userId: string,
  records: readonly RecordFields[],
): Promise<void> {
  const lastDay = lastDayOf(records);
  await tablesOf(backend).run(async (ctx) => {
    const columns = new UserColumns(ctx, userId, EPOCH);
    for (const [partition, ofPartition] of partitionsOf(records)) {
      await columns.splice(partition, null, ofPartition);
    }
    await columns.save();
    for (const record of lastDay) {
      await ctx.db.insert("watch_records", { userId, recordKey: recordKeyOf(record), ...record });
    }
    const state = await ensureState(ctx, userId);
    await ctx.db.patch("aggregation_state", state._id, {
      epoch: EPOCH,
      recordCount: records.length,
    });
  });
}

/** Records of the last UTC day that has any. */
export function lastDayOf(records: readonly RecordFields[]): RecordFields[] {
  const last = utcDayOf(records.at(-1)?.watchedAt ?? 0);
  return records.filter(({ watchedAt }) => watchedAt !== null && utcDayOf(watchedAt) === last);
}

/** In the order of a rebuild: months, then buckets of undated records. */
function partitionsOf(records: readonly RecordFields[]): [string, RecordFields[]][] {
  const byPartition = new Map<string, RecordFields[]>();
  for (const record of records) {
    // Only undated records are placed by their keys, which take long to make.
    const recordKey = record.watchedAt === null ? recordKeyOf(record) : "";
    const partition = partitionOf(record.watchedAt, recordKey);
    const ofPartition = byPartition.get(partition);
    if (ofPartition === undefined) byPartition.set(partition, [record]);
    else ofPartition.push(record);
  }
  const rank = (partition: string) => (isUndated(partition) ? `2${partition}` : `1${partition}`);
  return [...byPartition].sort(([left], [right]) => (rank(left) < rank(right) ? -1 : 1));
}

/** The tables past the functions that guard them. */
export function tablesOf({ engine }: LocalBackend): TestConvex<typeof schema> {
  // The backend runs this schema; which one, its type has forgotten.
  return engine.backend;
}

export const LOOK_MS = 50;
/** A run that has ended looks once more after two seconds. */
const LAST_LOOK_MS = 2_200;

/**
 * Resolves when a user's runs have ended, their last look included. Reads outside of transactions,
 * so that nothing of it is metered.
 */
export async function untilAtRest(backend: LocalBackend, userId: string): Promise<void> {
  const { engine } = backend;
  const isAtRest = () => {
    const state = engine.documentsOf("aggregation_state").find((row) => row["userId"] === userId);
    const isWaiting = engine
      .documentsOf("data_change_log")
      .some((row) => row["processed"] === false);
    return state?.["phase"] === "idle" && state["lastRecomputedAt"] !== null && !isWaiting;
  };
  while (!isAtRest()) await pause(LOOK_MS);
  await pause(LAST_LOOK_MS);
  if (!isAtRest()) await untilAtRest(backend, userId);
}

export async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
