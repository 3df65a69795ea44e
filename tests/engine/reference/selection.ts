import type { FilterOptions, WatchRecord } from "../../../src/engine/index";
import { ESTIMATED_WATCH_SECONDS, sum } from "./arithmetic";
import { canonicalFilters, lastDayOf, passesDimensions, timeframeRange } from "./filters";
import { addDays, isWithin, localTimeOf, midnight, type LocalTime } from "./localTime";

export type DatedRecord = WatchRecord & { watchedAt: number; local: LocalTime };

/** The records that a query speaks of, in the words of aggregations.md. */
export interface Selection {
  asOf: string;
  timeZone: string;
  /** The whole history, whatever the filters, without what lies after `asOf`. */
  history: WatchRecord[];
  /** Dated records that pass product, topics and channels, whatever the timeframe. */
  datedUnderDimensions: DatedRecord[];
  /** Records that pass all filters. */
  filtered: WatchRecord[];
  /** Filtered and dated, in time order. */
  dated: DatedRecord[];
  /** `dated`, cut where more than 30 minutes lie between two records. */
  sessions: DatedRecord[][];
}

const SESSION_GAP_MS = 30 * 60 * 1000;

export function select(
  records: Iterable<WatchRecord>,
  query: { filters: FilterOptions; asOf: string; timeZone: string },
): Selection {
  const { timeZone } = query;
  const filters = canonicalFilters(query.filters);
  const asOf = lastDayOf(filters.timeframe, query.asOf);
  const future = midnight(addDays(asOf, 1), timeZone);
  const history = [...records].filter(
    (record) => record.watchedAt === null || record.watchedAt < future,
  );
  const underDimensions = history.filter((record) => passesDimensions(record, filters));
  const range = timeframeRange(filters.timeframe, asOf, timeZone);
  const filtered = underDimensions.filter(
    (record) => range === null || (record.watchedAt !== null && isWithin(record.watchedAt, range)),
  );
  const dated = datedOf(filtered, timeZone);
  return {
    asOf,
    timeZone,
    history,
    datedUnderDimensions: datedOf(underDimensions, timeZone),
    filtered,
    dated,
    sessions: sessionsOf(dated),
  };
}

function datedOf(records: readonly WatchRecord[], timeZone: string): DatedRecord[] {
  const dated: DatedRecord[] = [];
  for (const record of records) {
    const { watchedAt } = record;
    if (watchedAt === null) continue;
    dated.push({ ...record, watchedAt, local: localTimeOf(watchedAt, timeZone) });
  }
  return dated.sort((left, right) => left.watchedAt - right.watchedAt);
}

function sessionsOf(dated: readonly DatedRecord[]): DatedRecord[][] {
  const sessions: DatedRecord[][] = [];
  for (const record of dated) {
    const session = sessions.at(-1);
    const previous = session?.at(-1);
    if (session && previous && record.watchedAt - previous.watchedAt <= SESSION_GAP_MS) {
      session.push(record);
    } else {
      sessions.push([record]);
    }
  }
  return sessions;
}

export function watchTimeSecondsOf(records: readonly WatchRecord[]): number {
  return sum(records.map((record) => record.durationSeconds ?? ESTIMATED_WATCH_SECONDS));
}

/** The distinct titles of the records, null left out. */
export function titlesOf(records: readonly WatchRecord[]): string[] {
  const titles = records.map((record) => record.channelTitle);
  return [...new Set(titles.filter((title) => title !== null))];
}
