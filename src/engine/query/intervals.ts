import { isDate } from "../calendar/dates";
import type { Interval, TimeframeFilter } from "./vocabulary";

export const FIRST_YEAR = 2005;
export const LAST_YEAR = 2100;

const SEPARATOR = "/";

/** Whether a text names days from a first to a last: real ones, in this order, in known years. */
export function isInterval(text: string): text is Interval {
  const [first = "", last = "", ...rest] = text.split(SEPARATOR);
  if (rest.length > 0 || !isDate(first) || !isDate(last)) return false;
  return first <= last && yearOf(first) >= FIRST_YEAR && yearOf(last) <= LAST_YEAR;
}

/** The days of an interval; null for a timeframe that ends with the present day. */
export function intervalOf(timeframe: TimeframeFilter): { first: string; last: string } | null {
  const [first = "", last] = timeframe.split(SEPARATOR);
  return last === undefined ? null : { first, last };
}

/** The day that results are of: that of `asOf`, or the last of an interval where it is earlier. */
export function dayOf(timeframe: TimeframeFilter, asOf: string): string {
  const last = intervalOf(timeframe)?.last ?? asOf;
  return last < asOf ? last : asOf;
}

function yearOf(date: string): number {
  return Number(date.slice(0, 4));
}
