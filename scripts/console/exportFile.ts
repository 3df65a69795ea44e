import { createReadStream } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import type { TakeoutSource } from "../../src/takeout";
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

/** Several files and folders; with one file, the file itself. */
export interface ExportFiles {
  /** Bytes of all together. */
  size: number;
  /** Reads them once; `onBytes` is told how many bytes have been read. */
  open: (onBytes: (bytesRead: number) => void) => TakeoutSource;
}

/** Files that one export is looked for in: with all products of an account, tens of thousands. */
const MAX_FILES = 100_000;

/** @throws UnusableFileError where there is no such file. */
export async function findExport(path: string): Promise<ExportFile> {
  const { size, isFile } = await statOf(path);
  if (isFile) return fileAt(path, size);
  throw new UnusableFileError(
    `${path} is not a file: name the watch-history.html or .json of your export, or its .zip.`,
  );
}

/**
 * The files of an export that came in several parts, or was unpacked into a folder.
 *
 * @throws UnusableFileError where one does not exist, or a folder holds no file.
 */
export async function findExports(paths: readonly string[]): Promise<ExportFiles> {
  const found: { path: string; file: ExportFile }[] = [];
  for (const path of paths) {
    const before = found.length;
    for await (const inside of filesIn(path)) {
      found.push({ path: inside.path, file: fileAt(inside.path, inside.size) });
      if (found.length > MAX_FILES) {
        throw new UnusableFileError(
          `${path} holds more than ${MAX_FILES.toLocaleString("en-US")} files, which is too many to look through: name the folder of YouTube in the export.`,
        );
      }
    }
    if (found.length === before) throw new UnusableFileError(`${path} holds no files.`);
  }
  const [only, ...others] = found;
  if (only !== undefined && others.length === 0) return only.file;
  return {
    size: found.reduce((sum, { file }) => sum + file.size, 0),
    open: (onBytes) => {
      let before = 0;
      return found.map(({ path, file }) => ({
        path,
        open: () => {
          const start = before;
          before += file.size;
          return file.open((bytesRead) => onBytes(start + bytesRead));
        },
      }));
    },
  };
}

/** A file itself, or all in a folder, by name. Links that lead nowhere or back are passed over. */
async function* filesIn(
  path: string,
  within: readonly string[] = [],
): AsyncGenerator<{ path: string; size: number }> {
  const { size, isFile, isFolder } = await statOf(path);
  if (isFile) yield { path, size };
  if (!isFolder) return;
  const folder = await realpath(path);
  if (within.includes(folder)) return;
  const entries = await readdir(path, { withFileTypes: true }).catch((error: unknown) => {
    throw asUnusable(path, error);
  });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const inside = join(path, entry.name);
    if (entry.isSymbolicLink() && !(await leadsSomewhere(inside))) continue;
    yield* filesIn(inside, [...within, folder]);
  }
}

async function leadsSomewhere(link: string): Promise<boolean> {
  return await stat(link).then(
    () => true,
    () => false,
  );
}

function fileAt(path: string, size: number): ExportFile {
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

async function statOf(path: string) {
  try {
    const stats = await stat(path);
    return { size: stats.size, isFile: stats.isFile(), isFolder: stats.isDirectory() };
  } catch (error) {
    throw asUnusable(path, error);
  }
}

/** What the file system says, for a person; other errors as they are. */
export function asUnusable(path: string, error: unknown): Error {
  const code = error instanceof Error && "code" in error ? error.code : null;
  if (code === "ENOENT") return new UnusableFileError(`${path} does not exist.`);
  if (code === "ELOOP")
    return new UnusableFileError(`${path} is a link that leads back to itself.`);
  if (code === "EACCES")
    return new UnusableFileError(`${path} may not be read: permission denied.`);
  return error instanceof Error ? error : new Error(String(error));
}
