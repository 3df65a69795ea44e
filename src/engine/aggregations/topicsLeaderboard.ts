import * as z from "zod/mini";
import { addDays, addMonths } from "../calendar/dates";
import { percentage } from "../compute/arithmetic";
import type { WindowView } from "../compute/view";
import { defineAggregation } from "./define";

const MAX_TOPICS = 100;

/**
 * The 100 topics with most videos, in percent of all topic assignments, and whether the last month
 * saw at least a tenth more ("up") or less ("down") of them than the month before.
 */
export const topicsLeaderboard = defineAggregation({
  version: 1,
  lookBack: firstOfTwoMonths,
  schema: z.array(
    z.object({
      topic: z.string(),
      videos: z.int(),
      percentage: z.number(),
      recentVideos: z.int(),
      previousVideos: z.int(),
      trend: z.enum(["up", "down", "stable"]),
    }),
  ),
  compute: (view) => {
    const { topics } = view.dictionary;
    const videos = view.allTopics;
    const assignments = videos.reduce((sum, count) => sum + count, 0);
    const { recent, previous } = view.selection.memo.once("topics", () => lastTwoMonths(view));
    return view.rankTopics(videos, MAX_TOPICS).map((topic) => ({
      topic: topics[topic]!,
      videos: videos[topic]!,
      percentage: percentage(videos[topic]!, assignments),
      recentVideos: recent[topic]!,
      previousVideos: previous[topic]!,
      trend: trendOf(recent[topic]!, previous[topic]!),
    }));
  },
});

/** The month that ends with `asOf`, and the one before. */
function lastTwoMonths(view: WindowView) {
  const { asOf } = view.prepared;
  const monthAgo = addMonths(asOf, -1);
  return {
    recent: topicsOfDays(view, addDays(monthAgo, 1), asOf),
    previous: topicsOfDays(view, firstOfTwoMonths(asOf), monthAgo),
  };
}

function firstOfTwoMonths(asOf: string): string {
  return addDays(addMonths(asOf, -2), 1);
}

function topicsOfDays(view: WindowView, firstDate: string, lastDate: string): Uint32Array {
  const { topicSets } = view.selection.dated;
  const setVideos = new Uint32Array(view.dictionary.topicSets.length);
  const [start, end] = view.rowsOfDays(firstDate, lastDate);
  for (let row = start; row < end; row++) setVideos[topicSets[row]!]!++;
  return view.topicsOfSets(setVideos);
}

function trendOf(recent: number, previous: number): "up" | "down" | "stable" {
  if (recent * 10 > previous * 11) return "up";
  return recent * 10 < previous * 9 ? "down" : "stable";
}
