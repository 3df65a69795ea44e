import { identityOf, type ParsedEntry, type TakeoutRecord } from "../takeout";
import { Batch } from "./batches";
import { countReason, newTally, type ImportTally } from "./tally";

/** Calls under way at once: the backend is never idle, and no user's writes pile up. */
const MAX_IN_FLIGHT = 3;

export interface IngestAnswer {
  inserted: number;
  duplicates: number;
  rejected: { index: number; reason: string }[];
}

/** Sends records to the backend; it may take its time, reading waits for it. */
export type Ingest = (records: TakeoutRecord[]) => Promise<IngestAnswer>;

export interface ImportEntriesOptions {
  ingest: Ingest;
  /** Counted into; a new one by default. It stands when the import fails. */
  tally?: ImportTally;
  /** Ends reading; what is under way is waited for. */
  signal?: AbortSignal | undefined;
  /** Called after each answer, with the tally. */
  onTally?: (tally: ImportTally) => void;
  onRejected?: (record: TakeoutRecord, reason: string) => void;
}

/**
 * Imports entries in batches, a few at a time. What was read before a break is sent, and what was
 * sent is waited for and counted, however it ends.
 *
 * @throws whatever reading or `ingest` throws, and the signal's reason.
 */
export async function importEntries(
  entries: AsyncIterable<ParsedEntry>,
  options: ImportEntriesOptions,
): Promise<ImportTally> {
  const tally = options.tally ?? newTally();
  const sender = new Sender(tally, options);
  try {
    await readAll(entries, sender, tally, options.signal);
  } finally {
    await sender.finish();
  }
  sender.throwIfFailed();
  options.signal?.throwIfAborted();
  return tally;
}

async function readAll(
  entries: AsyncIterable<ParsedEntry>,
  sender: Sender,
  tally: ImportTally,
  signal: AbortSignal | undefined,
): Promise<void> {
  const seen = new Set<string>();
  for await (const entry of entries) {
    if (signal?.aborted === true || sender.hasFailed) return;
    tally.entries += 1;
    if ("skipped" in entry) {
      countReason(tally.skipped, entry.skipped);
      continue;
    }
    const identity = identityOf(entry.record);
    if (seen.has(identity)) {
      tally.repeated += 1;
      continue;
    }
    seen.add(identity);
    tally.unsent += 1;
    const full = sender.add(entry.record);
    if (full.length > 0) await sender.send(full);
  }
}

/**
 * Keeps a few calls under way. Records without a time go in calls of their own, as an answer tells
 * how many were new, not which.
 */
class Sender {
  private readonly dated = new Batch();
  private readonly undated = new Batch();
  private readonly underWay = new Set<Promise<void>>();
  private failure: { error: unknown } | null = null;

  constructor(
    private readonly tally: ImportTally,
    private readonly options: ImportEntriesOptions,
  ) {}

  get hasFailed(): boolean {
    return this.failure !== null;
  }

  throwIfFailed(): void {
    if (this.failure !== null) throw this.failure.error;
  }

  /** Returns the batch that is full now, or an empty one. */
  add(record: TakeoutRecord): TakeoutRecord[] {
    return (record.watchedAt === null ? this.undated : this.dated).add(record);
  }

  /** Resolves as soon as the next may be sent. */
  async send(records: TakeoutRecord[]): Promise<void> {
    while (this.underWay.size >= MAX_IN_FLIGHT) await Promise.race(this.underWay);
    if (this.mayNotSend()) return;
    const call = this.call(records).finally(() => this.underWay.delete(call));
    this.underWay.add(call);
  }

  /** Sends what is left, and waits for all. */
  async finish(): Promise<void> {
    for (const batch of [this.dated, this.undated]) {
      const rest = batch.take();
      if (rest.length > 0) await this.send(rest);
    }
    await Promise.all(this.underWay);
  }

  private mayNotSend(): boolean {
    return this.hasFailed || this.options.signal?.aborted === true;
  }

  private async call(records: TakeoutRecord[]): Promise<void> {
    try {
      this.count(records, await this.options.ingest(records));
      this.options.onTally?.(this.tally);
    } catch (error) {
      this.failure ??= { error };
    }
  }

  private count(records: readonly TakeoutRecord[], answer: IngestAnswer): void {
    const { tally } = this;
    tally.unsent -= records.length;
    tally.alreadyThere += answer.duplicates;
    if (records[0]?.watchedAt === null) tally.undated += answer.inserted;
    else tally.inserted += answer.inserted;
    for (const { index, reason } of answer.rejected) {
      countReason(tally.rejected, reason);
      const record = records[index];
      if (record !== undefined) this.options.onRejected?.(record, reason);
    }
  }
}
