import type { Selection } from "./select";

const HOURS_A_DAY = 24;
const NO_MONTH = 0xffff;
/** Cells of the table of months and topic sets: 4 MiB. */
const MAX_TOPIC_SET_MONTHS = 2 ** 20;

/**
 * Counts over the newest dated rows, additive: the rows of a longer timeframe are those of a
 * shorter one and the ones before them, so that six timeframes take one pass.
 */
export interface Tallies {
  /** The first row counted; all after it are. */
  start: number;
  /** By entry: videos, and watch time in seconds. */
  entryVideos: Uint32Array;
  entrySeconds: Float64Array;
  /** Videos by month × topic set; by topic set alone where that would be too large a table. */
  topicSetVideos: Uint32Array;
  hasTopicSetMonths: boolean;
  /** Videos by local hour, from the first local day on. */
  hourVideos: Uint32Array;
  monthSeconds: Float64Array;
  /** Distinct titles of each month. */
  monthChannels: Uint32Array;
  /** Distinct months of each title. */
  titleMonths: Uint32Array;
  /** The month each entry and each title was last counted in. */
  lastEntryMonth: Uint16Array;
  lastTitleMonth: Uint16Array;
  /** Title and month pairs counted, where months do not come in order; else null. */
  countedPairs: Set<number> | null;
}

export function emptyTallies({ prepared, dated }: Selection): Tallies {
  const { titles, entryTitles, topicSets } = prepared.columns.dictionary;
  const { monthCount } = prepared;
  const hasTopicSetMonths = monthCount * topicSets.length <= MAX_TOPIC_SET_MONTHS;
  return {
    start: dated.count,
    entryVideos: new Uint32Array(entryTitles.length),
    entrySeconds: new Float64Array(entryTitles.length),
    topicSetVideos: new Uint32Array(topicSets.length * (hasTopicSetMonths ? monthCount : 1)),
    hasTopicSetMonths,
    hourVideos: new Uint32Array(prepared.dayCount * HOURS_A_DAY),
    monthSeconds: new Float64Array(monthCount),
    monthChannels: new Uint32Array(monthCount),
    titleMonths: new Uint32Array(titles.length),
    lastEntryMonth: new Uint16Array(entryTitles.length).fill(NO_MONTH),
    lastTitleMonth: new Uint16Array(titles.length).fill(NO_MONTH),
    countedPairs: prepared.monthsAscend ? null : new Set(),
  };
}

/** Adds the rows from `start` on that are not counted yet. */
export function addRowsFrom(start: number, tallies: Tallies, { prepared, dated }: Selection): void {
  const { entryVideos, entrySeconds, topicSetVideos, hourVideos } = tallies;
  const { monthSeconds, lastEntryMonth } = tallies;
  const { hours, entries, topicSets, seconds } = dated;
  const { entryTitles, dayMonths, monthStartHours } = prepared;
  const setCount = prepared.columns.dictionary.topicSets.length;
  // Rows of a month stand together: what depends on the month is looked up when it changes.
  let month = 0;
  let firstHour = 0;
  let endHour = 0;
  let secondsOfMonth = 0;
  let setsOfMonth = 0;
  for (let row = tallies.start - 1; row >= start; row--) {
    const hour = hours[row]!;
    if (hour < firstHour || hour >= endHour) {
      monthSeconds[month]! += secondsOfMonth;
      secondsOfMonth = 0;
      month = dayMonths[(hour / HOURS_A_DAY) | 0]!;
      firstHour = monthStartHours[month]!;
      endHour = monthStartHours[month + 1]!;
      if (tallies.hasTopicSetMonths) setsOfMonth = month * setCount;
    }
    const entry = entries[row]!;
    hourVideos[hour]!++;
    entryVideos[entry]!++;
    entrySeconds[entry]! += seconds[row]!;
    secondsOfMonth += seconds[row]!;
    topicSetVideos[setsOfMonth + topicSets[row]!]!++;
    if (lastEntryMonth[entry] === month) continue;
    lastEntryMonth[entry] = month;
    countTitleMonth(tallies, entryTitles[entry]!, month);
  }
  monthSeconds[month]! += secondsOfMonth;
  tallies.start = Math.min(tallies.start, start);
}

/** Notes that a title was watched in a month, once. */
function countTitleMonth(tallies: Tallies, title: number, month: number): void {
  if (tallies.lastTitleMonth[title] === month) return;
  tallies.lastTitleMonth[title] = month;
  if (tallies.countedPairs !== null) {
    const pair = title * NO_MONTH + month;
    if (tallies.countedPairs.has(pair)) return;
    tallies.countedPairs.add(pair);
  }
  tallies.titleMonths[title]!++;
  if (title > 0) tallies.monthChannels[month]!++;
}
