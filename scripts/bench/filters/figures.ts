/** What was measured, as lines of the table. */
import type { Cost } from "../../localBackend/meter";
import { mean, median, quantile } from "../measure";
import { count, type Figure } from "../report";
import type { Sample } from "./answers";
import type { Download } from "./browser";
import type { Change } from "./changes";

const KIB = 1_024;
const GIB = 2 ** 30;
const FILTERS_A_MONTH = 30 * 30;
/** What Convex asks for a GiB read or written. */
const DOLLARS_A_GIB = 0.2;

/** The most that the design allows, by records. Other sizes have no target. */
type Targets = Record<number, number | undefined>;
const NO_TARGETS: Targets = {};
const NOTHING_WRITTEN: Targets = { 10_000: 0, 100_000: 0, 500_000: 0 };

const FIRST_SEEN_TARGETS = {
  p50: { 10_000: 20, 100_000: 20 },
  p95: { 10_000: 40, 100_000: 40 },
  read: { 10_000: 50, 100_000: 300 },
};
const STORED_READ: Targets = { 10_000: 80, 100_000: 80, 500_000: 80 };
const BROWSER_P50: Targets = { 100_000: 16 };
const DOWNLOAD_BYTES: Targets = { 10_000: 100 };
const CHANGE_DOWNLOAD_BYTES: Targets = { 10_000: 10 };
const CHANGE_READ: Targets = { 10_000: 120, 100_000: 750 };
const CHANGE_WRITTEN: Targets = { 10_000: 80 };

export interface Measured {
  samples: readonly Sample[];
  downloads: readonly Download[];
  changes: {
    /** Of records only: no page is open. */
    closed: readonly Change[];
    /** While a page shows a default filter, or one that is not stored. */
    stored: readonly Change[];
    firstSeen: readonly Change[];
  };
}

export function figuresOf(size: number, { samples, downloads, changes }: Measured): Figure[] {
  const firstSeen = samples.filter(({ way }) => way === "first-seen");
  const short = firstSeen.filter(({ isAllTime }) => !isAllTime);
  const browser = samples.filter(({ way }) => way === "browser");
  const line = lineOf(size);
  return [
    ...answerFigures(
      line,
      "a default filter, from its stored rows",
      samples.filter(({ way }) => way === "stored"),
      { p50: NO_TARGETS, p95: NO_TARGETS, read: STORED_READ },
    ),
    ...answerFigures(line, "a first-seen filter, in the query", firstSeen, FIRST_SEEN_TARGETS),
    ...answerFigures(
      line,
      "a first-seen filter of a short timeframe, in the query",
      short,
      FIRST_SEEN_TARGETS,
    ),
    ...timeFigures(line, "any filter, in the browser from columns", browser, {
      p50: BROWSER_P50,
      p95: NO_TARGETS,
    }),
    ...downloadFigures(line, downloads),
    ...changeFigures(line, "a change of one record, one filter kept", changes.closed, {
      read: CHANGE_READ,
      written: CHANGE_WRITTEN,
    }),
    ...changeFigures(line, "a change, a page shows that filter", changes.stored),
    ...changeFigures(line, "a change, a page shows a first-seen filter", changes.firstSeen),
    line("a change of one record, received by a browser that has the columns", "KiB", {
      value: median(changes.stored.map(({ receivedBytes }) => receivedBytes)) / KIB,
      targets: CHANGE_DOWNLOAD_BYTES,
      detail: "list and changed months as JSON, uncompressed",
    }),
    monthFigure(line, firstSeen),
  ];
}

type Line = ReturnType<typeof lineOf>;

function lineOf(size: number) {
  return (
    what: string,
    unit: Figure["unit"],
    { value, detail, targets }: { value: number; detail: string; targets: Targets },
  ): Figure => {
    const most = targets[size];
    const target = most === undefined ? {} : { target: { bound: "at most" as const, value: most } };
    return { what, at: count(size), value, unit, ...target, detail };
  };
}

