/**
 * The best `limit` of the numbers 0 to `count` − 1 that pass, best first. Keeps a heap of the best
 * so far with the worst of them on top: most numbers cost one comparison.
 *
 * @param isBetter a total order: of two different numbers, exactly one is better.
 */
export function best(
  count: number,
  limit: number,
  passes: (index: number) => boolean,
  isBetter: (a: number, b: number) => boolean,
): number[] {
  const heap: number[] = [];
  for (let index = 0; index < count; index++) {
    if (!passes(index)) continue;
    if (heap.length < limit) {
      heap.push(index);
      siftUp(heap, isBetter);
    } else if (isBetter(index, heap[0]!)) {
      heap[0] = index;
      siftDown(heap, isBetter);
    }
  }
  return heap.sort((a, b) => (a === b ? 0 : isBetter(a, b) ? -1 : 1));
}

type Order = (a: number, b: number) => boolean;

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

/** Most first, then by name. */
export function byCountThenName(counts: ArrayLike<number>, names: readonly string[]): Order {
  return (a, b) => counts[a]! > counts[b]! || (counts[a] === counts[b] && names[a]! < names[b]!);
}

/** Place of the greatest value, the first of equals. */
export function indexOfGreatest(values: ArrayLike<number>): number {
  let greatest = 0;
  for (let index = 1; index < values.length; index++) {
    if (values[index]! > values[greatest]!) greatest = index;
  }
  return greatest;
}
