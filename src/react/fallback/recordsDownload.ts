import { isInvalidCursor } from "../store/errors";
import type { ComputationHost } from "./computationHost";
import type { PageSource } from "./pageSource";

/** Of one download; after them it waits like any download that fails. */
const MAX_RESTARTS = 2;

interface Download {
  source: PageSource;
  host: ComputationHost;
  /** Asked for at a time. */
  pageRecords: number;
  /** Told how many records are there. */
  onProgress: (loaded: number) => void;
  /** Asked after each page. */
  isWanted: () => boolean;
}

/**
 * Fetches all records into a computation. Starts again from the first page where the server no
 * longer takes the cursor, because the query or the user has changed.
 *
 * @returns false where nobody wants them any more.
 */
export async function downloadRecords(download: Download): Promise<boolean> {
  for (let restarts = 0; ; restarts++) {
    try {
      return await downloadOnce(download);
    } catch (error) {
      if (!isInvalidCursor(error) || restarts === MAX_RESTARTS) throw error;
    }
  }
}

async function downloadOnce(download: Download): Promise<boolean> {
  const { source, host, pageRecords, onProgress, isWanted } = download;
  await host.run("begin");
  let loaded = 0;
  for (let cursor: string | null = null, isDone = false; !isDone;) {
    const page = await source.page(cursor, pageRecords);
    if (!isWanted()) return false;
    ({ continueCursor: cursor, isDone } = page);
    loaded += page.page.length;
    await host.run("add", page.page);
    onProgress(loaded);
  }
  await host.run("commit");
  return true;
}
