import { isInvalidCursor } from "../store/errors";
import type { ComputationHost } from "./computationHost";
import type { PageSource } from "./pageSource";

/** Of one download; after them it waits like any download that fails. */
const MAX_RESTARTS = 2;

/**
 * Fetches all records into a computation. Starts again from the first page where the server no
 * longer takes the cursor, because the query or the user has changed.
 *
 * @param onProgress told how many records are there.
 * @param isWanted asked before each page.
 * @returns false where nobody wants them any more.
 */
export async function downloadRecords(
  source: PageSource,
  host: ComputationHost,
  pageRecords: number,
  onProgress: (loaded: number) => void,
  isWanted: () => boolean,
): Promise<boolean> {
  for (let restarts = 0; ; restarts++) {
    try {
      return await downloadOnce(source, host, pageRecords, onProgress, isWanted);
    } catch (error) {
      if (!isInvalidCursor(error) || restarts === MAX_RESTARTS) throw error;
    }
  }
}

async function downloadOnce(
  source: PageSource,
  host: ComputationHost,
  pageRecords: number,
  onProgress: (loaded: number) => void,
  isWanted: () => boolean,
): Promise<boolean> {
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
