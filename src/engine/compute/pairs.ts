import type { Candidates } from "./candidates";

/** Two channels that share fewer sessions are no pair. */
const MIN_CO_SESSIONS = 2;

/** Pairs of candidates, by smaller and larger candidate number. */
export interface Pairs {
  count: number;
  first: Int16Array;
  second: Int16Array;
  coSessions: Uint32Array;
  /** 100 × sessions in common / sessions of the one with fewer. */
  scores: Float64Array;
}

export function countPairs({ count, sessions, coSessions }: Candidates): Pairs {
  let pairCount = 0;
  for (const together of coSessions) if (together >= MIN_CO_SESSIONS) pairCount++;
  const pairs: Pairs = {
    count: pairCount,
    first: new Int16Array(pairCount),
    second: new Int16Array(pairCount),
    coSessions: new Uint32Array(pairCount),
    scores: new Float64Array(pairCount),
  };
  let pair = 0;
  for (let first = 0; first < count; first++) {
    for (let second = first + 1; second < count; second++) {
      const together = coSessions[first * count + second]!;
      if (together < MIN_CO_SESSIONS) continue;
      pairs.first[pair] = first;
      pairs.second[pair] = second;
      pairs.coSessions[pair] = together;
      pairs.scores[pair] = (100 * together) / Math.min(sessions[first]!, sessions[second]!);
      pair++;
    }
  }
  return pairs;
}

/**
 * Whether pair a comes before b: higher score, then more sessions in common, then names, which is
 * the order the pairs are numbered in.
 */
export function isCloser({ scores, coSessions }: Pairs, a: number, b: number): boolean {
  if (scores[a] !== scores[b]) return scores[a]! > scores[b]!;
  if (coSessions[a] !== coSessions[b]) return coSessions[a]! > coSessions[b]!;
  return a < b;
}
