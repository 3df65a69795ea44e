import { receiptLines, type ImportReceipt } from "../../src/importer";

const numbers = new Intl.NumberFormat("en-US");

/** A receipt for a terminal: what a person should know of it first. */
export function describeReceipt(receipt: ImportReceipt): string {
  const rows: [label: string, count: string][] = [
    ["entries read", numbers.format(receipt.entries)],
    ...receiptLines(receipt).map(([label, count]): [string, string] => [
      `  ${label}`,
      numbers.format(count),
    ]),
  ];
  const width = Math.max(...rows.map(([label]) => label.length));
  const digits = Math.max(...rows.map(([, count]) => count.length));
  const lines = rows.map(([label, count]) => `  ${label.padEnd(width)}  ${count.padStart(digits)}`);
  return [...problemsOf(receipt), ...lines, ...notesOf(receipt)].join("\n");
}

function problemsOf({ message, warnings }: ImportReceipt): string[] {
  const problems = warnings.map((warning) => `Warning: ${warning}`);
  return [...(message === null ? [] : [message]), ...problems].flatMap((problem) => [problem, ""]);
}

function notesOf({ firstWatchedAt, lastWatchedAt, histories }: ImportReceipt): string[] {
  const notes: string[] = [];
  if (firstWatchedAt !== null && lastWatchedAt !== null) {
    notes.push("", `  watches from ${dateOf(firstWatchedAt)} to ${dateOf(lastWatchedAt)} (UTC)`);
  }
  for (const { format, path } of histories) {
    if (path !== null) notes.push(`  found ${path} (${format.toUpperCase()})`);
  }
  return notes;
}

function dateOf(instant: number): string {
  return new Date(instant).toISOString().slice(0, 10);
}
