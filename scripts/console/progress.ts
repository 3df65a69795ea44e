import { SingleBar, Presets } from "cli-progress";

/** Shows how far something is: a bar on a terminal, elsewhere a plain line every other second. */
export interface Progress {
  /** @param isNews a line says so at once, where there is no bar. */
  update(done: number, note?: string, isNews?: boolean): void;
  stop(): void;
}

const LINE_INTERVAL_MS = 2_000;

/** @param unit what is counted, in the plural: "entries". */
export function startProgress(label: string, total: number, unit: string): Progress {
  return process.stdout.isTTY ? startBar(label, total, unit) : startLines(label, total, unit);
}

function startBar(label: string, total: number, unit: string): Progress {
  const format = `${label} {bar} {percentage} % | {value}/{total} ${unit} | {eta_formatted} left {note}`;
  const bar = new SingleBar({ format, hideCursor: true, etaBuffer: 50 }, Presets.shades_classic);
  bar.start(total, 0, { note: "" });
  return {
    update: (done, note = "") => {
      bar.update(done, { note: note === "" ? "" : `| ${note}` });
    },
    stop: () => {
      bar.stop();
    },
  };
}

function startLines(label: string, total: number, unit: string): Progress {
  let shownAt = performance.now();
  return {
    update: (done, note = "", isNews = false) => {
      if (!isNews && performance.now() - shownAt < LINE_INTERVAL_MS) return;
      shownAt = performance.now();
      console.log(`${label} ${String(done)}/${String(total)} ${unit} ${note}`.trimEnd());
    },
    stop: () => undefined,
  };
}
