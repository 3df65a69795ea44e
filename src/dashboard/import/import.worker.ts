import { expose } from "comlink";
import { importEntries, type ImportTally, type Ingest } from "../../importer";
import { parseTakeout } from "../../takeout";

/** How far an import is. */
export interface ImportProgress {
  bytesRead: number;
  tally: ImportTally;
}

/**
 * Reads and parses a file away from the page, so that it never freezes; the page itself sends what
 * comes out, as it holds the connection.
 */
async function importFile(
  file: File,
  ingest: Ingest,
  onProgress: (progress: ImportProgress) => Promise<void>,
): Promise<ImportTally> {
  let bytesRead = 0;
  const counted = file.stream().pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        bytesRead += chunk.length;
        controller.enqueue(chunk);
      },
    }),
  );
  // HTML exports name zones by abbreviations, which the reader's own zone settles.
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  const entries = parseTakeout(counted, { now: Date.now(), timeZone });
  return await importEntries(entries, ingest, (tally) => void onProgress({ bytesRead, tally }));
}

const api = { importFile };
export type ImportWorker = typeof api;

expose(api);
