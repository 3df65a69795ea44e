import { localDays } from "../calendar/windows";
import { monthName } from "../calendar/dates";
import { lowerBound } from "../columns/lowerBound";
import type { TimeframeFilter } from "../query";
import { countCandidates, MAX_CANDIDATES, topicsSeenWith, type Candidates } from "./candidates";
import { Memo } from "./memo";
import { best, byName } from "./ranking";
import type { SelectedRows, Selection } from "./select";
import { sessionsFrom, type Sessions } from "./sessions";
import { addRowsFrom, emptyTallies, type Tallies } from "./tallies";

const HOURS_A_DAY = 24;
const HOURS_A_WEEK = 168;
/** A later row's local time is earlier by less than this, where clocks were set back. */
const MAX_SET_BACK_DAYS = 2;

/** Videos and watch time by title number; number 0 is "no title". */
export interface TitleTotals {
  videos: Uint32Array;
  seconds: Float64Array;
}

/**
 * One filter's rows as the aggregations read them. What several of them need is computed when the
 * first one asks. Valid until a view of a longer timeframe is asked: they share tallies.
 */
export class WindowView {
  private readonly memo = new Memo();

  /** @param start the first dated row of the window; it reaches to the selection's end. */
  constructor(
    readonly selection: Selection,
    readonly timeframe: TimeframeFilter,
    readonly start: number,
  ) {}

  get prepared() {
    return this.selection.prepared;
  }

  get dictionary() {
    return this.prepared.columns.dictionary;
  }

  /** Dated rows of the window. */
  get datedCount(): number {
    return this.selection.dated.count - this.start;
  }

  /** The undated rows that count: those of the selection for All, else none. */
  get undated(): SelectedRows | null {
    return this.timeframe === "All" ? this.selection.undated : null;
  }

  /** Filtered records, undated ones included. */
  get totalCount(): number {
    return this.datedCount + (this.undated?.count ?? 0);
  }

  /**
   * Dated rows of whole local days, whatever the timeframe: for windows of their own. Those before
   * the window are there only as far as the aggregation's `lookBack` says.
   */
  rowsOfDays(firstDate: string, lastDate: string): [start: number, end: number] {
    const { from, to } = localDays(firstDate, lastDate, this.prepared.timeZone);
    const { times, count } = this.selection.dated;
    return [lowerBound(times, count, from), lowerBound(times, count, to)];
  }

  get tallies(): Tallies {
    const { selection } = this;
    const tallies = selection.memo.once("tallies", () => emptyTallies(selection));
    addRowsFrom(this.start, tallies, selection);
    return tallies;
  }

  get datedTitles(): TitleTotals {
    return this.memo.once("datedTitles", () => {
      const { entryVideos, entrySeconds } = this.tallies;
      const { entryTitles } = this.prepared;
      const count = this.dictionary.titles.length;
      const totals = { videos: new Uint32Array(count), seconds: new Float64Array(count) };
      for (let entry = 0; entry < entryTitles.length; entry++) {
        const title = entryTitles[entry]!;
        totals.videos[title]! += entryVideos[entry]!;
        totals.seconds[title]! += entrySeconds[entry]!;
      }
      return totals;
    });
  }

  /** Undated rows included. */
  get allTitles(): TitleTotals {
    return this.memo.once("allTitles", () => {
      const { undated, datedTitles } = this;
      if (undated === null || undated.count === 0) return datedTitles;
      const totals = { videos: datedTitles.videos.slice(), seconds: datedTitles.seconds.slice() };
      const { entryTitles } = this.prepared;
      for (let row = 0; row < undated.count; row++) {
        const title = entryTitles[undated.entries[row]!]!;
        totals.videos[title]!++;
        totals.seconds[title]! += undated.seconds[row]!;
      }
      return totals;
    });
  }

  /** Videos by topic set, of dated rows. */
  private get datedTopicSets(): Uint32Array {
    return this.memo.once("datedTopicSets", () => {
      const { topicSetVideos, hasTopicSetMonths } = this.tallies;
      const setCount = this.dictionary.topicSets.length;
      if (!hasTopicSetMonths) return topicSetVideos.slice();
      const videos = new Uint32Array(setCount);
      const { first, names } = this.months;
      for (let month = first; month < first + names.length; month++) {
        const cells = month * setCount;
        for (let set = 0; set < setCount; set++) videos[set]! += topicSetVideos[cells + set]!;
      }
      return videos;
    });
  }

  /** Videos by topic number, of dated rows. */
  get datedTopics(): Uint32Array {
    return this.memo.once("datedTopics", () => this.topicsOfSets(this.datedTopicSets));
  }

