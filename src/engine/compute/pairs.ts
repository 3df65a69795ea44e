import type { Candidates } from "./candidates";

/** Two channels that share fewer sessions are no pair. */
const MIN_CO_SESSIONS = 2;

/** Pairs of candidates that share enough sessions, numbered in the order of their names. */
export interface Pairs {
  count: number;
  /** The smaller and the larger candidate number, which are in the order of names. */
  first: Int16Array;
  second: Int16Array;
  coSessions: Uint32Array;
  /** 100 × sessions in common / sessions of the one with fewer. */
  scores: Float64Array;
}

export function scorePairs({ count, sessions, coSessions }: Candidates): Pairs {
  const most = (count * (count - 1)) / 2;
  const pairs: Pairs = {
    count: 0,
    first: new Int16Array(most),
    second: new Int16Array(most),
    coSessions: new Uint32Array(most),
    scores: new Float64Array(most),
  };
  for (let first = 0; first < count; first++) {
    for (let second = first + 1; second < count; second++) {
      const together = coSessions[first * count + second]! + coSessions[second * count + first]!;
      if (together < MIN_CO_SESSIONS) continue;
      const pair = pairs.count++;
      pairs.first[pair] = first;
      pairs.second[pair] = second;
      pairs.coSessions[pair] = together;
      pairs.scores[pair] = (100 * together) / Math.min(sessions[first]!, sessions[second]!);
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
