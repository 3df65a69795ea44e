import type { ParsedEntry, TakeoutRecord } from "../takeout";

/** Records one call of `watchRecords:ingest` may carry. */
const BATCH_RECORDS = 500;

export interface IngestAnswer {
  inserted: number;
  duplicates: number;
  rejected: { index: number; reason: string }[];
}

/** Sends records to the backend; it may take its time, reading waits for it. */
export type Ingest = (records: TakeoutRecord[]) => Promise<IngestAnswer>;

/**
 * Where the entries of an export went. `entries` is the sum of `inserted`, `duplicates`, all of
 * `skipped` and all of `rejected`, and while it runs of those not yet answered.
 */
export interface ImportTally {
  entries: number;
  inserted: number;
  /** Already there, or twice in the file. */
  duplicates: number;
  /** Of those inserted or already there: kept without a time. */
  undated: number;
  /** Entries that are no watches, by reason. */
  skipped: Record<string, number>;
  /** Watches the backend refused, by reason. */
  rejected: Record<string, number>;
}

export function newTally(): ImportTally {
  return { entries: 0, inserted: 0, duplicates: 0, undated: 0, skipped: {}, rejected: {} };
}

/**
 * Imports entries in batches, in their order. What was sent before a failure is in and counted.
 *
 * @param onTally called after each batch with what it has come to; the same object each time.
 * @throws whatever reading or `ingest` throws.
 */
export async function importEntries(
  entries: AsyncIterable<ParsedEntry>,
  ingest: Ingest,
  onTally: (tally: ImportTally) => void,
  tally: ImportTally = newTally(),
): Promise<ImportTally> {
  let batch: TakeoutRecord[] = [];
  const flush = async () => {
    if (batch.length > 0) await send(batch, ingest, tally);
    batch = [];
    onTally(tally);
  };
  try {
    for await (const entry of entries) {
      tally.entries += 1;
      if ("record" in entry) batch.push(entry.record);
      else count(tally.skipped, entry.skipped);
      if (batch.length === BATCH_RECORDS) await flush();
    }
  } finally {
    // What was read before a break is kept.
    await flush();
  }
  return tally;
}

async function send(batch: TakeoutRecord[], ingest: Ingest, tally: ImportTally): Promise<void> {
  const { inserted, duplicates, rejected } = await ingest(batch);
  tally.inserted += inserted;
  tally.duplicates += duplicates;
  const refused = new Set(rejected.map(({ index }) => index));
  for (const { reason } of rejected) count(tally.rejected, reason);
  tally.undated += batch.filter(
    ({ watchedAt }, index) => watchedAt === null && !refused.has(index),
  ).length;
}

function count(counts: Record<string, number>, reason: string): void {
  counts[reason] = (counts[reason] ?? 0) + 1;
}
