import { countReason } from "../../src/importer";
import { parseTakeout, TakeoutError, type TakeoutRecord } from "../../src/takeout";
import { asUnusable, findExport, UnusableFileError } from "../console/exportFile";
import { startProgress } from "../console/progress";

export interface ReadExport {
  records: TakeoutRecord[];
  /** Entries that are no watches, by reason. */
  skipped: Record<string, number>;
  entryCount: number;
}

/**
 * Reads a whole export, which the demo checks its results against.
 *
 * @throws UnusableFileError where the file cannot be read or is not a watch history.
 */
export async function readExport(path: string): Promise<ReadExport> {
  const { size, open } = await findExport(path);
  const progress = startProgress("Reading  ", Math.ceil(size / 1024), "kB");
  const result: ReadExport = { records: [], skipped: {}, entryCount: 0 };
  try {
    const stream = open((bytesRead) => progress.update(Math.floor(bytesRead / 1024)));
    const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
    for await (const entry of parseTakeout(stream, { now: Date.now(), timeZone })) {
      result.entryCount += 1;
      if ("record" in entry) result.records.push(entry.record);
      else countReason(result.skipped, entry.skipped);
    }
  } catch (error) {
    if (error instanceof TakeoutError) throw new UnusableFileError(`${path}: ${error.message}`);
    throw asUnusable(path, error);
  } finally {
    progress.stop();
  }
  return result;
}
