/** The few words of arithmetic that aggregations.md defines once for all ten. */

export const ESTIMATED_WATCH_SECONDS = 300;

/** a as a percentage of b, 0 where b is 0. */
export function percentageOf(part: number, whole: number): number {
  return whole === 0 ? 0 : (part / whole) * 100;
}

/** The change from `previous` to `current` in percent, null where there is nothing to compare with. */
export function changeInPercent(current: number, previous: number): number | null {
  return previous === 0 ? null : ((current - previous) / previous) * 100;
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Ascending by UTF-16 code unit, which is how JavaScript compares strings. */
export function byName(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

export function distinct<Value>(values: Iterable<Value>): Value[] {
  return [...new Set(values)];
}

export function groupBy<Item, Key>(
  items: readonly Item[],
  keyOf: (item: Item) => Key,
): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

/** How many of the values are 0, 1, … bins − 1. */
export function histogram(values: readonly number[], bins: number): number[] {
  return Array.from({ length: bins }, (_, bin) => values.filter((value) => value === bin).length);
}

/** Where the greatest value stands first. */
export function indexOfGreatest(values: readonly number[]): number {
  return values.indexOf(Math.max(...values));
}

/** Where the smallest value stands first. */
export function indexOfSmallest(values: readonly number[]): number {
  return values.indexOf(Math.min(...values));
}
