import type { Random } from "./random";

export const DAY_MS = 24 * 60 * 60 * 1000;

/** How likely a session begins in each UTC hour: evenings, a little lunch, a little commute. */
const WORKDAY_HOURS = [
  4, 2, 1, 0, 0, 1, 3, 8, 6, 3, 2, 4, 9, 7, 3, 3, 5, 10, 18, 26, 30, 28, 18, 9,
];
const WEEKEND_HOURS = [
  9, 6, 3, 1, 0, 0, 1, 3, 7, 11, 13, 12, 12, 12, 13, 14, 14, 14, 18, 24, 28, 27, 22, 15,
];

const WEEKEND_FACTOR = 1.6;
const FREE_DAY_SHARE = 0.06;
const HOLIDAYS_A_YEAR = 3;
/** The share of today's viewing that the first day had. */
const FIRST_DAY_SHARE = 0.55;

/**
 * How much is watched on each day, the oldest first: more of late, more on weekends, nothing on free
 * days, on holidays and during one long break.
 */
export function drawDayWeights(random: Random, firstDay: number, dayCount: number): number[] {
  const weights = Array.from({ length: dayCount }, (_, index) => {
    const growth = FIRST_DAY_SHARE + (1 - FIRST_DAY_SHARE) * (index / dayCount);
    const isFree = random.chance(FREE_DAY_SHARE);
    return isFree ? 0 : growth * (isWeekend(firstDay + index * DAY_MS) ? WEEKEND_FACTOR : 1);
  });
  const holidays = Math.round((HOLIDAYS_A_YEAR * dayCount) / 365);
  for (let index = 0; index < holidays; index++) clear(weights, random, random.integer(4, 13));
  if (dayCount > 365) clear(weights, random, 38);
  return weights;
}

/** The moment a session begins on a day. */
export function drawSessionStart(random: Random, day: number): number {
  const hour = random.weighted(isWeekend(day) ? WEEKEND_HOURS : WORKDAY_HOURS);
  return day + Math.floor((hour + random.fraction()) * 60 * 60 * 1000);
}

/** The last days stay, so that there is something to see in the month of the export. */
function clear(weights: number[], random: Random, length: number): void {
  const start = random.integer(0, Math.max(0, weights.length - length - 30));
  weights.fill(0, start, Math.min(start + length, weights.length - 1));
}

function isWeekend(instant: number): boolean {
  const dayOfWeek = new Date(instant).getUTCDay();
  return dayOfWeek === 0 || dayOfWeek === 6;
}
