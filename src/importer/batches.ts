import type { TakeoutRecord } from "../takeout";

/** Records one call of `watchRecords:ingest` may carry. */
export const MAX_BATCH_RECORDS = 500;
/**
 * Characters of text in one call: four bytes each at the most, far from the 16 MiB that a call of
 * Convex may carry and a transaction may write.
 */
export const MAX_BATCH_CHARACTERS = 1_000_000;

/** Gathers records into batches bounded by number and by size. */
export class Batch {
  private records: TakeoutRecord[] = [];
  private characters = 0;

  /** Adds a record; returns what has to go before it, where it found no room. */
  add(record: TakeoutRecord): TakeoutRecord[] {
    const characters = charactersIn(record);
    const isFull =
      this.records.length === MAX_BATCH_RECORDS ||
      this.characters + characters > MAX_BATCH_CHARACTERS;
    const full = isFull ? this.take() : [];
    this.records.push(record);
    this.characters += characters;
    return full;
  }

  /** Empties it. */
  take(): TakeoutRecord[] {
    const { records } = this;
    this.records = [];
    this.characters = 0;
    return records;
  }
}

function charactersIn(record: TakeoutRecord): number {
  return Object.values(record).reduce<number>(
    (sum, value) => sum + (typeof value === "string" ? value.length : 0),
    0,
  );
}
