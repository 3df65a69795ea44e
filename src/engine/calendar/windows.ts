import { dayOf, intervalOf, type Timeframe, type TimeframeFilter } from "../query";
import { addDays, addMonths } from "./dates";
import { startOfLocalDay } from "./zones";

/** Half-open range of instants, epoch milliseconds: from ≤ watchedAt < to. */
export interface InstantRange {
  from: number;
  to: number;
}

/** Whole local days, the first and the last included. */
export function localDays(firstDate: string, lastDate: string, timeZone: string): InstantRange {
  return {
    from: startOfLocalDay(firstDate, timeZone),
    to: startOfLocalDay(addDays(lastDate, 1), timeZone),
  };
}

/**
 * The local days of a timeframe that ends with `asOf`; all time before the day after, for All. Those
 * of an interval that begins later are none: its end is before its start.
 */
export function timeframeWindow(
  timeframe: TimeframeFilter,
  asOf: string,
  timeZone: string,
): InstantRange {
  const first = intervalOf(timeframe)?.first ?? firstDate(timeframe as Timeframe, asOf);
  const to = startOfLocalDay(addDays(dayOf(timeframe, asOf), 1), timeZone);
  return { from: first === null ? -Infinity : startOfLocalDay(first, timeZone), to };
}

/** The first local date of a timeframe; null for All. */
export function firstDate(timeframe: Timeframe, asOf: string): string | null {
  const year = asOf.slice(0, 4);
  switch (timeframe) {
    case "MTD":
      return `${asOf.slice(0, 7)}-01`;
    case "QTD": {
      const month = Number(asOf.slice(5, 7));
      return `${year}-${String(month - ((month - 1) % 3)).padStart(2, "0")}-01`;
    }
    case "YTD":
      return `${year}-01-01`;
    case "Last6M":
      return addDays(addMonths(asOf, -6), 1);
    case "Last12M":
      return addDays(addMonths(asOf, -12), 1);
    case "All":
      return null;
  }
}
