import { MAX_CANDIDATES, mostCandidates, type Candidates } from "./candidates";
import { best } from "./ranking";
import type { Selection } from "./select";

/** Two channels that share fewer sessions are no pair. */
const MIN_CO_SESSIONS = 2;

/** Two candidates that share sessions. */
export interface Pair {
  /** That with the smaller name. */
  first: number;
  second: number;
  coSessions: number;
  /** 100 × sessions in common / sessions of the one with fewer. */
  score: number;
}

/** The `limit` best pairs of at least `minScore`: by score, sessions in common, then names. */
export function closestPairs(
  selection: Selection,
  candidates: Candidates,
  minScore: number,
  limit: number,
): Pair[] {
  const pairs = selection.memo.once("pairs", () => emptyPairs(mostCandidates(selection)));
  const count = scorePairs(candidates, pairs);
  const { cells, coSessions, scores } = pairs;
  const nameOrder = (pair: number) => {
    const [first, second] = inOrderOfNames(candidates, cells[pair]!);
    return candidates.nameRanks[first]! * MAX_CANDIDATES + candidates.nameRanks[second]!;
  };
  const comesFirst = (a: number, b: number) =>
    coSessions[a] === coSessions[b] ? nameOrder(a) < nameOrder(b) : coSessions[a]! > coSessions[b]!;
  return best({ values: scores, count, minimum: minScore, limit, comesFirst }).map((pair) => {
    const [first, second] = inOrderOfNames(candidates, cells[pair]!);
    return { first, second, coSessions: coSessions[pair]!, score: scores[pair]! };
  });
}

/** All pairs there are: place in the table of sessions in common, their number, the score. */
function emptyPairs(candidates: number) {
  const pairs = (candidates * (candidates - 1)) / 2;
  return {
    cells: new Uint32Array(pairs),
    coSessions: new Uint32Array(pairs),
    scores: new Float64Array(pairs),
  };
}

function scorePairs(
  { count: width, sessions, coSessions: table }: Candidates,
  { cells, coSessions, scores }: ReturnType<typeof emptyPairs>,
): number {
  let count = 0;
  for (let one = 1; one < width; one++) {
    const sessionsOfOne = sessions[one]!;
    if (sessionsOfOne < MIN_CO_SESSIONS) continue;
    for (let other = 0; other < one; other++) {
      const cell = one * width + other;
      const together = table[cell]! + table[other * width + one]!;
      if (together < MIN_CO_SESSIONS) continue;
      const sessionsOfOther = sessions[other]!;
      const fewer = sessionsOfOne < sessionsOfOther ? sessionsOfOne : sessionsOfOther;
      cells[count] = cell;
      coSessions[count] = together;
      scores[count++] = (100 * together) / fewer;
    }
  }
  return count;
}

/** The `limit` closest partners of each of the first `count` candidates, closest first. */
export function closestPartners(
  { count: width, sessions, nameRanks, coSessions: table }: Candidates,
  count: number,
  limit: number,
): number[][] {
  const scores = new Float64Array(width);
  const together = new Uint32Array(width);
  const comesFirst = (a: number, b: number) =>
    together[a] === together[b] ? nameRanks[a]! < nameRanks[b]! : together[a]! > together[b]!;
  const partners: number[][] = [];
  for (let one = 0; one < count; one++) {
    const sessionsOfOne = sessions[one]!;
    for (let other = 0; other < width; other++) {
      const common = table[one * width + other]! + table[other * width + one]!;
      const sessionsOfOther = sessions[other]!;
      const fewer = sessionsOfOne < sessionsOfOther ? sessionsOfOne : sessionsOfOther;
      together[other] = common;
      scores[other] = common < MIN_CO_SESSIONS ? 0 : (100 * common) / fewer;
    }
    partners.push(best({ values: scores, minimum: Number.MIN_VALUE, limit, comesFirst }));
  }
  return partners;
}

/** The two candidates of a place in the table, that with the smaller name first. */
function inOrderOfNames(
  { count: width, nameRanks }: Candidates,
  cell: number,
): [first: number, second: number] {
  const one = Math.floor(cell / width);
  const other = cell % width;
  return nameRanks[one]! < nameRanks[other]! ? [one, other] : [other, one];
}
