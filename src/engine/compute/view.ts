import { monthName } from "../calendar/dates";
import type { Timeframe } from "../vocabulary";
import { lowerBound } from "../columns/segment";
import { localDays } from "../calendar/windows";
import { countCandidates, type Candidates } from "./candidates";
import { scorePairs, type Pairs } from "./pairs";
import { best, byCountThenName } from "./ranking";
import type { SelectedRows, Selection } from "./select";
import { findSessions, type Sessions } from "./sessions";
import { sumTopicSets, type Tallies } from "./tallies";

/** Titles that are looked at in pairs. */
const MAX_CANDIDATES = 300;
const HOURS_A_DAY = 24;
const DAYS_A_WEEK = 7;

/** Videos and watch time by title number; number 0 is "no title". */
export interface TitleTotals {
  videos: Uint32Array;
  seconds: Float64Array;
}

/**
 * One filter's rows as the aggregations read them. What several of them need is computed when the
 * first one asks. Valid until the tallies it was made of are added to.
 */
export class WindowView {
  private readonly memo = new Map<string, unknown>();

  /** @param start the first dated row of the window; it reaches to the selection's end. */
  constructor(
    readonly selection: Selection,
    readonly tallies: Tallies,
    readonly timeframe: Timeframe,
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
    return this.tallies.count;
  }

  /** The undated rows that count: those of the selection for All, else none. */
  get undated(): SelectedRows | null {
    return this.timeframe === "All" ? this.selection.undated : null;
  }

  /** Filtered records, undated ones included. */
  get totalCount(): number {
    return this.datedCount + (this.undated?.count ?? 0);
  }

  /** Dated rows of whole local days, whatever the timeframe: for windows of their own. */
  countDays(firstDate: string, lastDate: string): number {
    const [from, to] = this.rowsOfDays(firstDate, lastDate);
    return to - from;
  }

  rowsOfDays(firstDate: string, lastDate: string): [start: number, end: number] {
    const { from, to } = localDays(firstDate, lastDate, this.prepared.timeZone);
    const { times, count } = this.selection.dated;
    return [lowerBound(times, count, from), lowerBound(times, count, to)];
  }

  get datedTitles(): TitleTotals {
    return this.once("datedTitles", () => {
      const { entryVideos, entrySeconds } = this.tallies;
      const { entryTitles } = this.prepared;
      const count = this.dictionary.titles.length;
      const totals = { videos: new Uint32Array(count), seconds: new Float64Array(count) };
      entryTitles.forEach((title, entry) => {
        totals.videos[title]! += entryVideos[entry]!;
        totals.seconds[title]! += entrySeconds[entry]!;
      });
      return totals;
    });
  }

  /** Undated rows included. */
  get allTitles(): TitleTotals {
    return this.once("allTitles", () => {
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

  private get datedTopicSets(): Uint32Array {
    const setCount = this.dictionary.topicSets.length;
    return this.once("datedTopicSets", () => sumTopicSets(this.tallies, setCount));
  }

  /** Videos by topic number, of dated rows. */
  get datedTopics(): Uint32Array {
    return this.once("datedTopics", () => this.topicsOfSets(this.datedTopicSets));
  }

  /** Undated rows included. */
  get allTopics(): Uint32Array {
    return this.once("allTopics", () => {
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
    topicSets.forEach((set, index) => {
      const count = setVideos[index]!;
      if (count > 0) for (const topic of set) videos[topic]! += count;
    });
    return videos;
  }

  /** Videos by local day. */
  get dayVideos(): Uint32Array {
    return this.calendarVideos.days;
  }

  /** Videos by hour of the week, Sunday 0:00 first. */
  get weekHourVideos(): Uint32Array {
    return this.calendarVideos.weekHours;
  }

  private get calendarVideos() {
    return this.once("calendarVideos", () => {
      const { hourVideos } = this.tallies;
      const { dayCount } = this.prepared;
      const days = new Uint32Array(dayCount);
      const weekHours = new Uint32Array(DAYS_A_WEEK * HOURS_A_DAY);
      for (let day = this.firstDay; day < dayCount; day++) {
        const weekHour = (day % DAYS_A_WEEK) * HOURS_A_DAY;
        for (let hour = 0; hour < HOURS_A_DAY; hour++) {
          const videos = hourVideos[day * HOURS_A_DAY + hour]!;
          if (videos === 0) continue;
          days[day]! += videos;
          weekHours[weekHour + hour]! += videos;
        }
      }
      return { days, weekHours };
    });
  }

  /** A local day no later than any row's: clocks set back take a row to the day before at most. */
  private get firstDay(): number {
    const { hours, count } = this.selection.dated;
    if (this.start >= count) return this.prepared.dayCount;
    return Math.max(0, Math.floor(hours[this.start]! / HOURS_A_DAY) - 1);
  }

  /** Months from the first to the last with a dated row, and the videos of each. */
  get months(): { first: number; names: string[]; videos: Uint32Array } {
    return this.once("months", () => {
      const { monthCount, dayMonths, firstMonth } = this.prepared;
      const videos = new Uint32Array(monthCount);
      this.dayVideos.forEach((count, day) => (videos[dayMonths[day]!]! += count));
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
    return this.once("sessions", () => findSessions(this.selection, this.start));
  }

  /** Titles with most dated videos first, up to 300. */
  get topTitles(): number[] {
    return this.once("topTitles", () => {
      const { videos } = this.datedTitles;
      const { titles } = this.dictionary;
      const isTitle = (title: number) => title > 0 && videos[title]! > 0;
      return best(titles.length, MAX_CANDIDATES, isTitle, byCountThenName(videos, titles));
    });
  }

  get candidates(): Candidates {
    return this.once("candidates", () => {
      const { titles } = this.dictionary;
      const byName = [...this.topTitles].sort((a, b) => (titles[a]! < titles[b]! ? -1 : 1));
      return countCandidates(this.selection, this.start, this.sessions, Uint32Array.from(byName));
    });
  }

  get pairs(): Pairs {
    return this.once("pairs", () => scorePairs(this.candidates));
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
    return this.once(`topics ${candidate}`, () => {
      const { topicSets } = this.dictionary;
      const { seenSets } = this.candidates;
      const topics = new Set<number>();
      topicSets.forEach((set, index) => {
        if (seenSets[candidate * topicSets.length + index] === 0) return;
        for (const topic of set) topics.add(topic);
      });
      return topics;
    });
  }

  /** A channel's URL of the whole history. */
  urlOf(title: number): string | null {
    const url = this.prepared.attributes.urls[title]!;
    return url === 0 ? null : this.dictionary.urls[url]!;
  }

  private once<T>(key: string, compute: () => T): T {
    if (!this.memo.has(key)) this.memo.set(key, compute());
    // The key names the getter, whose one call site stored a T.
    return this.memo.get(key) as T;
  }
}
