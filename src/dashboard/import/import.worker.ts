import { expose } from "comlink";
import type { TakeoutSource } from "../../takeout";
import type { ChosenFile } from "./chosenFiles";
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

export type ImportRun = Pick<ImportExportOptions, "importId" | "fileName" | "timeZone" | "keepAds">;

/** Bytes between two reports of progress while the backend has nothing to answer. */
const PROGRESS_BYTES = 512 * 1024;
const controller = new AbortController();

/**
 * Reads and parses files away from the page, so that it never freezes; the page itself sends what
 * comes out, as it holds the connection.
 */
async function importFiles(
  files: readonly ChosenFile[],
  run: ImportRun,
  ingest: Ingest,
  onProgress: (progress: ImportProgress) => Promise<void>,
): Promise<ImportReceipt> {
  let latest: ImportTally | null = null;
  const counter = new ByteCounter((bytesRead) => {
    if (latest !== null) void onProgress({ bytesRead, tally: latest });
  });
  return await importExport(sourceOf(files, counter), {
    ...run,
    ingest,
    now: Date.now,
    signal: controller.signal,
    onTally: (tally) => {
      latest = tally;
      void onProgress({ bytesRead: counter.bytesRead, tally });
    },
  });
}

/** Ends the import; what is under way is waited for. */
function stop(): void {
  controller.abort();
}

function sourceOf(files: readonly ChosenFile[], counter: ByteCounter): TakeoutSource {
  const open = ({ file }: ChosenFile) => file.stream().pipeThrough(counter.stream());
  const [only, ...others] = files;
  if (only !== undefined && others.length === 0) return open(only);
  return files.map((chosen) => ({ path: chosen.path, open: () => open(chosen) }));
}

/** Passes bytes on, counting them. */
class ByteCounter {
  bytesRead = 0;
  private told = 0;

  constructor(private readonly onStep: (bytesRead: number) => void) {}

  stream(): TransformStream<Uint8Array, Uint8Array> {
    return new TransformStream({
      transform: (chunk: Uint8Array, controls) => {
        this.bytesRead += chunk.length;
        if (this.bytesRead - this.told >= PROGRESS_BYTES) this.onStep((this.told = this.bytesRead));
        controls.enqueue(chunk);
      },
    });
  }
}

const api = { importFiles, stop };
export type ImportWorker = typeof api;

expose(api);
