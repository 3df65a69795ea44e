import { paginationOptsValidator, paginationResultValidator } from "convex/server";
import { v } from "convex/values";
import { cutText } from "../src/text";
import type { Doc } from "./_generated/dataModel";
import type { MutationCtx, QueryCtx } from "./_generated/server";
import { refusal } from "./errors";
import { recordMutation, userQuery } from "./functions";
import { columnsVersion, findTrustedPointer } from "./model/browserColumns";
import { refuseWhileErasing } from "./model/erasure";
import { readPage } from "./model/page";
import {
  normalizeBatch,
  normalizeRecord,
  RecordRefusal,
  toEngineRecord,
  type RejectedRecord,
} from "./model/records";
import { readPointer } from "./model/pointer";
import { timeZoneOf } from "./model/settings";
import { engineRecordValidator, incomingRecordValidator, recordPatchValidator } from "./validators";

/** Records one call may carry: far from the limits of a transaction even where all are long. */
const MAX_BATCH = 500;
const MAX_PAGE_RECORDS = 4_000;
/** A record may be as long as 25 kB; a page of such records holds fewer of them. */
const MAX_PAGE_BYTES = 4 * 2 ** 20;

function requireBatch(name: string, length: number): void {
  if (length <= MAX_BATCH) return;
  throw refusal(
    "BATCH_TOO_LARGE",
    `${name} has ${length} entries; at most ${MAX_BATCH} are allowed a call: send them in parts.`,
    { length, maxLength: MAX_BATCH },
  );
}

/** Finds records together, in the order of their keys: one by one, each look-up waits for the last. */
async function findRecords(
  ctx: Pick<MutationCtx, "db">,
  userId: string,
  recordKeys: readonly string[],
): Promise<(Doc<"watch_records"> | null)[]> {
  return await Promise.all(recordKeys.map((recordKey) => findRecord(ctx, userId, recordKey)));
}

async function findRecord(
  ctx: Pick<MutationCtx, "db">,
  userId: string,
  recordKey: string,
): Promise<Doc<"watch_records"> | null> {
  return await ctx.db
    .query("watch_records")
    .withIndex("by_user_record_key", (q) => q.eq("userId", userId).eq("recordKey", recordKey))
    .first();
}

/**
 * Adds watches. A record already there (by `recordKey`: time in whole seconds, product, video) is
 * counted as a duplicate and left as it is, so sending a batch twice adds nothing twice. A record
 * the contract does not allow is answered by its index and a reason; the others go in.
 */
export const ingest = recordMutation({
  args: { records: v.array(incomingRecordValidator) },
  returns: v.object({
    inserted: v.number(),
    duplicates: v.number(),
    rejected: v.array(v.object({ index: v.number(), reason: v.string() })),
  }),
  handler: async (ctx, { records }) => {
    requireBatch("records", records.length);
    if (ctx.isErasing) return refuseAll(records.length);
    const { byKey, rejected } = normalizeBatch(records, Date.now());
    const found = await findRecords(ctx, ctx.userId, [...byKey.keys()]);
    const added = [...byKey].filter((_entry, index) => found[index] === null);
    for (const [recordKey, fields] of added) {
      await ctx.db.insert("watch_records", { userId: ctx.userId, recordKey, ...fields });
    }
    const inserted = added.length;
    return { inserted, duplicates: records.length - rejected.length - inserted, rejected };
  },
});

/** Refuses each record by its index, so that a receipt accounts for it. */
function refuseAll(length: number) {
  const reason = "all your data are being erased; send it again when that has ended";
  const rejected = Array.from({ length }, (_, index): RejectedRecord => ({ index, reason }));
  return { inserted: 0, duplicates: 0, rejected };
}

/**
 * Changes fields of one watch. Its `recordKey` stays: importing the export it came from again
 * still finds it, and keeps the correction.
 */
export const update = recordMutation({
  args: { recordKey: v.string(), patch: recordPatchValidator },
  returns: v.null(),
  handler: async (ctx, { recordKey, patch }) => {
    await refuseWhileErasing(ctx, ctx.userId);
    const record = await findRecord(ctx, ctx.userId, recordKey);
    if (record === null) {
      throw refusal(
        "NOT_FOUND",
        `No watch record of yours has the key "${cutText(recordKey, 100)}".`,
      );
    }
    await ctx.db.patch("watch_records", record._id, normalizePatch(record, patch));
    return null;
  },
});

