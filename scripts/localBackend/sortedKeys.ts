import { compareValues, type Value } from "convex/values";

/** What a document is sorted by; the last value is its id. */
export type Key = (Value | undefined)[];

/** A place among the keys, until they change. */
export interface Place {
  chunk: number;
  offset: number;
}

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

  /** Where the first key is that is past something; beyond the last, if none is. */
  placeOf(isPast: (key: Key) => boolean): Place {
    const chunk = this.chunkOf(isPast);
    const keys = this.chunks[chunk];
    return { chunk, offset: keys === undefined ? 0 : bisect(keys, isPast) };
  }

  /** The keys from one place to before another, ascending; of more than `limit`, the first. */
  *ascending(start: Place, end: Place, limit = Infinity): Generator<Key> {
    let left = limit;
    for (let index = start.chunk; index <= end.chunk; index++) {
      const chunk = this.chunks[index] ?? [];
      const from = index === start.chunk ? start.offset : 0;
      const to = index === end.chunk ? end.offset : chunk.length;
      for (let offset = from; offset < to; offset++) {
        if (left-- <= 0) return;
        yield chunk[offset]!;
      }
    }
  }

  /** The same keys, descending; of more than `limit`, the last. */
  *descending(start: Place, end: Place, limit = Infinity): Generator<Key> {
    let left = limit;
    for (let index = end.chunk; index >= start.chunk; index--) {
      const chunk = this.chunks[index] ?? [];
      const from = index === start.chunk ? start.offset : 0;
      const to = index === end.chunk ? end.offset : chunk.length;
      for (let offset = to - 1; offset >= from; offset--) {
        if (left-- <= 0) return;
        yield chunk[offset]!;
      }
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
