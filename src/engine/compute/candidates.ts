import type { Selection } from "./select";
import type { Sessions } from "./sessions";

const HOURS_A_DAY = 24;
const DAYS_A_WEEK = 7;
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
  /** By candidate × 24 local hours, × 7 weekdays. */
  hourVideos: Uint32Array;
  weekdayVideos: Uint32Array;
  /** First and last row. */
  firstRow: Uint32Array;
  lastRow: Uint32Array;
  /** Rows in the 30 days that end with `asOf`. */
  recentVideos: Uint32Array;
  sessions: Uint32Array;
  /** Sessions in common, by smaller × larger candidate: `a * count + b` where a < b. */
  coSessions: Uint32Array;
  /** Bit sets of topic numbers, `topicWords` words a candidate. */
  topicBits: Int32Array;
  topicWords: number;
}

/** @param titles the candidates, in the order of their names. */
export function countCandidates(
  selection: Selection,
  start: number,
  sessions: Sessions,
  titles: Uint32Array,
): Candidates {
  const candidates = emptyCandidates(selection, titles);
  countRows(selection, start, candidates);
  countSessions(selection, sessions, candidates);
  return candidates;
}

function emptyCandidates({ prepared }: Selection, titles: Uint32Array): Candidates {
  const count = titles.length;
  const { dictionary } = prepared.columns;
  const ofTitle = new Int16Array(dictionary.titles.length).fill(NOT_A_CANDIDATE);
  titles.forEach((title, candidate) => (ofTitle[title] = candidate));
  const topicWords = (dictionary.topics.length + 31) >> 5;
  return {
    count,
    titles,
    ofTitle,
    hourVideos: new Uint32Array(count * HOURS_A_DAY),
    weekdayVideos: new Uint32Array(count * DAYS_A_WEEK),
    firstRow: new Uint32Array(count),
    lastRow: new Uint32Array(count),
    recentVideos: new Uint32Array(count),
    sessions: new Uint32Array(count),
    coSessions: new Uint32Array(count * count),
    topicBits: new Int32Array(count * topicWords),
    topicWords,
  };
}

/** The candidate of each entry, looked up once instead of by each row. */
function candidatesByEntry({ prepared }: Selection, { ofTitle }: Candidates): Int16Array {
  return Int16Array.from(prepared.entryTitles, (title) => ofTitle[title]!);
}

function countRows(selection: Selection, start: number, candidates: Candidates): void {
  const { prepared, dated } = selection;
  const { times, hours, entries, topicSets, count: end } = dated;
  const { hourVideos, weekdayVideos, firstRow, lastRow, recentVideos } = candidates;
  const { topicBits, topicWords } = candidates;
  const ofEntry = candidatesByEntry(selection, candidates);
  const { starts: setStarts, topics: setTopics } = flattenSets(
    prepared.columns.dictionary.topicSets,
  );
  const recentFrom = prepared.recentDays.from;
  for (let row = end - 1; row >= start; row--) {
    const candidate = ofEntry[entries[row]!]!;
    if (candidate < 0) continue;
    const hour = hours[row]!;
    const day = (hour / HOURS_A_DAY) | 0;
    hourVideos[candidate * HOURS_A_DAY + hour - day * HOURS_A_DAY]!++;
    weekdayVideos[candidate * DAYS_A_WEEK + (day % DAYS_A_WEEK)]!++;
    firstRow[candidate] = row;
    if (lastRow[candidate] === 0) lastRow[candidate] = row;
    if (times[row]! >= recentFrom) recentVideos[candidate]!++;
    const set = topicSets[row]!;
    for (let at = setStarts[set]!; at < setStarts[set + 1]!; at++) {
      const topic = setTopics[at]!;
      topicBits[candidate * topicWords + (topic >> 5)]! |= 1 << (topic & 31);
    }
  }
}

/** Pairs each candidate, at its first row in a session, with those already in it. */
function countSessions(selection: Selection, sessions: Sessions, candidates: Candidates): void {
  const { entries } = selection.dated;
  const { count, sessions: sessionCounts, coSessions } = candidates;
  const ofEntry = candidatesByEntry(selection, candidates);
  const lastSession = new Int32Array(count).fill(-1);
  const present = new Int16Array(count);
  for (let session = 0; session < sessions.count; session++) {
    let presentCount = 0;
    const end = session + 1 < sessions.count ? sessions.starts[session + 1]! : sessions.end;
    for (let row = sessions.starts[session]!; row < end; row++) {
      const candidate = ofEntry[entries[row]!]!;
      if (candidate < 0 || lastSession[candidate] === session) continue;
      lastSession[candidate] = session;
      sessionCounts[candidate]!++;
      for (let index = 0; index < presentCount; index++) {
        const other = present[index]!;
        const pair = candidate < other ? candidate * count + other : other * count + candidate;
        coSessions[pair]!++;
      }
      present[presentCount++] = candidate;
    }
  }
}

/** Lists of numbers as one array with the start of each, and of the end. */
function flattenSets(sets: readonly number[][]) {
  const starts = new Uint32Array(sets.length + 1);
  sets.forEach((set, index) => (starts[index + 1] = starts[index]! + set.length));
  const topics = new Uint32Array(starts[sets.length]!);
  sets.forEach((set, index) => topics.set(set, starts[index]));
  return { starts, topics };
}
