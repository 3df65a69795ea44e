import type { ReadEntry } from "./activity";

/** Entries in which the words around the titles tell the file's language, if they do. */
export const MAX_TELLING_TITLES = 200;

/** Reads the entries of one file, once it knows enough of the file. */
export interface EntryReader<Unit> {
  /** Lets an entry tell of the file, before any is read. */
  notice: (unit: Unit) => void;
  /** Whether the entries noticed, this many, are enough. */
  isSettledAfter: (entries: number) => boolean;
  read: (unit: Unit) => ReadEntry;
}

/**
 * The entries of a file, in its order: the first of them are held until the reader is settled. What
 * is read does not depend on how the file comes in batches.
 *
 * @returns what the batches return.
 * @throws what the batches throw, after the entries that were held.
 */
export async function* readEntries<Unit, End>(
  batches: AsyncGenerator<Unit[], End, void>,
  reader: EntryReader<Unit>,
): AsyncGenerator<ReadEntry[], End, void> {
  let held: Unit[] | null = [];
  const read = (unit: Unit) => reader.read(unit);
  for (;;) {
    let next: IteratorResult<Unit[], End>;
    try {
      next = await batches.next();
    } catch (error) {
      if (held !== null) yield held.map(read);
      throw error;
    }
    if (next.done === true) {
      if (held !== null) yield held.map(read);
      return next.value;
    }
    if (held === null) {
      yield next.value.map(read);
      continue;
    }
    held.push(...next.value);
    if (!isSettledBy(held, next.value, reader)) continue;
    yield held.map(read);
    held = null;
  }
}

/** Notices the new entries, the last of those held, until they are enough. */
function isSettledBy<Unit>(
  held: readonly Unit[],
  added: readonly Unit[],
  reader: EntryReader<Unit>,
): boolean {
  const before = held.length - added.length;
  return added.some((unit, index) => {
    reader.notice(unit);
    return reader.isSettledAfter(before + index + 1);
  });
}
