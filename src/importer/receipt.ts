import type { FoundHistory } from "../takeout";
import { cutText } from "../text";
import { TOLERATED_UNDATED, type Coverage } from "./coverage";
import type { ImportTally } from "./tally";

/** How an import ended. */
export type ImportOutcome =
  /** The file was read to its end, and everything was answered. */
  | "complete"
  /** The file ends early or is damaged; what stands before is in. */
  | "ended-early"
  /** The file is no watch history. */
  | "refused"
  /** A person stopped it. */
  | "stopped"
  /** The backend or the reading of the file failed. */
  | "failed";

export interface ReasonCount {
  reason: string;
  count: number;
}

/**
 * What became of every entry of an export: `entries` is the sum of `inserted`, `alreadyThere`,
 * `repeated`, `undated`, all of `skipped`, all of `rejected`, and `unsent`, which is 0 unless it ended early.
 */
export interface ImportReceipt {
  /** Made by the client: keeping one twice keeps it once. */
  importId: string;
  fileName: string;
  /** The histories read: one, unless an archive holds several. */
  histories: FoundHistory[];
  startedAt: number;
  finishedAt: number;
  outcome: ImportOutcome;
  /** Why it did not end complete, for the person who chose the file; else null. */
  message: string | null;
  warnings: string[];
  entries: number;
  inserted: number;
  alreadyThere: number;
  repeated: number;
  undated: number;
  skipped: ReasonCount[];
  rejected: ReasonCount[];
  unsent: number;
  /** Watches of the file whose time is not known, new or not. */
  withoutTime: number;
  /** Of the dated watches in the file, epoch milliseconds. */
  firstWatchedAt: number | null;
  lastWatchedAt: number | null;
}

/** What the backend keeps of a receipt at most; it refuses a larger one. */
export const RECEIPT_LIMITS = {
  /** Entries of one list. */
  maxListLength: 50,
  /** Characters of one text. */
  maxTextLength: 2_000,
  /** Characters of all texts together: 60 kB at most, so that a hundred receipts can be read at once. */
  maxCharacters: 20_000,
} as const;

/** What `receiptOf` keeps of texts that may have any length: all of them come to 19,000 characters. */
const MAX_FILE_NAME = 500;
const MAX_PATH = 150;
const MAX_REASON = 200;

export interface ImportEnd {
  outcome: ImportOutcome;
  message: string | null;
}

export const COMPLETE: ImportEnd = { outcome: "complete", message: null };

/** The receipt of an import that is over, within `RECEIPT_LIMITS`: long texts are cut. */
export function receiptOf(
  run: Pick<ImportReceipt, "importId" | "fileName" | "histories" | "startedAt" | "finishedAt">,
  end: ImportEnd,
  { skipped, rejected, ...counts }: ImportTally,
  coverage: Coverage,
): ImportReceipt {
  const histories = run.histories.slice(0, RECEIPT_LIMITS.maxListLength);
  return {
    ...run,
    ...counts,
    fileName: cutText(run.fileName, MAX_FILE_NAME),
    histories: histories.map(({ format, path }) => {
      return { format, path: path === null ? null : cutText(path, MAX_PATH) };
    }),
    outcome: end.outcome,
    message: end.message === null ? null : cutText(end.message, RECEIPT_LIMITS.maxTextLength),
    skipped: reasonsOf(skipped),
    rejected: reasonsOf(rejected),
    warnings: warningsOf(end, coverage),
    withoutTime: coverage.undated,
    firstWatchedAt: coverage.first,
    lastWatchedAt: coverage.last,
  };
}

/**
 * Whether an export has times for the watches that others brought without one: it was read to its
 * end, and nearly all of its own have one.
 */
export function hasTimes({ outcome, entries, skipped, withoutTime }: ImportReceipt): boolean {
  const watches = skipped.reduce((rest, { count }) => rest - count, entries);
  const dated = watches - withoutTime;
  return outcome === "complete" && dated > 0 && withoutTime <= watches * TOLERATED_UNDATED;
}

const LABELS: Record<string, string> = {
  ad: "skipped: advertisement",
  "not-a-video": "skipped: not a video",
  malformed: "skipped: unreadable entry",
  "too-large": "skipped: more than a million characters",
};

/** The lines of a receipt that add up to the entries read; lines of zero are left out but for two. */
export function receiptLines(counts: Omit<ImportTally, "skipped" | "rejected"> & Reasons) {
  const lines: [label: string, count: number][] = [
    ["inserted", counts.inserted],
    ["already there", counts.alreadyThere],
    ["repeated in the file", counts.repeated],
    ["undated (inserted without a time)", counts.undated],
    ...counts.skipped.map(({ reason, count }): [string, number] => [
      LABELS[reason] ?? `skipped: ${reason}`,
      count,
    ]),
    ...counts.rejected.map(({ reason, count }): [string, number] => [`rejected: ${reason}`, count]),
    ["not sent", counts.unsent],
  ];
  return lines.filter(([, count], index) => index < 2 || count > 0);
}

interface Reasons {
  skipped: readonly ReasonCount[];
  rejected: readonly ReasonCount[];
}

export function reasonsOf(counts: Readonly<Record<string, number>>): ReasonCount[] {
  return Object.entries(counts)
    .map(([reason, count]) => ({ reason: cutText(reason, MAX_REASON), count }))
    .sort((a, b) => b.count - a.count);
}

function warningsOf({ outcome }: ImportEnd, coverage: Coverage): string[] {
  const warnings = coverage.warnings(outcome === "complete");
  if (outcome !== "ended-early") return warnings;
  return [
    "The file ends before the end of the history: older watches may be missing.",
    ...warnings,
  ];
}
