/**
 * Rows with their cells in columns.
 *
 * @param right numbers of the columns, from 0, that are aligned to the right.
 */
export function alignColumns(
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  }
  const pad = (cell: string, column: number) => {
    const width = widths[column] ?? 0;
    return right.includes(column) ? cell.padStart(width) : cell.padEnd(width);
  };
  return rows.map((row) => row.map(pad).join("  ").trimEnd());
}

/** A bar of a share, 0 to 1. */
export function shareBar(share: number, width = 20): string {
  return "█".repeat(Math.round(share * width));
}
