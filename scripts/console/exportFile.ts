import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { CommandError } from "./commandError";

/** A file that cannot be read: the message is for the person who named it. */
export class UnusableFileError extends CommandError {
  override name = "UnusableFileError";

  constructor(message: string) {
    super(message, 2);
  }
}

export interface ExportFile {
  /** Bytes. */
  size: number;
  /** Reads the file once; `onBytes` is told how many bytes have been read. */
  open: (onBytes: (bytesRead: number) => void) => ReadableStream<Uint8Array>;
}

/** @throws UnusableFileError where there is no such file. */
export async function findExport(path: string): Promise<ExportFile> {
  const size = await sizeOf(path);
  return {
    size,
    open: (onBytes) => {
      let bytesRead = 0;
      const file = createReadStream(path);
      const counted = Readable.from(
        (async function* () {
          for await (const chunk of file) {
            const bytes = chunk as Uint8Array; // no encoding is set
            bytesRead += bytes.length;
            onBytes(bytesRead);
            yield bytes;
          }
        })(),
        { objectMode: true, highWaterMark: 1 },
      );
      // Node's and the DOM's types of the same stream differ in name only.
      return Readable.toWeb(counted) as unknown as ReadableStream<Uint8Array>;
    },
  };
}

async function sizeOf(path: string): Promise<number> {
  try {
    const stats = await stat(path);
    if (stats.isFile()) return stats.size;
  } catch (error) {
    throw asUnusable(path, error);
  }
  throw new UnusableFileError(
    `${path} is not a file: name the watch-history.html or .json of your export, or its .zip.`,
  );
}

/** What the file system says, for a person; other errors as they are. */
export function asUnusable(path: string, error: unknown): Error {
  const code = error instanceof Error && "code" in error ? error.code : null;
  if (code === "ENOENT") return new UnusableFileError(`${path} does not exist.`);
  if (code === "EACCES")
    return new UnusableFileError(`${path} may not be read: permission denied.`);
  return error instanceof Error ? error : new Error(String(error));
}
