/** Calendar arithmetic on local dates: "YYYY-MM-DD" strings and days since 1970-01-01. No zones. */

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
const MONTHS_A_YEAR = 12;

/** Days since 1970-01-01. @throws RangeError where `date` is not a date of the calendar. */
export function dayNumber(date: string): number {
  const day = /^\d{4}-\d\d-\d\d$/.test(date) ? Date.parse(`${date}T00:00:00Z`) / DAY_MS : NaN;
  if (Number.isNaN(day) || dateOfDay(day) !== date) {
    throw new RangeError(`"${date}" is not a date; dates look like "2026-02-28"`);
  }
  return day;
}

/** Whether a text is a date of the calendar, as in "2026-02-28". */
export function isDate(text: string): boolean {
  try {
    dayNumber(text);
    return true;
  } catch {
    return false;
  }
}

export function dateOfDay(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

export function addDays(date: string, days: number): string {
  return dateOfDay(dayNumber(date) + days);
}

/** The same day of a month earlier or later, or that month's last where it is shorter. */
export function addMonths(date: string, months: number): string {
  const start = new Date(dayNumber(date) * DAY_MS);
  const year = start.getUTCFullYear();
  const month = start.getUTCMonth() + months;
  const daysInMonth = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  const dayOfMonth = Math.min(start.getUTCDate(), daysInMonth);
  return new Date(Date.UTC(year, month, dayOfMonth)).toISOString().slice(0, 10);
}

/** Months since year 0, so that adjoining months are adjoining numbers. */
export function monthNumber(day: number): number {
  const date = new Date(day * DAY_MS);
  return date.getUTCFullYear() * MONTHS_A_YEAR + date.getUTCMonth();
}

/** "YYYY-MM" */
export function monthName(month: number): string {
  const year = Math.floor(month / MONTHS_A_YEAR);
  return `${String(year).padStart(4, "0")}-${String((month % MONTHS_A_YEAR) + 1).padStart(2, "0")}`;
}

/** Month and week of month (0–4) of each of `count` days from `firstDay` on. */
export function dayTable(firstDay: number, count: number) {
  const months = new Uint16Array(count);
  const weeks = new Uint8Array(count);
  const start = new Date(firstDay * DAY_MS);
  let month = monthNumber(firstDay);
  let dayOfMonth = start.getUTCDate();
  let daysInMonth = lengthOfMonth(month);
  for (let index = 0; index < count; index++) {
    months[index] = month;
    weeks[index] = Math.floor((dayOfMonth - 1) / 7);
    if (dayOfMonth++ === daysInMonth) {
      dayOfMonth = 1;
      daysInMonth = lengthOfMonth(++month);
    }
  }
  return { months, weeks };
}

function lengthOfMonth(month: number): number {
  return new Date(Date.UTC(Math.floor(month / 12), (month % 12) + 1, 0)).getUTCDate();
}