  /** Undated rows included. */
  get allTopics(): Uint32Array {
    return this.memo.once("allTopics", () => {
      const { undated } = this;
      if (undated === null || undated.count === 0) return this.datedTopics;
      const setVideos = this.datedTopicSets.slice();
      for (let row = 0; row < undated.count; row++) setVideos[undated.topicSets[row]!]!++;
      return this.topicsOfSets(setVideos);
    });
  }

  /** Videos by topic number, of counts by topic set. */
  topicsOfSets(setVideos: Uint32Array): Uint32Array {
    const { topics, topicSets } = this.dictionary;
    const videos = new Uint32Array(topics.length);
    for (let set = 0; set < topicSets.length; set++) {
      if (setVideos[set] === 0) continue;
      for (const topic of topicSets[set]!) videos[topic]! += setVideos[set]!;
    }
    return videos;
  }

  /** A local day no later than any row's. */
  get firstDay(): number {
    const { hours, count } = this.selection.dated;
    if (this.start >= count) return this.prepared.dayCount;
    return Math.max(0, Math.floor(hours[this.start]! / HOURS_A_DAY) - MAX_SET_BACK_DAYS);
  }

  /** Videos by local day, and by hour of the week, Sunday 0:00 first. */
  get clock(): { dayVideos: Uint32Array; weekHourVideos: Uint32Array } {
    return this.memo.once("clock", () => {
      const { hourVideos } = this.tallies;
      const dayVideos = new Uint32Array(this.prepared.dayCount);
      const weekHourVideos = new Uint32Array(HOURS_A_WEEK);
      for (let day = this.firstDay; day < dayVideos.length; day++) {
        const hours = day * HOURS_A_DAY;
        const weekHours = hours % HOURS_A_WEEK;
        for (let hour = 0; hour < HOURS_A_DAY; hour++) {
          const videos = hourVideos[hours + hour]!;
          dayVideos[day]! += videos;
          weekHourVideos[weekHours + hour]! += videos;
        }
      }
      return { dayVideos, weekHourVideos };
    });
  }

  /** Months from the first to the last with a dated row, and the videos of each. */
  get months(): { first: number; names: string[]; videos: Uint32Array } {
    return this.memo.once("months", () => {
      const { monthCount, dayMonths, firstMonth, dayCount } = this.prepared;
      const { dayVideos } = this.clock;
      const videos = new Uint32Array(monthCount);
      for (let day = this.firstDay; day < dayCount; day++) {
        videos[dayMonths[day]!]! += dayVideos[day]!;
      }
      const first = videos.findIndex((count) => count > 0);
      if (first === -1) return { first: 0, names: [], videos: videos.subarray(0, 0) };
      const end = videos.findLastIndex((count) => count > 0) + 1;
      const names = Array.from({ length: end - first }, (_, index) =>
        monthName(firstMonth + first + index),
      );
      return { first, names, videos: videos.subarray(first, end) };
    });
  }

  get sessions(): Sessions {
    return this.memo.once("sessions", () => sessionsFrom(this.selection, this.start));
  }

  /** Titles with most dated videos first, up to 300. */
  get topTitles(): number[] {
    return this.memo.once("topTitles", () => this.rankTitles(this.datedTitles, MAX_CANDIDATES));
  }

  /** Titles by videos, then by name: the first `limit`. */
  rankTitles({ videos }: TitleTotals, limit: number): number[] {
    const comesFirst = byName(this.dictionary.titles);
    return best({ values: videos, from: 1, minimum: 1, limit, comesFirst });
  }

  /** Topics by videos, then by name: the first `limit`. */
  rankTopics(videos: Uint32Array, limit: number): number[] {
    return best({ values: videos, minimum: 1, limit, comesFirst: byName(this.dictionary.topics) });
  }

  get candidates(): Candidates {
    return this.memo.once("candidates", () =>
      countCandidates(this.selection, this.start, this.sessions, this.topTitles),
    );
  }

  /** Names of a candidate's topics, sorted, the first `limit`; only those `other` has too. */
  topicsOf(candidate: number, limit: number, other = candidate): string[] {
    const shared = this.topicNumbersOf(other);
    return [...this.topicNumbersOf(candidate)]
      .filter((topic) => shared.has(topic))
      .map((topic) => this.dictionary.topics[topic]!)
      .sort()
      .slice(0, limit);
  }

  private topicNumbersOf(candidate: number): Set<number> {
    return this.memo.once(`topics ${candidate}`, () =>
      topicsSeenWith(this.candidates, candidate, this.dictionary.topicSets),
    );
  }

  /** A channel's URL of the whole history. */
  urlOf(title: number): string | null {
    const url = this.prepared.attributes.urls[title]!;
    return url === 0 ? null : this.dictionary.urls[url]!;
  }
}
