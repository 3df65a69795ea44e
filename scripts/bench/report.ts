import { cpus, totalmem } from "node:os";

/** One line of the table. */
export interface Figure {
  what: string;
  at: string;
  value: number;
  unit: "×" | "ms" | "B" | "kB" | "KiB" | "MiB" | "GiB";
  /** The aim of the design, where there is one for this size. */
  target?: { bound: "at least" | "at most"; value: number };
  /** What the figure was made of. */
  detail: string;
}

export interface Machine {
  cpu: string;
  cores: number;
  memoryGiB: number;
  node: string;
  platform: string;
}

export function thisMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
  };
}

export function isMet({ value, target }: Figure): boolean | null {
  if (!target) return null;
  return target.bound === "at least" ? value >= target.value : value <= target.value;
}

export function asTable(figures: readonly Figure[], machine: Machine): string {
  const header = ["what", "at", "measured", "target", "", "made of"];
  const rows = figures.map((figure) => [
    figure.what,
    figure.at,
    withUnit(figure.value, figure.unit),
    figure.target
      ? `${figure.target.bound === "at least" ? "≥" : "≤"} ${withUnit(figure.target.value, figure.unit)}`
      : "",
    { true: "met", false: "MISSED", null: "" }[String(isMet(figure)) as "true" | "false" | "null"],
    figure.detail,
  ]);
  const widths = header.map((_, column) =>
    Math.max(...[header, ...rows].map((row) => row[column]!.length)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join("  ")
      .trimEnd();
  const rule = widths.map((width) => "─".repeat(width));
  const { cpu, cores, memoryGiB, node, platform } = machine;
  return [
    `${cpu}, ${cores} cores, ${memoryGiB} GiB, Node ${node}, ${platform}`,
    "",
    ...[header, rule, ...rows].map(line),
  ].join("\n");
}

export function withUnit(value: number, unit: Figure["unit"]): string {
  const digits = value < 10 ? 2 : value < 100 ? 1 : 0;
  return `${Number(value.toFixed(digits))} ${unit}`;
}

export function count(value: number): string {
  return value.toLocaleString("en-US");
}

/** Says on stderr what takes time now; on a terminal the line is written over by the next. */
export function progress(message: string): void {
  process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${message}` : `${message}\n`);
}

export function endProgress(): void {
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
}
