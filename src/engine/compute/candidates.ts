import { lowerBound } from "../columns/lowerBound";
import type { Selection } from "./select";
import type { Sessions } from "./sessions";

/** Channels that are looked at in pairs. */
export const MAX_CANDIDATES = 300;
export const HOURS_A_DAY = 24;
export const DAYS_A_WEEK = 7;
const HOURS_A_WEEK = HOURS_A_DAY * DAYS_A_WEEK;
const NONE = -1;

/**
 * What is counted of the candidate channels (the titles with most dated videos) of a window.
 * Candidates are numbered by rank, so that what is counted most lies close together. Columns have
 * room for the most candidates the history can have.
 */
export interface Candidates {
  count: number;
  /** Title number of each candidate. */
  titles: readonly number[];
  /** Place among the candidates by name. */
  nameRanks: Uint16Array;
  /** The candidate of each entry, -1 for none: looked up once instead of by each row. */
  ofEntry: Int16Array;
  /** By candidate × local hour (0–23). */
  hourVideos: Uint32Array;
  /** By candidate × local weekday (0 is Sunday). */
  weekdayVideos: Uint32Array;
  firstRow: Uint32Array;
  lastRow: Uint32Array;
  /** Rows in the 30 days that end with `asOf`. */
  recentVideos: Uint32Array;
  sessions: Uint32Array;
  /**
   * Sessions in common, by the candidate that came later in them × the one that came first: the
   * two halves of a pair are added up when they are read.
   */
  coSessions: Uint32Array;
  /** A bit for each candidate × topic set it was seen with, 32 to a word. */
  seenSets: Uint32Array;
  wordsOfSets: number;
}

/**
 * @param titles the candidates, those with most videos first.
 * @returns valid until the next call for the same selection, which uses the same memory.
 */
export function countCandidates(
  selection: Selection,
  start: number,
  sessions: Sessions,
  titles: readonly number[],
): Candidates {
  const columns = selection.memo.once("candidates", () => emptyColumns(selection));
  for (const column of Object.values(columns)) column.fill(0);
  const { titles: names, topicSets } = selection.prepared.columns.dictionary;
  const byName = titles.map((_, candidate) => candidate);
  byName.sort((a, b) => (names[titles[a]!]! < names[titles[b]!]! ? -1 : 1));
  const nameRanks = new Uint16Array(titles.length);
  byName.forEach((candidate, rank) => (nameRanks[candidate] = rank));
  const candidates: Candidates = {
    count: titles.length,
    titles,
    nameRanks,
    ofEntry: candidatesOfEntries(selection, titles),
    wordsOfSets: wordsFor(topicSets.length),
    ...columns,
  };
  countRows(selection, start, sessions, candidates);
  countRecent(selection, start, candidates);
  return candidates;
}

/** The most candidates that a window of a history can have. */
export function mostCandidates({ prepared }: Selection): number {
  return Math.min(prepared.columns.dictionary.titles.length, MAX_CANDIDATES);
}

function emptyColumns(selection: Selection) {
  const { topicSets } = selection.prepared.columns.dictionary;
  const most = mostCandidates(selection);
  return {
    hourVideos: new Uint32Array(most * HOURS_A_DAY),
    weekdayVideos: new Uint32Array(most * DAYS_A_WEEK),
    firstRow: new Uint32Array(most),
    lastRow: new Uint32Array(most),
    recentVideos: new Uint32Array(most),
    sessions: new Uint32Array(most),
    coSessions: new Uint32Array(most * most),
    seenSets: new Uint32Array(most * wordsFor(topicSets.length)),
  };
}

function wordsFor(bits: number): number {
  return (bits + 31) >>> 5;
}

function candidatesOfEntries({ prepared }: Selection, titles: readonly number[]): Int16Array {
  const { entryTitles } = prepared;
  const ofTitle = new Int16Array(prepared.columns.dictionary.titles.length).fill(NONE);
  for (let candidate = 0; candidate < titles.length; candidate++) {
    ofTitle[titles[candidate]!] = candidate;
  }
  const ofEntry = new Int16Array(entryTitles.length);
  for (let entry = 0; entry < ofEntry.length; entry++) {
    ofEntry[entry] = ofTitle[entryTitles[entry]!]!;
  }
  return ofEntry;
}

/**
 * One pass over the rows, in time order. Within a session a candidate is paired, at its first row,
 * with those already there.
 */
function countRows(
  { dated }: Selection,
  start: number,
  { starts }: Sessions,
  candidates: Candidates,
): void {
  const { hours, entries, topicSets, count: end } = dated;
  const { count, ofEntry, hourVideos, weekdayVideos, firstRow, lastRow } = candidates;
  const { seenSets, wordsOfSets, sessions: sessionCounts, coSessions } = candidates;
  const lastSession = new Uint32Array(count);
  const present = new Uint16Array(count);
  let presentCount = 0;
  let session = 0;
  for (let row = start; row < end; row++) {
    if (row === starts[session]) {
      session++;
      presentCount = 0;
    }
    const candidate = ofEntry[entries[row]!]!;
    if (candidate < 0) continue;
    const hourOfWeek = hours[row]! % HOURS_A_WEEK;
    const weekday = (hourOfWeek / HOURS_A_DAY) | 0;
    hourVideos[candidate * HOURS_A_DAY + hourOfWeek - weekday * HOURS_A_DAY]!++;
    weekdayVideos[candidate * DAYS_A_WEEK + weekday]!++;
    const topicSet = topicSets[row]!;
    seenSets[candidate * wordsOfSets + (topicSet >>> 5)]! |= 1 << (topicSet & 31);
    lastRow[candidate] = row;
    if (lastSession[candidate] === session) continue;
    if (lastSession[candidate] === 0) firstRow[candidate] = row;
    lastSession[candidate] = session;
    sessionCounts[candidate]!++;
    const pairs = candidate * count;
    for (let index = 0; index < presentCount; index++) coSessions[pairs + present[index]!]!++;
    present[presentCount++] = candidate;
  }
}

function countRecent(
  { prepared, dated }: Selection,
  start: number,
  { recentVideos, ofEntry }: Candidates,
): void {
  const { times, entries, count: end } = dated;
  const first = Math.max(start, lowerBound(times, end, prepared.recentDays.from));
  for (let row = first; row < end; row++) {
    const candidate = ofEntry[entries[row]!]!;
    if (candidate >= 0) recentVideos[candidate]!++;
  }
}

/** Numbers of the topics a candidate was seen with, each once, in no order. */
export function topicsSeenWith(
  { seenSets, wordsOfSets }: Candidates,
  candidate: number,
  topicSets: readonly (readonly number[])[],
): Set<number> {
  const topics = new Set<number>();
  for (let word = 0; word < wordsOfSets; word++) {
    let bits = seenSets[candidate * wordsOfSets + word]!;
    while (bits !== 0) {
      for (const topic of topicSets[word * 32 + 31 - Math.clz32(bits & -bits)]!) topics.add(topic);
      bits &= bits - 1;
    }
  }
  return topics;
}
