import { performance } from "node:perf_hooks";

/** One turn of a contestant: at least one run, more while the turn is shorter than this. */
const TURN_MS = 120;

/**
 * Median milliseconds of each contestant. They take turns, so that a busy minute of the machine
 * falls on all of them; the first turn of each warms up and does not count.
 */
export async function medianMsOf<Name extends string>(
  contestants: Record<Name, () => unknown>,
  rounds: number,
): Promise<Record<Name, number>> {
  // Object.keys and fromEntries forget that the names are those of `contestants`.
  const names = Object.keys(contestants) as Name[];
  const samples = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const name of names) {
      const turn = await takeTurn(contestants[name]);
      if (round > 0) samples.get(name)!.push(...turn);
    }
  }
  const medians = names.map((name) => [name, median(samples.get(name)!)]);
  return Object.fromEntries(medians) as Record<Name, number>;
}

async function takeTurn(run: () => unknown): Promise<number[]> {
  const samples: number[] = [];
  let spentMs = 0;
  while (spentMs < TURN_MS) {
    const start = performance.now();
    const answer = run();
    if (answer instanceof Promise) await answer;
    const elapsedMs = performance.now() - start;
    samples.push(elapsedMs);
    spentMs += elapsedMs;
  }
  return samples;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) throw new Error("The median of nothing was asked for.");
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The smallest value that a share of all values does not exceed: 0.95 for the 95th percentile. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  if (sorted.length === 0) throw new Error("The quantile of nothing was asked for.");
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
}

export function mean(values: readonly number[]): number {
  if (values.length === 0) throw new Error("The mean of nothing was asked for.");
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
