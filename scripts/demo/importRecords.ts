import type { ConvexHttpClient } from "convex/browser";
import { api } from "../../convex/_generated/api";
import type { TakeoutRecord } from "../../src/takeout";
import { startProgress } from "./progress";

const BATCH_RECORDS = 500;

export interface ImportCounts {
  inserted: number;
  duplicates: number;
  /** Refused records: their position among those sent, and why. */
  rejected: { index: number; reason: string }[];
}

/** Sends records in batches, in order, showing how far it is. */
export async function importRecords(
  client: ConvexHttpClient,
  records: readonly TakeoutRecord[],
): Promise<ImportCounts> {
  const counts: ImportCounts = { inserted: 0, duplicates: 0, rejected: [] };
  const progress = startProgress("Importing", records.length, "records");
  for (let start = 0; start < records.length; start += BATCH_RECORDS) {
    const batch = records.slice(start, start + BATCH_RECORDS).map(toIncoming);
    const answer = await client.mutation(api.watchRecords.ingest, { records: batch });
    counts.inserted += answer.inserted;
    counts.duplicates += answer.duplicates;
    for (const { index, reason } of answer.rejected) {
      counts.rejected.push({ index: start + index, reason });
    }
    progress.update(start + batch.length);
  }
  progress.stop();
  return counts;
}

function toIncoming(record: TakeoutRecord) {
  const { watchedAt, videoId, videoTitle, videoUrl, channelTitle, channelUrl, product } = record;
  return { watchedAt, videoId, videoTitle, videoUrl, channelTitle, channelUrl, product };
}
