import { TZDate } from "@date-fns/tz";
import { addDays, startOfMonth, startOfQuarter, startOfYear, subMonths, subYears } from "date-fns";
import type { FilterOptions, Timeframe, WatchRecord } from "../../../src/engine/index";

export interface BaselineQuery {
  filters: FilterOptions;
  asOf: string;
  timeZone: string;
  /** Make each watch's local time once for all panels; else every panel makes its own. */
  shareLocalDates?: boolean;
}

/** What a page would memoise once for its panels. */
export interface BaselineInput {
  /** The whole history up to the end of `asOf`. */
  history: WatchRecord[];
  /** Passing product, topics and channels, whatever the timeframe. */
  underDimensions: WatchRecord[];
  /** Passing all filters. */
  filtered: WatchRecord[];
  /** Filtered, with a time, oldest first. */
  dated: DatedRecord[];
  /** Midnight at the beginning of `asOf`, in the zone. */
  today: TZDate;
  timeZone: string;
  /** A watch's time in the zone. */
  localDate: (watchedAt: number) => TZDate;
}

export type DatedRecord = WatchRecord & { watchedAt: number };

export function prepareInput(
  records: readonly WatchRecord[],
  { filters, asOf, timeZone, shareLocalDates = false }: BaselineQuery,
): BaselineInput {
  const [year, month, day] = asOf.split("-").map(Number);
  const today = new TZDate(year!, month! - 1, day!, timeZone);
  const tomorrow = addDays(today, 1).getTime();
  const history = records.filter(({ watchedAt }) => watchedAt === null || watchedAt < tomorrow);
  const underDimensions = history.filter(dimensionFilter(filters));
  const start = startOfTimeframe(filters.timeframe as Timeframe, today);
  const filtered =
    start === null
      ? underDimensions
      : underDimensions.filter(({ watchedAt }) => watchedAt !== null && watchedAt >= start);
  const localDate = (watchedAt: number) => new TZDate(watchedAt, timeZone);
  return {
    history,
    underDimensions,
    filtered,
    dated: datedOf(filtered),
    today,
    timeZone,
    localDate: shareLocalDates ? remembered(localDate) : localDate,
  };
}

function remembered(localDate: (watchedAt: number) => TZDate) {
  const known = new Map<number, TZDate>();
  return (watchedAt: number) => {
    const date = known.get(watchedAt) ?? localDate(watchedAt);
    known.set(watchedAt, date);
    return date;
  };
}

function dimensionFilter({ product, topics, channels }: FilterOptions) {
  const wantedTopics = new Set(topics);
  const wantedChannels = new Set(channels);
  return (record: WatchRecord) =>
    (product === "All" || record.product === product) &&
    (wantedTopics.size === 0 || record.topics.some((topic) => wantedTopics.has(topic))) &&
    (wantedChannels.size === 0 ||
      (record.channelTitle !== null && wantedChannels.has(record.channelTitle)));
}

function startOfTimeframe(timeframe: Timeframe, today: TZDate): number | null {
  switch (timeframe) {
    case "MTD":
      return startOfMonth(today).getTime();
    case "QTD":
      return startOfQuarter(today).getTime();
    case "YTD":
      return startOfYear(today).getTime();
    case "Last6M":
      return addDays(subMonths(today, 6), 1).getTime();
    case "Last12M":
      return addDays(subYears(today, 1), 1).getTime();
    case "All":
      return null;
  }
}

function datedOf(records: readonly WatchRecord[]): DatedRecord[] {
  const dated = records.filter((record): record is DatedRecord => record.watchedAt !== null);
  return dated.sort((left, right) => left.watchedAt - right.watchedAt);
}

/** How many of the records lie in the days from `first` to `last`. */
export function countBetween(records: readonly WatchRecord[], first: Date, last: Date): number {
  const [from, before] = [first.getTime(), addDays(last, 1).getTime()];
  let count = 0;
  for (const { watchedAt } of records) {
    if (watchedAt !== null && watchedAt >= from && watchedAt < before) count++;
  }
  return count;
}

const SESSION_GAP_MS = 30 * 60 * 1000;

export function splitSessions(dated: readonly DatedRecord[]): DatedRecord[][] {
  const sessions: DatedRecord[][] = [];
  let session: DatedRecord[] = [];
  for (const record of dated) {
    const previous = session.at(-1);
    if (!previous || record.watchedAt - previous.watchedAt > SESSION_GAP_MS) {
      session = [];
      sessions.push(session);
    }
    session.push(record);
  }
  return sessions;
}

export const watchSeconds = (record: WatchRecord): number => record.durationSeconds ?? 300;

export const percentage = (part: number, whole: number): number =>
  whole === 0 ? 0 : (part / whole) * 100;

export const change = (current: number, previous: number): number | null =>
  previous === 0 ? null : ((current - previous) / previous) * 100;

export const byName = (left: string, right: string): number =>
  left < right ? -1 : left > right ? 1 : 0;

export function increment<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