function normalizePatch(record: Doc<"watch_records">, patch: typeof recordPatchValidator.type) {
  try {
    const { _id, _creationTime, userId, recordKey, ...fields } = record;
    return normalizeRecord({ ...fields, ...patch }, Date.now());
  } catch (error) {
    if (!(error instanceof RecordRefusal)) throw error;
    throw refusal("INVALID_RECORDS", `Nothing was changed: ${error.message}.`);
  }
}

/** Deletes watches; keys that are not there are passed over. */
export const remove = recordMutation({
  args: { recordKeys: v.array(v.string()) },
  returns: v.object({ removed: v.number() }),
  handler: async (ctx, { recordKeys }) => {
    requireBatch("recordKeys", recordKeys.length);
    await refuseWhileErasing(ctx, ctx.userId);
    const found = await findRecords(ctx, ctx.userId, [...new Set(recordKeys)]);
    const records = found.filter((record) => record !== null);
    for (const { _id } of records) await ctx.db.delete("watch_records", _id);
    return { removed: records.length };
  },
});

/**
 * Deletes up to 500 watches without a time, for an export that has their times. Call it until
 * `isDone`.
 */
export const removeUndated = recordMutation({
  args: {},
  returns: v.object({ removed: v.number(), isDone: v.boolean() }),
  handler: async (ctx) => {
    await refuseWhileErasing(ctx, ctx.userId);
    const undated = await ctx.db
      .query("watch_records")
      .withIndex("by_user_watched_at_record_key", (q) =>
        q.eq("userId", ctx.userId).eq("watchedAt", null),
      )
      .take(MAX_BATCH);
    for (const { _id } of undated) await ctx.db.delete("watch_records", _id);
    return { removed: undated.length, isDone: undated.length < MAX_BATCH };
  },
});

/**
 * The user's records as the engine reads them, undated ones first, then by time: what the browser
 * computes from when it does so itself. At most 4,000 a page.
 *
 * @throws INVALID_CURSOR
 */
export const page = userQuery({
  args: { paginationOpts: paginationOptsValidator },
  returns: paginationResultValidator(engineRecordValidator),
  handler: async (ctx, { paginationOpts }) => {
    const records = ctx.db
      .query("watch_records")
      .withIndex("by_user_watched_at_record_key", (q) => q.eq("userId", ctx.userId));
    const result = await readPage(records, {
      ...paginationOpts,
      numItems: Math.min(paginationOpts.numItems, MAX_PAGE_RECORDS),
      maximumBytesRead: MAX_PAGE_BYTES,
    });
    return {
      ...result,
      page: result.page.map((record) => {
        const { topics, ...rest } = toEngineRecord(record);
        return { ...rest, topics: [...topics] };
      }),
    };
  },
});

/**
 * Whose records `page` reads and of which change they are: what a browser that holds a copy needs
 * to know whether the copy is still good. `lastChange` is opaque; it differs after every change.
 */
export const revision = userQuery({
  args: {},
  returns: v.object({
    userId: v.string(),
    lastChange: v.union(v.string(), v.null()),
    /** Records at the last recompute: how many to expect. */
    recordCount: v.number(),
    timeZone: v.string(),
    /** Whether results do not yet know all changes. */
    changesPending: v.boolean(),
    /**
     * Which columns `aggregations:columns` has, opaque: another one after each recompute. Null
     * where it has none, or none that are to be trusted.
     */
    columns: v.union(v.string(), v.null()),
  }),
  handler: async (ctx) => {
    const { userId } = ctx;
    const [waiting, processed, pointer, trusted, timeZone] = await Promise.all([
      newestChange(ctx, userId, false),
      newestChange(ctx, userId, true),
      readPointer(ctx, userId),
      findTrustedPointer(ctx, userId),
      timeZoneOf(ctx, userId),
    ]);
    const [last] = [waiting, processed]
      .filter((row) => row !== null)
      .sort((a, b) => b._creationTime - a._creationTime);
    const { recordCount } = pointer;
    const changesPending = waiting !== null;
    const columns = trusted === null ? null : columnsVersion(trusted);
    const lastChange = last?._id ?? null;
    return { userId, lastChange, recordCount, timeZone, changesPending, columns };
  },
});

/** Marking a row as processed moves it in the index, but leaves it the newest of both halves. */
async function newestChange(ctx: Pick<QueryCtx, "db">, userId: string, processed: boolean) {
  return await ctx.db
    .query("data_change_log")
    .withIndex("by_user_processed", (q) => q.eq("userId", userId).eq("processed", processed))
    .order("desc")
    .first();
}
