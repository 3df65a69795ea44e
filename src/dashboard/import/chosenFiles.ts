import { nameOfFiles } from "../../importer";

/** A file that a person chose, or that was in a folder they chose. */
export interface ChosenFile {
  /** With its folders, for people. */
  path: string;
  file: File;
}

/** The files of an input, those that a person chose. */
export function chosenIn(input: HTMLInputElement): ChosenFile[] {
  return [...(input.files ?? [])].map((file) => ({ path: file.name, file }));
}

/**
 * The files that were dropped, and all in the folders that were. It has to be called while the event
 * is handled: afterwards, a browser tells no more.
 */
export async function droppedIn({ items, files }: DataTransfer): Promise<ChosenFile[]> {
  const entries = [...items].map((item) => item.webkitGetAsEntry());
  const hasFolder = entries.some((entry) => entry?.isDirectory === true);
  if (!hasFolder) return [...files].map((file) => ({ path: file.name, file }));
  const found = await Promise.all(entries.filter((entry) => entry !== null).map(filesIn));
  return found.flat();
}

async function filesIn(entry: FileSystemEntry): Promise<ChosenFile[]> {
  if (isFile(entry)) {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
    return [{ path: entry.fullPath.replace(/^\//, ""), file }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader(); // it is no file
  const found: ChosenFile[] = [];
  // A folder is told in parts; an empty part is its end.
  for (;;) {
    const part = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (part.length === 0) return found;
    for (const inside of part) found.push(...(await filesIn(inside)));
  }
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

export function nameOf(files: readonly ChosenFile[]): string {
  return nameOfFiles(files.map(({ file }) => file.name));
}
