import type { Selection } from "./select";

const HOURS_A_WEEK = 168;
const NO_MONTH = 0xffff;

/**
 * Counts over the dated rows of a window, additive: the rows of a longer timeframe are those of a
 * shorter one and the ones before them, so that six timeframes take one pass.
 */
export interface Tallies {
  count: number;
  /** By entry: videos, and watch time in seconds. */
  entryVideos: Uint32Array;
  entrySeconds: Float64Array;
  /** Videos by topic set. */
  topicSetVideos: Uint32Array;
  /** Videos by hour of the week, Sunday 0:00 first. */
  weekHourVideos: Uint32Array;
  dayVideos: Uint32Array;
  monthSeconds: Float64Array;
  /** Distinct titles of each month. */
  monthChannels: Uint32Array;
  /** Distinct months of each title. */
  titleMonths: Uint32Array;
  /** The month each title was last counted in. */
  lastTitleMonth: Uint16Array;
  /** Title and month pairs counted, where months do not come in order; else null. */
  countedPairs: Set<number> | null;
}

export function emptyTallies(selection: Selection): Tallies {
  const { prepared } = selection;
  const { titles, entryTitles, topicSets } = prepared.columns.dictionary;
  return {
    count: 0,
    entryVideos: new Uint32Array(entryTitles.length),
    entrySeconds: new Float64Array(entryTitles.length),
    topicSetVideos: new Uint32Array(topicSets.length),
    weekHourVideos: new Uint32Array(HOURS_A_WEEK),
    dayVideos: new Uint32Array(prepared.dayCount),
    monthSeconds: new Float64Array(prepared.monthCount),
    monthChannels: new Uint32Array(prepared.monthCount),
    titleMonths: new Uint32Array(titles.length),
    lastTitleMonth: new Uint16Array(titles.length).fill(NO_MONTH),
    countedPairs: monthsAscend(selection) ? null : new Set(),
  };
}

/** Adds the dated rows from `start` to `end`; calls go from the newest rows to the oldest. */
export function addRows(
  tallies: Tallies,
  { prepared, dated }: Selection,
  start: number,
  end: number,
): void {
  const { entryVideos, entrySeconds, topicSetVideos, weekHourVideos, dayVideos } = tallies;
  const { monthSeconds, lastTitleMonth } = tallies;
  const { hours, entries, topicSets, seconds } = dated;
  const { dayMonths, entryTitles } = prepared;
  for (let row = end - 1; row >= start; row--) {
    const hour = hours[row]!;
    const entry = entries[row]!;
    const day = (hour / 24) | 0;
    const month = dayMonths[day]!;
    const title = entryTitles[entry]!;
    entryVideos[entry]!++;
    entrySeconds[entry]! += seconds[row]!;
    topicSetVideos[topicSets[row]!]!++;
    weekHourVideos[hour % HOURS_A_WEEK]!++;
    dayVideos[day]!++;
    monthSeconds[month]! += seconds[row]!;
    if (lastTitleMonth[title] !== month) countTitleMonth(tallies, title, month);
  }
  tallies.count += end - start;
}

/** Notes that a title was watched in a month, once. */
function countTitleMonth(tallies: Tallies, title: number, month: number): void {
  tallies.lastTitleMonth[title] = month;
  if (tallies.countedPairs !== null) {
    const pair = title * NO_MONTH + month;
    if (tallies.countedPairs.has(pair)) return;
    tallies.countedPairs.add(pair);
  }
  tallies.titleMonths[title]!++;
  if (title > 0) tallies.monthChannels[month]!++;
}

/** False where a zone once set its local date back over the turn of a month. */
function monthsAscend({ prepared, dated }: Selection): boolean {
  const { dayMonths } = prepared;
  let previous = 0;
  for (let row = 0; row < dated.count; row++) {
    const hour = dated.hours[row]!;
    if (hour < previous && dayMonths[(hour / 24) | 0]! < dayMonths[(previous / 24) | 0]!)
      return false;
    previous = hour;
  }
  return true;
}
