/**
 * Where the entries of an export went: each is counted once, so `entries` is the sum of all others
 * at any moment.
 */
export interface ImportTally {
  /** Read from the file. */
  entries: number;
  /** New records with a time. */
  inserted: number;
  /** Records that were there before. */
  alreadyThere: number;
  /** Watches that stand in the file more than once, the first of them not counted. */
  repeated: number;
  /** New records without a time. */
  undated: number;
  /** Entries that are no watches, by reason. */
  skipped: Record<string, number>;
  /** Watches the backend refused, by reason. */
  rejected: Record<string, number>;
  /** Watches without an answer: on their way, and at the end those an early end left behind. */
  unsent: number;
}

/** Reasons kept apart; the backend's name values, so there may be one for every record. */
const MAX_REASONS = 20;
const OTHER_REASONS = "other reasons";

export function newTally(): ImportTally {
  return {
    entries: 0,
    inserted: 0,
    alreadyThere: 0,
    repeated: 0,
    undated: 0,
    skipped: {},
    rejected: {},
    unsent: 0,
  };
}

export function countReason(counts: Record<string, number>, reason: string): void {
  const isKnown = Object.hasOwn(counts, reason);
  const key = isKnown || Object.keys(counts).length < MAX_REASONS ? reason : OTHER_REASONS;
  counts[key] = (counts[key] ?? 0) + 1;
}

export function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/** Everything but the total; equal to it, or something was lost. */
export function accountedFor(tally: ImportTally): number {
  const { inserted, alreadyThere, repeated, undated, skipped, rejected, unsent } = tally;
  const watches = inserted + alreadyThere + repeated + undated + unsent;
  return watches + sumOf(skipped) + sumOf(rejected);
}
