import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { parseTakeout, TakeoutError, type TakeoutRecord } from "../../src/takeout";
import { startProgress } from "./progress";

/** A file that is not a watch history: the message is for the person who named it. */
export class UnusableFileError extends Error {
  override name = "UnusableFileError";
}

export interface ReadExport {
  records: TakeoutRecord[];
  /** Entries that are no watches, by reason. */
  skipped: Map<string, number>;
  entryCount: number;
}

/**
 * Reads a whole export.
 *
 * @throws UnusableFileError where the file cannot be read or is not a watch history.
 */
export async function readExport(path: string): Promise<ReadExport> {
  const size = await sizeOf(path);
  const progress = startProgress("Reading  ", Math.ceil(size / 1024), "kB");
  const result: ReadExport = { records: [], skipped: new Map(), entryCount: 0 };
  let bytesRead = 0;
  const file = createReadStream(path);
  file.on("data", (chunk) => {
    bytesRead += chunk.length;
    progress.update(Math.floor(bytesRead / 1024));
  });
  try {
    // Node's and the DOM's types of the same stream differ in name only.
    const stream = Readable.toWeb(file) as unknown as ReadableStream<Uint8Array>;
    const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
    for await (const entry of parseTakeout(stream, { now: Date.now(), timeZone })) {
      result.entryCount += 1;
      if ("record" in entry) result.records.push(entry.record);
      else result.skipped.set(entry.skipped, (result.skipped.get(entry.skipped) ?? 0) + 1);
    }
  } catch (error) {
    if (error instanceof TakeoutError) throw new UnusableFileError(`${path}: ${error.message}`);
    throw asUnusable(path, error);
  } finally {
    progress.stop();
  }
  return result;
}

async function sizeOf(path: string): Promise<number> {
  try {
    const stats = await stat(path);
    if (stats.isFile()) return stats.size;
  } catch (error) {
    throw asUnusable(path, error);
  }
  throw new UnusableFileError(
    `${path} is not a file: name the watch-history.html or .json of your export.`,
  );
}

function asUnusable(path: string, error: unknown): Error {
  const code = error instanceof Error && "code" in error ? error.code : null;
  if (code === "ENOENT") return new UnusableFileError(`${path} does not exist.`);
  if (code === "EACCES")
    return new UnusableFileError(`${path} may not be read: permission denied.`);
  return error instanceof Error ? error : new Error(String(error));
}
