import { compareValues, type Value } from "convex/values";

/** What a document is sorted by; the last value is its id. */
export type Key = (Value | undefined)[];

/** A chunk is split when it gets longer. */
const MAX_CHUNK = 512;

/**
 * The keys of an index, ascending. Kept in chunks: with hundreds of thousands of keys, putting one
 * into the middle of a single array moves half of them.
 */
export class SortedKeys {
  private readonly chunks: Key[][] = [];

  constructor(private readonly maxChunk = MAX_CHUNK) {}

  insert(key: Key): void {
    const isPast = (stored: Key) => compareKeys(stored, key) >= 0;
    // Beyond all there are, it belongs to the last chunk.
    const place = Math.min(this.chunkOf(isPast), this.chunks.length - 1);
    const chunk = this.chunks[place];
    if (chunk === undefined) {
      this.chunks.push([key]);
      return;
    }
    chunk.splice(bisect(chunk, isPast), 0, key);
    if (chunk.length <= this.maxChunk) return;
    this.chunks.splice(place + 1, 0, chunk.splice(chunk.length >>> 1));
  }

  /** Removes a key that is there. */
  remove(key: Key): void {
    const isPast = (stored: Key) => compareKeys(stored, key) >= 0;
    const place = this.chunkOf(isPast);
    const chunk = this.chunks[place];
    if (chunk === undefined) return;
    chunk.splice(bisect(chunk, isPast), 1);
    if (chunk.length === 0) this.chunks.splice(place, 1);
  }

  /** How many keys come before the first that is past something: as many as there are, if none. */
  rankOf(isPast: (key: Key) => boolean): number {
    const place = this.chunkOf(isPast);
    let rank = 0;
    for (let index = 0; index < place; index++) rank += this.chunks[index]!.length;
    const chunk = this.chunks[place];
    return chunk === undefined ? rank : rank + bisect(chunk, isPast);
  }

  /** The keys of ranks start ≤ rank < end, ascending. */
  *between(start: number, end: number): Generator<Key> {
    let rank = 0;
    for (const chunk of this.chunks) {
      if (rank >= end) return;
      const from = Math.max(0, start - rank);
      const to = Math.min(chunk.length, end - rank);
      for (let index = from; index < to; index++) yield chunk[index]!;
      rank += chunk.length;
    }
  }

  /** The first chunk that ends with a key that is past something: their number, if none does. */
  private chunkOf(isPast: (key: Key) => boolean): number {
    return bisect(this.chunks, (chunk) => isPast(chunk.at(-1)!));
  }
}

/** Compares as far as `key` goes. */
export function compareKeys(stored: Key, key: Key): number {
  for (let index = 0; index < key.length; index++) {
    const order = compareValues(stored[index], key[index]);
    if (order !== 0) return order;
  }
  return 0;
}

function bisect<T>(list: readonly T[], isPast: (entry: T) => boolean): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isPast(list[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}
