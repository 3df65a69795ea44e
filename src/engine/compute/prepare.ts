import { addDays, dayNumber, dayTable, DAY_MS } from "../calendar/dates";
import { localDays, type InstantRange } from "../calendar/windows";
import { localHours, monthsAscend, startOfLocalDay } from "../calendar/zones";
import type { ChannelAttributes } from "../columns/attributes";
import type { HistoryColumns } from "../columns/history";
import { lowerBound } from "../columns/lowerBound";
import { scanAttributes } from "./attributes";

const DAYS_A_WEEK = 7;
const HOURS_A_DAY = 24;
/** 1970-01-01 was a Thursday. */
const WEEKDAY_OF_DAY_ZERO = 4;
const RECENT_DAYS = 30;

/**
 * A history seen from a local day: what depends on zone and date but on no filter. Local time is
 * counted in hours and days from `firstDay`, a Sunday, so that remainders are weekdays and hours.
 */
export interface PreparedHistory {
  columns: HistoryColumns;
  asOf: string;
  timeZone: string;
  /** Title number of each entry. */
  entryTitles: Uint32Array;
  /** Dated rows before the end of `asOf`; later ones wait for their day. */
  datedCount: number;
  /** Local hour of each dated row, from `firstDay` on. */
  hours: Int32Array;
  /** Days since 1970-01-01 of the first local day counted. */
  firstDay: number;
  /** Local days up to and with `asOf`. */
  dayCount: number;
  /** Of each local day: months since the first, and week of month from 0. */
  dayMonths: Uint16Array;
  dayWeeks: Uint8Array;
  /** The first local hour of each month, and the end of the last. */
  monthStartHours: Int32Array;
  /** False where the zone once set its clocks back over the start of a month. */
  monthsAscend: boolean;
  /** Number of the first month, and how many there are up to that of `asOf`. */
  firstMonth: number;
  monthCount: number;
  /** `asOf` itself, in local days from `firstDay` on. */
  asOfDay: number;
  /** The 30 local days that end with `asOf`. */
  recentDays: InstantRange;
  attributes: ChannelAttributes;
}

/**
 * Does the work of zone and date once, for any number of filters.
 *
 * @throws RangeError where `asOf` is no date or Intl does not know the zone.
 */
export function prepareHistory(
  columns: HistoryColumns,
  at: { asOf: string; timeZone: string },
): PreparedHistory {
  const { asOf, timeZone } = at;
  const { times } = columns.dated;
  const end = startOfLocalDay(addDays(asOf, 1), timeZone);
  const datedCount = lowerBound(times, columns.dated.count, end);
  const asOfDayNumber = dayNumber(asOf);
  const firstDay = sundayBefore(firstLocalDay(times, datedCount, asOfDayNumber));
  const dayCount = asOfDayNumber - firstDay + 1;
  const { months, weeks } = dayTable(firstDay, dayCount);
  const firstMonth = months[0]!;
  for (let day = 0; day < dayCount; day++) months[day]! -= firstMonth;
  return {
    columns,
    asOf,
    timeZone,
    entryTitles: Uint32Array.from(columns.dictionary.entryTitles),
    datedCount,
    hours: localHours(times, datedCount, timeZone, firstDay * HOURS_A_DAY),
    firstDay,
    dayCount,
    dayMonths: months,
    dayWeeks: weeks,
    monthStartHours: monthStartHours(months),
    monthsAscend: monthsAscend(timeZone, times[0] ?? end, end),
    firstMonth,
    monthCount: months[dayCount - 1]! + 1,
    asOfDay: dayCount - 1,
    recentDays: localDays(addDays(asOf, 1 - RECENT_DAYS), asOf, timeZone),
    attributes: scanAttributes(columns, datedCount),
  };
}

function monthStartHours(dayMonths: Uint16Array): Int32Array {
  const starts = new Int32Array(dayMonths.at(-1)! + 2).fill(dayMonths.length * HOURS_A_DAY);
  for (let day = dayMonths.length - 1; day >= 0; day--) starts[dayMonths[day]!] = day * HOURS_A_DAY;
  return starts;
}

/** A local day no later than any row's: local and UTC days differ by less than two. */
function firstLocalDay(times: Float64Array, count: number, asOfDay: number): number {
  if (count === 0) return asOfDay;
  return Math.min(Math.floor(times[0]! / DAY_MS) - 2, asOfDay);
}

function sundayBefore(day: number): number {
  const sinceSunday = (day + WEEKDAY_OF_DAY_ZERO) % DAYS_A_WEEK;
  return day - ((sinceSunday + DAYS_A_WEEK) % DAYS_A_WEEK);
}
