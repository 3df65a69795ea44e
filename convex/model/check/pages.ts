import { paginationResultValidator, type PaginationOptions } from "convex/server";
import { v } from "convex/values";
import type { QueryCtx } from "../../_generated/server";
import { engineRecordValidator, fingerprintValidator } from "../../validators";
import { readPage } from "../page";
import { toEngineRecord } from "../records";

/** What a check reads page by page: records, and the segments made of them. */

type Reader = Pick<QueryCtx, "db">;

/** Read in one query; records alone may be as long as 25 kB. */
const MAX_PAGE_BYTES = 4 * 2 ** 20;
const MAX_RECORDS = 4_000;
const MAX_SEGMENTS = 200;

export const factsPageValidator = paginationResultValidator(
  v.object({ record: engineRecordValidator, recordKey: v.string() }),
);

/** Records as the engine reads them, in order of time, with their keys. */
export async function readFacts(ctx: Reader, userId: string, paginationOpts: PaginationOptions) {
  const facts = ctx.db
    .query("watch_records")
    .withIndex("by_user_watched_at_record_key", (q) => q.eq("userId", userId));
  const result = await readPage(facts, {
    ...paginationOpts,
    numItems: Math.min(paginationOpts.numItems, MAX_RECORDS),
    maximumBytesRead: MAX_PAGE_BYTES,
  });
  const records = result.page.map((document) => {
    const { topics, ...rest } = toEngineRecord(document);
    return { record: { ...rest, topics: [...topics] }, recordKey: document.recordKey };
  });
  return { ...result, page: records };
}

export const segmentsPageValidator = paginationResultValidator(
  v.object({
    partition: v.string(),
    bytes: v.bytes(),
    fingerprint: v.union(fingerprintValidator, v.null()),
  }),
);

/** Parts of the segments of an epoch, in order. */
export async function readParts(ctx: Reader, userId: string, epoch: number, cursor: string | null) {
  const segments = ctx.db
    .query("watch_segments")
    .withIndex("by_user_epoch_partition_part", (q) => q.eq("userId", userId).eq("epoch", epoch));
  const options = { cursor, numItems: MAX_SEGMENTS, maximumBytesRead: MAX_PAGE_BYTES };
  const result = await readPage(segments, options);
  const parts = result.page.map(({ partition, bytes, fingerprint = null }) => {
    return { partition, bytes, fingerprint };
  });
  return { ...result, page: parts };
}
