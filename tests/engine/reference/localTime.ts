/** Local times straight from Intl, one instant at a time: slow, and right by construction. */

export interface LocalTime {
  /** "YYYY-MM-DD" */
  date: string;
  /** "YYYY-MM" */
  month: string;
  /** 0–23 */
  hour: number;
  /** 0 = Sunday */
  dayOfWeek: number;
  /** 1–31 */
  dayOfMonth: number;
}

/** A half-open range of instants, epoch milliseconds. */
export interface InstantRange {
  from: number;
  before: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const formatters = new Map<string, Intl.DateTimeFormat>();
const localTimes = new Map<string, LocalTime>();
const midnights = new Map<string, number>();

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone);
  if (known) return known;
  const formatter = new Intl.DateTimeFormat("en-US", {
    timeZone,
    calendar: "gregory",
    numberingSystem: "latn",
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
  });
  formatters.set(timeZone, formatter);
  return formatter;
}

/** What a clock on the wall shows at this instant: "2024-02-29" and "23:59". */
export function wallClock(epochMs: number, timeZone: string): { date: string; time: string } {
  // "02/29/2024, 23:59"
  const [day, time] = formatterOf(timeZone).format(epochMs).split(", ");
  const [month, dayOfMonth, year] = day!.split("/");
  return { date: `${year!}-${month!}-${dayOfMonth!}`, time: time! };
}

export function localTimeOf(epochMs: number, timeZone: string): LocalTime {
  const key = `${timeZone} ${epochMs}`;
  const known = localTimes.get(key);
  if (known) return known;
  const { date, time } = wallClock(epochMs, timeZone);
  const local: LocalTime = {
    date,
    month: monthOf(date),
    hour: Number(time.slice(0, 2)),
    dayOfWeek: new Date(utcMidnight(date)).getUTCDay(),
    dayOfMonth: Number(date.slice(8, 10)),
  };
  localTimes.set(key, local);
  return local;
}

/**
 * The first instant at which the local date is `date`, or later where the zone skips it.
 *
 * Found by looking at the clock every hour. Where it ran evenly in the five hours before, midnight is
 * as long ago as the clock says. Where it jumped, by looking again every minute of those five hours:
 * where clocks go back just after midnight (St John's until 2011, at 00:01) a date begins, gives way
 * to the day before and begins again, and its first instant is the first of the two.
 * Offsets are whole minutes in all years that records can have, so minutes are exact.
 */
export function midnight(date: string, timeZone: string): number {
  const key = `${timeZone} ${date}`;
  const known = midnights.get(key);
  if (known !== undefined) return known;
  const reached = (instant: number) => wallClock(instant, timeZone).date >= date;
  let instant = utcMidnight(date) - 15 * HOUR_MS;
  while (!reached(instant)) instant += HOUR_MS;
  const earlier = instant - 5 * HOUR_MS;
  if (offsetMs(earlier, timeZone) === offsetMs(instant, timeZone)) {
    instant -= Date.parse(`1970-01-01T${wallClock(instant, timeZone).time}:00Z`);
  } else {
    instant = earlier;
    while (!reached(instant)) instant += MINUTE_MS;
  }
  midnights.set(key, instant);
  return instant;
}

/** How far the wall clock is ahead of UTC, at a whole minute. */
export function offsetMs(epochMs: number, timeZone: string): number {
  const { date, time } = wallClock(epochMs, timeZone);
  return Date.parse(`${date}T${time}:00Z`) - epochMs;
}

/** The whole local days from `first` to `last`, both included. */
export function daysRange(first: string, last: string, timeZone: string): InstantRange {
  return { from: midnight(first, timeZone), before: midnight(addDays(last, 1), timeZone) };
}

export function isWithin(epochMs: number, range: InstantRange): boolean {
  return epochMs >= range.from && epochMs < range.before;
}

function utcMidnight(date: string): number {
  return Date.parse(`${date}T00:00:00Z`);
}

export function monthOf(date: string): string {
  return date.slice(0, 7);
}

export function addDays(date: string, days: number): string {
  return new Date(utcMidnight(date) + days * DAY_MS).toISOString().slice(0, 10);
}

/** Whole days from one local date to another. */
export function daysBetween(earlier: string, later: string): number {
  return (utcMidnight(later) - utcMidnight(earlier)) / DAY_MS;
}

export function addCalendarMonths(month: string, months: number): string {
  const [year, monthOfYear] = month.split("-").map(Number);
  return new Date(Date.UTC(year!, monthOfYear! - 1 + months, 1)).toISOString().slice(0, 7);
}

/** Moves a date by whole months; a day that the month does not have becomes its last. */
export function addMonths(date: string, months: number): string {
  const month = addCalendarMonths(monthOf(date), months);
  const [year, monthOfYear] = month.split("-").map(Number);
  const lastDay = new Date(Date.UTC(year!, monthOfYear, 0)).getUTCDate();
  const day = Math.min(Number(date.slice(8, 10)), lastDay);
  return `${month}-${String(day).padStart(2, "0")}`;
}

/** Every calendar month from the first to the last, both included. */
export function monthsFromTo(first: string, last: string): string[] {
  const months: string[] = [];
  for (let month = first; month <= last; month = addCalendarMonths(month, 1)) months.push(month);
  return months;
}
