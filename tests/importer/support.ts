import type { Ingest, IngestAnswer } from "../../src/importer";
import type { ParsedEntry, TakeoutRecord } from "../../src/takeout";

/** A watch of its own. */
export function recordOf(index: number, fields: Partial<TakeoutRecord> = {}): TakeoutRecord {
  return {
    watchedAt: index,
    videoId: null,
    videoTitle: `Video ${String(index)}`,
    videoUrl: null,
    channelTitle: null,
    channelUrl: null,
    product: "YouTube",
    ...fields,
  };
}

export function entryOf(index: number, fields: Partial<TakeoutRecord> = {}): ParsedEntry {
  return { record: recordOf(index, fields) };
}

export async function* streamOf(
  entries: Iterable<ParsedEntry>,
  failure?: Error,
): AsyncGenerator<ParsedEntry> {
  for (const next of entries) yield await Promise.resolve(next);
  if (failure !== undefined) throw failure;
}

/** A backend that holds what it is sent, and refuses titles of "bad". */
export function makeBackend() {
  const held = new Set<string | null>();
  const batches: TakeoutRecord[][] = [];
  const ingest: Ingest = (records) => {
    batches.push(records);
    const answer: IngestAnswer = { inserted: 0, duplicates: 0, rejected: [] };
    records.forEach(({ videoTitle }, index) => {
      if (videoTitle === "bad") answer.rejected.push({ index, reason: "a bad title" });
      else if (held.has(videoTitle)) answer.duplicates += 1;
      else {
        held.add(videoTitle);
        answer.inserted += 1;
      }
    });
    return Promise.resolve(answer);
  };
  return { held, batches, ingest };
}

/** A call that ends when the test says so. */
export function deferred<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((resolved, rejected) => {
    resolve = resolved;
    reject = rejected;
  });
  return { promise, resolve, reject };
}
