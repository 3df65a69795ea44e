import type { UserCount } from "./vocabulary";

/** Adds a page of a survey to what was counted before. */
export function addCounts(before: readonly UserCount[], counts: readonly UserCount[]): UserCount[] {
  const sums = new Map(before.map((count) => [keyOf(count), count]));
  for (const count of counts) {
    const users = count.users + (sums.get(keyOf(count))?.users ?? 0);
    sums.set(keyOf(count), { ...count, users });
  }
  return [...sums.values()];
}

export function sumOf(counts: readonly UserCount[]): number {
  return counts.reduce((sum, { users }) => sum + users, 0);
}

/** Those who are on first, the most frequent rules first. */
export function ranked(counts: readonly UserCount[]): UserCount[] {
  return [...counts].sort((a, b) => Number(b.value) - Number(a.value) || b.users - a.users);
}

function keyOf({ rule, value }: UserCount): string {
  return `${rule} ${String(value)}`;
}
