import { expose } from "comlink";
import {
  importExport,
  type ImportExportOptions,
  type ImportReceipt,
  type ImportTally,
  type Ingest,
} from "../../importer";

/** How far an import is. */
export interface ImportProgress {
  bytesRead: number;
  tally: ImportTally;
}

export type ImportRun = Pick<ImportExportOptions, "importId" | "fileName" | "timeZone">;

/** Bytes between two reports of progress while the backend has nothing to answer. */
const PROGRESS_BYTES = 512 * 1024;
const controller = new AbortController();

/**
 * Reads and parses a file away from the page, so that it never freezes; the page itself sends what
 * comes out, as it holds the connection.
 */
async function importFile(
  file: File,
  run: ImportRun,
  ingest: Ingest,
  onProgress: (progress: ImportProgress) => Promise<void>,
): Promise<ImportReceipt> {
  let latest: ImportTally | null = null;
  const counted = countBytes((bytesRead) => {
    if (latest !== null) void onProgress({ bytesRead, tally: latest });
  });
  return await importExport(file.stream().pipeThrough(counted.stream), {
    ...run,
    ingest,
    now: Date.now,
    signal: controller.signal,
    onTally: (tally) => {
      latest = tally;
      void onProgress({ bytesRead: counted.bytesRead(), tally });
    },
  });
}

/** Ends the import; what is under way is waited for. */
function stop(): void {
  controller.abort();
}

/** Passes bytes on, counting them. */
function countBytes(onStep: (bytesRead: number) => void) {
  let bytesRead = 0;
  let told = 0;
  const stream = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controls) {
      bytesRead += chunk.length;
      if (bytesRead - told >= PROGRESS_BYTES) onStep((told = bytesRead));
      controls.enqueue(chunk);
    },
  });
  return { stream, bytesRead: () => bytesRead };
}

const api = { importFile, stop };
export type ImportWorker = typeof api;

expose(api);
