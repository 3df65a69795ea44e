import { SingleBar, Presets } from "cli-progress";

/** Shows how far something is: a bar on a terminal, a plain line every tenth elsewhere. */
export interface Progress {
  update(done: number, note?: string): void;
  stop(): void;
}

const PLAIN_STEPS = 10;

/** @param unit what is counted, in the plural: "entries". */
export function startProgress(label: string, total: number, unit: string): Progress {
  return process.stdout.isTTY ? startBar(label, total, unit) : startLines(label, total, unit);
}

function startBar(label: string, total: number, unit: string): Progress {
  const format = `${label} {bar} {percentage} % | {value}/{total} ${unit} {note}`;
  const bar = new SingleBar({ format, hideCursor: true }, Presets.shades_classic);
  bar.start(total, 0, { note: "" });
  return {
    update: (done, note = "") => {
      bar.update(done, { note });
    },
    stop: () => {
      bar.stop();
    },
  };
}

function startLines(label: string, total: number, unit: string): Progress {
  let nextStep = 1;
  return {
    update: (done, note = "") => {
      if (done < (total * nextStep) / PLAIN_STEPS) return;
      nextStep = Math.floor((done / Math.max(total, 1)) * PLAIN_STEPS) + 1;
      console.log(`${label} ${String(done)}/${String(total)} ${unit} ${note}`.trimEnd());
    },
    stop: () => undefined,
  };
}
