import { newTally, type BackOffOptions, type ImportTally } from "../../src/importer";
import { startProgress } from "../console/progress";

type Wait = Parameters<NonNullable<BackOffOptions["onWait"]>>[0];

const WAITS: Record<Wait["reason"], string> = {
  "rate-limited": "rate limited, retrying in",
  "connection-lost": "no connection, retrying in",
};
const numbers = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** Shows the progress of an import, and what it is waiting for. */
export class LiveProgress {
  private readonly startedAt = performance.now();
  private readonly bar;
  private bytesRead = 0;
  private tally: ImportTally = newTally();
  private waiting = "";

  constructor(sizeBytes: number, what: "Importing" | "Reading" = "Importing") {
    this.bar = startProgress(what, kilobytes(sizeBytes), "kB");
  }

  readonly onBytes = (bytesRead: number): void => {
    this.bytesRead = bytesRead;
    this.show();
  };

  readonly onTally = (tally: ImportTally): void => {
    this.tally = tally;
    this.waiting = "";
    this.show();
  };

  readonly onWait = ({ delayMs, reason }: Wait): void => {
    // Every call in flight reports its wait; the first one is enough.
    const isNews = this.waiting === "";
    this.waiting = `; ${WAITS[reason]} ${(delayMs / 1000).toFixed(1)} s`;
    this.show(isNews);
  };

  /** Ends it; returns its duration in seconds. */
  stop(): number {
    this.bar.stop();
    return this.elapsedSeconds();
  }

  private show(isNews = false): void {
    const { entries, inserted, undated } = this.tally;
    const counts = `${numbers.format(entries)} entries, ${numbers.format(inserted + undated)} new`;
    const rate = numbers.format(entries / this.elapsedSeconds());
    this.bar.update(kilobytes(this.bytesRead), `${counts}, ${rate}/s${this.waiting}`, isNews);
  }

  private elapsedSeconds(): number {
    return (performance.now() - this.startedAt) / 1000;
  }
}

function kilobytes(bytes: number): number {
  return Math.ceil(bytes / 1024);
}
