import { offsetMs } from "./localTime";

/** Zones where something happens that a calendar can get wrong, and what. */
export const TRICKY_ZONES = [
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "Australia/Lord_Howe", // changes by half an hour
  "Pacific/Apia", // skipped 30 December 2011
  "Pacific/Fakaofo", // skipped it too, and knows no summer time
  "America/Sao_Paulo", // changed at midnight: days that begin at 01:00
  "America/Havana", // changes at midnight and at 01:00 back to it
  "America/St_Johns", // until 2011 at 00:01: a date begins, ends and begins again
  "Asia/Amman", // changed at 24:00
  "Asia/Gaza", // changed at odd minutes and on odd dates
  "Africa/Casablanca", // leaves its offset for Ramadan
  "Africa/Cairo", // up to four changes in a year
  "Atlantic/Azores", // goes back from 01:00 to midnight
  "Asia/Kolkata",
  "Asia/Kathmandu", // +05:45
  "Asia/Pyongyang", // moved by half an hour, twice
  "Asia/Tehran",
  "America/Caracas",
  "Antarctica/Casey", // moved by three hours, several times
  "Antarctica/Troll", // changes by two hours
  "Pacific/Kiritimati", // +14:00
  "Etc/GMT+12", // −12:00
] as const;

const FIRST_INSTANT = Date.UTC(2005, 0, 1);
const LAST_INSTANT = Date.UTC(2028, 0, 1);
const WEEK_MS = 7 * 86_400_000;

const knownChanges = new Map<string, number[]>();

/**
 * Instants since 2005 at which the zone's clocks jumped, ascending: those that looking once a week
 * finds. They only draw records towards them; nothing is computed from them.
 */
export function offsetChanges(timeZone: string): number[] {
  const known = knownChanges.get(timeZone);
  if (known) return known;
  const changes: number[] = [];
  let offset = offsetMs(FIRST_INSTANT, timeZone);
  for (let week = FIRST_INSTANT; week < LAST_INSTANT; week += WEEK_MS) {
    const next = offsetMs(week + WEEK_MS, timeZone);
    if (next !== offset) changes.push(firstChange(week, week + WEEK_MS, timeZone));
    offset = next;
  }
  knownChanges.set(timeZone, changes);
  return changes;
}

function firstChange(before: number, after: number, timeZone: string): number {
  const offsetBefore = offsetMs(before, timeZone);
  let [low, high] = [before, after];
  while (high - low > 60_000) {
    const middle = low + Math.floor((high - low) / 120_000) * 60_000;
    if (offsetMs(middle, timeZone) === offsetBefore) low = middle;
    else high = middle;
  }
  return high;
}
