const DAY_MS = 86_400_000;
const BUDDHIST_YEARS_AHEAD = 543;
/** Years of calendars that exports use lie far apart, so a year tells its calendar. */
const FIRST_BUDDHIST_YEAR = 2_400;
const LAST_PERSIAN_YEAR = 1_600;

/** Midnight UTC of a day in the calendar that its year tells; null where there is no such day. */
export function midnightOf(year: number, month: number, day: number): number | null {
  if (year < LAST_PERSIAN_YEAR) return midnightOfPersian(year, month, day);
  const gregorian = year < FIRST_BUDDHIST_YEAR ? year : year - BUDDHIST_YEARS_AHEAD;
  const midnight = Date.UTC(gregorian, month - 1, day);
  if (day <= 28 && month >= 1 && month <= 12 && day >= 1) return midnight;
  const at = new Date(midnight);
  return at.getUTCMonth() === month - 1 && at.getUTCDate() === day ? midnight : null;
}

function midnightOfPersian(year: number, month: number, day: number): number | null {
  const daysInYear = startOfPersian(year + 1) - startOfPersian(year);
  const daysBefore = month <= 7 ? 31 * (month - 1) : 30 * (month - 1) + 6;
  const length = month <= 6 ? 31 : month < 12 ? 30 : daysInYear - daysBefore;
  if (month < 1 || month > 12 || day < 1 || day > length) return null;
  return (startOfPersian(year) + daysBefore + day - 1) * DAY_MS;
}

/** Days since 1970. Eight of 33 years are leap years; ICU counts the same from 1 to 1633. */
function startOfPersian(year: number): number {
  return 365 * year + Math.floor((8 * year + 21) / 33) - 492_633;
}
