import { SingleBar, Presets } from "cli-progress";
import { numbers } from "./text";

/** Shows how far something is: a bar on a terminal, elsewhere a plain line every other second. */
export interface Progress {
  /** @param isNews a line says so at once, where there is no bar. */
  update(done: number, note?: string, isNews?: boolean): void;
  /** There is more, or less, to do than it seemed. */
  setTotal(total: number): void;
  stop(): void;
}

export interface ProgressOptions {
  /** Whether the bar works out the time left; else the notes tell it, for who knows better. */
  showsTimeLeft?: boolean;
}

/** Shows how many there are of something that has no known end. */
export interface Counter {
  update: (count: number, note?: string) => void;
  stop: () => void;
}

const LINE_INTERVAL_MS = 2_000;
/** Of the bar itself, where the terminal has room for what stands beside it. */
const BAR_COLUMNS = 40;
const MIN_BAR_COLUMNS = 10;
const COLUMNS_BESIDE = 60;
/** Of a terminal that does not say. */
const DEFAULT_COLUMNS = 80;

const formatValue = (value: number) => numbers.format(value);

/** @param unit what is counted, in the plural: "entries". */
export function startProgress(
  label: string,
  total: number,
  unit: string,
  { showsTimeLeft = true }: ProgressOptions = {},
): Progress {
  return process.stdout.isTTY
    ? startBar(label, total, unit, showsTimeLeft)
    : startLines(label, total, unit);
}

function startBar(label: string, total: number, unit: string, showsTimeLeft: boolean): Progress {
  const timeLeft = showsTimeLeft ? "| {eta_formatted} left " : "";
  const bar = new SingleBar(
    {
      format: `${label} {bar} {percentage} % | {value}/{total} ${unit} ${timeLeft}{note}`,
      ...{ hideCursor: true, etaBuffer: 50, barsize: barColumns(), formatValue },
    },
    Presets.shades_classic,
  );
  bar.start(total, 0, { note: "" });
  return {
    update: (done, note = "") => {
      bar.update(done, { note: note === "" ? "" : `| ${note}` });
    },
    setTotal: (changed) => {
      bar.setTotal(changed);
    },
    stop: () => {
      bar.stop();
    },
  };
}

function barColumns(): number {
  const free = (process.stdout.columns || DEFAULT_COLUMNS) - COLUMNS_BESIDE;
  return Math.max(MIN_BAR_COLUMNS, Math.min(BAR_COLUMNS, free));
}

function startLines(label: string, total: number, unit: string): Progress {
  let all = total;
  let shownAt = performance.now();
  return {
    update: (done, note = "", isNews = false) => {
      if (!isNews && performance.now() - shownAt < LINE_INTERVAL_MS) return;
      shownAt = performance.now();
      const counts = `${numbers.format(done)}/${numbers.format(all)}`;
      console.log(`${label} ${counts} ${unit} ${note}`.trimEnd());
    },
    setTotal: (changed) => {
      all = changed;
    },
    stop: () => undefined,
  };
}

/**
 * Counts up: in place on a terminal, from where it goes when it is over; elsewhere a plain line
 * every other second. Not on standard output, which has what was counted for.
 */
export function startCounter(label: string): Counter {
  return process.stderr.isTTY ? startCounting(label) : startCountLines(label);
}

function startCounting(label: string): Counter {
  const counter = new SingleBar({
    format: `${label} … {value}{note}`,
    ...{ hideCursor: true, clearOnComplete: true, formatValue },
  });
  counter.start(0, 0, { note: "" });
  return {
    update: (count, note = "") => {
      counter.update(count, { note: note === "" ? "" : ` ${note}` });
    },
    stop: () => {
      counter.stop();
    },
  };
}

function startCountLines(label: string): Counter {
  let shownAt = performance.now();
  return {
    update: (count, note = "") => {
      if (performance.now() - shownAt < LINE_INTERVAL_MS) return;
      shownAt = performance.now();
      console.error(`${label} … ${numbers.format(count)} ${note}`.trimEnd());
    },
    stop: () => undefined,
  };
}
