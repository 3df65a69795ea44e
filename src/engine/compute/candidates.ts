import { lowerBound } from "../columns/segment";
import type { Selection } from "./select";
import type { Sessions } from "./sessions";

const HOURS_A_DAY = 24;
const DAYS_A_WEEK = 7;
const HOURS_A_WEEK = HOURS_A_DAY * DAYS_A_WEEK;
const NOT_A_CANDIDATE = -1;

/**
 * What is counted of the candidate channels (the titles with most dated videos) of a window.
 * Candidates are numbered by name, so that a smaller number is a smaller name.
 */
export interface Candidates {
  count: number;
  /** Title number of each candidate, and the candidate of each title (-1 for none). */
  titles: Uint32Array;
  ofTitle: Int16Array;
  /** The candidate of each entry, looked up once instead of by each row. */
  ofEntry: Int16Array;
  /** By candidate × hour of the week, Sunday 0:00 first. */
  weekHourVideos: Uint32Array;
  /** First and last row. */
  firstRow: Uint32Array;
  lastRow: Uint32Array;
  /** Rows in the 30 days that end with `asOf`. */
  recentVideos: Uint32Array;
  sessions: Uint32Array;
  /** Sessions in common, by the candidate that came later × the one that came first in them. */
  coSessions: Uint32Array;
  /** A byte for each candidate × topic set it was seen with. */
  seenSets: Uint8Array;
}

/** @param titles the candidates, in the order of their names. */
export function countCandidates(
  selection: Selection,
  start: number,
  sessions: Sessions,
  titles: Uint32Array,
): Candidates {
  const candidates = emptyCandidates(selection, titles);
  countRows(selection, start, sessions, candidates);
  countRecent(selection, start, candidates);
  return candidates;
}

function emptyCandidates({ prepared }: Selection, titles: Uint32Array): Candidates {
  const count = titles.length;
  const { dictionary } = prepared.columns;
  const ofTitle = new Int16Array(dictionary.titles.length).fill(NOT_A_CANDIDATE);
  titles.forEach((title, candidate) => (ofTitle[title] = candidate));
  return {
    count,
    titles,
    ofTitle,
    ofEntry: Int16Array.from(prepared.entryTitles, (title) => ofTitle[title]!),
    weekHourVideos: new Uint32Array(count * HOURS_A_WEEK),
    firstRow: new Uint32Array(count),
    lastRow: new Uint32Array(count),
    recentVideos: new Uint32Array(count),
    sessions: new Uint32Array(count),
    coSessions: new Uint32Array(count * count),
    seenSets: new Uint8Array(count * dictionary.topicSets.length),
  };
}

/**
 * One pass over the rows, in time order. Within a session a candidate is paired, at its first row,
 * with those already there.
 */
function countRows(
  { prepared, dated }: Selection,
  start: number,
  sessions: Sessions,
  candidates: Candidates,
): void {
  const { hours, entries, topicSets, count: end } = dated;
  const { count, ofEntry, weekHourVideos, firstRow, lastRow, seenSets } = candidates;
  const { sessions: sessionCounts, coSessions } = candidates;
  const setCount = prepared.columns.dictionary.topicSets.length;
  const lastSession = new Int32Array(count).fill(-1);
  const present = new Int16Array(count);
  let presentCount = 0;
  let session = -1;
  let nextStart = start;
  for (let row = start; row < end; row++) {
    if (row === nextStart) {
      session++;
      presentCount = 0;
      nextStart = session + 1 < sessions.count ? sessions.starts[session + 1]! : end;
    }
    const candidate = ofEntry[entries[row]!]!;
    if (candidate < 0) continue;
    weekHourVideos[candidate * HOURS_A_WEEK + (hours[row]! % HOURS_A_WEEK)]!++;
    lastRow[candidate] = row;
    seenSets[candidate * setCount + topicSets[row]!] = 1;
    if (lastSession[candidate] === session) continue;
    if (lastSession[candidate] === -1) firstRow[candidate] = row;
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

/** A candidate's videos by local hour (0–23). */
export function hourVideosOf({ weekHourVideos }: Candidates, candidate: number): Uint32Array {
  const hours = new Uint32Array(HOURS_A_DAY);
  for (let hour = 0; hour < HOURS_A_WEEK; hour++) {
    hours[hour % HOURS_A_DAY]! += weekHourVideos[candidate * HOURS_A_WEEK + hour]!;
  }
  return hours;
}

/** A candidate's videos by local weekday (0 is Sunday). */
export function weekdayVideosOf({ weekHourVideos }: Candidates, candidate: number): Uint32Array {
  const days = new Uint32Array(DAYS_A_WEEK);
  for (let hour = 0; hour < HOURS_A_WEEK; hour++) {
    days[Math.floor(hour / HOURS_A_DAY)]! += weekHourVideos[candidate * HOURS_A_WEEK + hour]!;
  }
  return days;
}
