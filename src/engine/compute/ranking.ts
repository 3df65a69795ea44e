type Order = (a: number, b: number) => boolean;

/** What to rank: the numbers from `from` up to `count`, by their value. */
export interface Ranking {
  values: Uint32Array | Float64Array;
  from?: number;
  count?: number;
  /** Numbers of a lower value are left out. */
  minimum: number;
  /** How many of the best are wanted. */
  limit: number;
  /** Which of two different numbers with equal values comes first: a total order. */
  comesFirst: Order;
}

/**
 * The numbers of greatest value, best first. Keeps a heap of the best so far with the worst of
 * them on top: most numbers cost one comparison of values.
 */
export function best(ranking: Ranking): number[] {
  const { values, from = 0, count = values.length, minimum, limit, comesFirst } = ranking;
  const isBetter: Order = (a, b) =>
    values[a]! > values[b]! || (values[a]! === values[b]! && comesFirst(a, b));
  const heap: number[] = [];
  let threshold = minimum;
  for (let number = from; number < count; number++) {
    if (values[number]! < threshold) continue;
    if (heap.length < limit) {
      heap.push(number);
      siftUp(heap, isBetter);
    } else if (isBetter(number, heap[0]!)) {
      heap[0] = number;
      siftDown(heap, isBetter);
    }
    if (heap.length === limit) threshold = values[heap[0]!]!;
  }
  return heap.sort((a, b) => (isBetter(a, b) ? -1 : 1));
}

function siftUp(heap: number[], isBetter: Order): void {
  let child = heap.length - 1;
  while (child > 0) {
    const parent = (child - 1) >> 1;
    if (!isBetter(heap[parent]!, heap[child]!)) return;
    swap(heap, parent, child);
    child = parent;
  }
}

function siftDown(heap: number[], isBetter: Order): void {
  for (let parent = 0; ;) {
    const left = 2 * parent + 1;
    const right = left + 1;
    let worst = parent;
    if (left < heap.length && isBetter(heap[worst]!, heap[left]!)) worst = left;
    if (right < heap.length && isBetter(heap[worst]!, heap[right]!)) worst = right;
    if (worst === parent) return;
    swap(heap, parent, worst);
    parent = worst;
  }
}

function swap(heap: number[], a: number, b: number): void {
  const kept = heap[a]!;
  heap[a] = heap[b]!;
  heap[b] = kept;
}

/** By name, in UTF-16 code units. */
export function byName(names: readonly string[]): Order {
  return (a, b) => names[a]! < names[b]!;
}

/** Place of the greatest of `count` values from `offset` on, the first of equals. */
export function indexOfGreatest(values: Uint32Array, offset = 0, count = values.length): number {
  let greatest = 0;
  for (let index = 1; index < count; index++) {
    if (values[offset + index]! > values[offset + greatest]!) greatest = index;
  }
  return greatest;
}
