import * as z from "zod/mini";
import { HOURS_A_DAY, type Candidates } from "../compute/candidates";
import { closestPairs } from "../compute/pairs";
import { defineAggregation } from "./define";

const MAX_PAIRS = 50;
const MIN_SCORE = 10;
const MAX_TOPICS = 20;

/** The 50 pairs of channels that most often share sessions, of those with a score of 10 or more. */
export const channelRelationships = defineAggregation({
  version: 1,
  lookBack: "window",
  schema: z.array(
    z.object({
      /** The smaller name. */
      channel1: z.string(),
      channel2: z.string(),
      coSessions: z.int(),
      /** Sessions in common, in percent of those of the channel with fewer. */
      coWatchScore: z.number(),
      topicOverlap: z.array(z.string()),
      /** Pearson's r of the two channels' videos by local hour; 0 where either is constant. */
      temporalCorrelation: z.number(),
    }),
  ),
  compute: (view) => {
    const { selection, candidates, dictionary } = view;
    const nameOf = (candidate: number) => dictionary.titles[candidates.titles[candidate]!]!;
    return closestPairs(selection, candidates, MIN_SCORE, MAX_PAIRS).map(
      ({ first, second, coSessions, score }) => ({
        channel1: nameOf(first),
        channel2: nameOf(second),
        coSessions,
        coWatchScore: score,
        topicOverlap: view.topicsOf(first, MAX_TOPICS, second),
        temporalCorrelation: correlation(candidates, first, second),
      }),
    );
  },
});

function correlation(candidates: Candidates, first: number, second: number): number {
  const { hourVideos } = candidates;
  const firstMean = meanOfHours(candidates, first);
  const secondMean = meanOfHours(candidates, second);
  let product = 0;
  let firstSquares = 0;
  let secondSquares = 0;
  for (let hour = 0; hour < HOURS_A_DAY; hour++) {
    const firstDeviation = hourVideos[first * HOURS_A_DAY + hour]! - firstMean;
    const secondDeviation = hourVideos[second * HOURS_A_DAY + hour]! - secondMean;
    product += firstDeviation * secondDeviation;
    firstSquares += firstDeviation * firstDeviation;
    secondSquares += secondDeviation * secondDeviation;
  }
  const squares = firstSquares * secondSquares;
  return firstSquares === 0 || secondSquares === 0 ? 0 : product / Math.sqrt(squares);
}

function meanOfHours({ hourVideos }: Candidates, candidate: number): number {
  let videos = 0;
  for (let hour = 0; hour < HOURS_A_DAY; hour++) {
    videos += hourVideos[candidate * HOURS_A_DAY + hour]!;
  }
  return videos / HOURS_A_DAY;
}