function timeFigures(
  line: Line,
  what: string,
  samples: readonly { elapsedMs: number }[],
  targets: { p50: Targets; p95: Targets },
): Figure[] {
  const times = samples.map(({ elapsedMs }) => elapsedMs);
  const detail = `${times.length} filters`;
  return [
    line(`${what}, p50`, "ms", { value: quantile(times, 0.5), targets: targets.p50, detail }),
    line(`${what}, p95`, "ms", { value: quantile(times, 0.95), targets: targets.p95, detail }),
  ];
}

function answerFigures(
  line: Line,
  what: string,
  samples: readonly Sample[],
  targets: { p50: Targets; p95: Targets; read: Targets },
): Figure[] {
  const { bytesRead, bytesWritten } = meanCost(samples);
  const most = Math.max(...samples.map(({ cost }) => cost.bytesRead));
  return [
    ...timeFigures(line, what, samples, targets),
    line(`${what}, read`, "KiB", {
      value: bytesRead / KIB,
      targets: targets.read,
      detail: `mean; at most ${kib(most)}`,
    }),
    line(`${what}, written`, "KiB", {
      value: bytesWritten / KIB,
      targets: NOTHING_WRITTEN,
      detail: "mean",
    }),
  ];
}

function downloadFigures(line: Line, downloads: readonly Download[]): Figure[] {
  const times = downloads.map(({ elapsedMs }) => elapsedMs);
  const received = median(downloads.map(({ receivedBytes }) => receivedBytes));
  const detail = `${downloads.length} downloads, decoding included`;
  return [
    line("first download of the columns, received", "KiB", {
      value: received / KIB,
      targets: DOWNLOAD_BYTES,
      detail: "list and bytes as JSON, uncompressed",
    }),
    line("first download of the columns, p50", "ms", {
      value: quantile(times, 0.5),
      targets: NO_TARGETS,
      detail,
    }),
    line("first download of the columns, p95", "ms", {
      value: quantile(times, 0.95),
      targets: NO_TARGETS,
      detail,
    }),
    line("first download of the columns, read", "KiB", {
      value: meanCost(downloads).bytesRead / KIB,
      targets: NO_TARGETS,
      detail: "once for the list, once for the bytes",
    }),
  ];
}

function changeFigures(
  line: Line,
  what: string,
  changes: readonly Change[],
  targets: { read: Targets; written: Targets } = { read: NO_TARGETS, written: NO_TARGETS },
): Figure[] {
  const { bytesRead, bytesWritten, transactions } = meanCost(changes);
  const detail = `mean of ${changes.length}, all of ${Math.round(transactions)} transactions`;
  return [
    line(`${what}, read`, "KiB", { value: bytesRead / KIB, targets: targets.read, detail }),
    line(`${what}, written`, "KiB", {
      value: bytesWritten / KIB,
      targets: targets.written,
      detail,
    }),
  ];
}

/** By arithmetic: nobody measured a month. */
function monthFigure(line: Line, firstSeen: readonly Sample[]): Figure {
  const { bytesRead, bytesWritten } = meanCost(firstSeen);
  const value = (FILTERS_A_MONTH * (bytesRead + bytesWritten)) / GIB;
  const dollars = (value * DOLLARS_A_GIB).toFixed(3);
  const detail = `${FILTERS_A_MONTH} × ${kib(bytesRead + bytesWritten)}; $${dollars} at $${DOLLARS_A_GIB.toFixed(2)} a GiB`;
  return line("a month of 30 first-seen filters a day, by arithmetic", "GiB", {
    ...{ value, detail },
    targets: NO_TARGETS,
  });
}

function meanCost(items: readonly { cost: Cost }[]): Cost {
  const meanOf = (metric: keyof Cost) => mean(items.map(({ cost }) => cost[metric]));
  return {
    transactions: meanOf("transactions"),
    bytesRead: meanOf("bytesRead"),
    bytesWritten: meanOf("bytesWritten"),
    documentsRead: meanOf("documentsRead"),
    documentsWritten: meanOf("documentsWritten"),
  };
}

function kib(bytes: number): string {
  return `${count(Math.round(bytes / KIB))} KiB`;
}
