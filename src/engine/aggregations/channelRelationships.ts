import * as z from "zod/mini";
import { isCloser } from "../compute/pairs";
import { best } from "../compute/ranking";
import { hourVideosOf } from "../compute/candidates";
import type { WindowView } from "../compute/view";
import { defineAggregation } from "./define";

const MAX_PAIRS = 50;
const MIN_SCORE = 10;
const MAX_TOPICS = 20;
const HOURS = 24;

/** The 50 pairs of channels that most often share sessions, of those with a score of 10 or more. */
export const channelRelationships = defineAggregation({
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
    const { pairs, candidates, dictionary } = view;
    const isClose = (pair: number) => pairs.scores[pair]! >= MIN_SCORE;
    const order = (a: number, b: number) => isCloser(pairs, a, b);
    const nameOf = (candidate: number) => dictionary.titles[candidates.titles[candidate]!]!;
    return best(pairs.count, MAX_PAIRS, isClose, order).map((pair) => {
      const first = pairs.first[pair]!;
      const second = pairs.second[pair]!;
      return {
        channel1: nameOf(first),
        channel2: nameOf(second),
        coSessions: pairs.coSessions[pair]!,
        coWatchScore: pairs.scores[pair]!,
        topicOverlap: view.topicsOf(first, MAX_TOPICS, second),
        temporalCorrelation: correlation(view, first, second),
      };
    });
  },
});

function correlation({ candidates }: WindowView, first: number, second: number): number {
  const a = deviations(hourVideosOf(candidates, first));
  const b = deviations(hourVideosOf(candidates, second));
  let product = 0;
  let squaresA = 0;
  let squaresB = 0;
  for (let hour = 0; hour < HOURS; hour++) {
    product += a[hour]! * b[hour]!;
    squaresA += a[hour]! * a[hour]!;
    squaresB += b[hour]! * b[hour]!;
  }
  return squaresA === 0 || squaresB === 0 ? 0 : product / Math.sqrt(squaresA * squaresB);
}

function deviations(videos: Uint32Array): number[] {
  const mean = videos.reduce((sum, value) => sum + value, 0) / HOURS;
  return Array.from(videos, (value) => value - mean);
}
