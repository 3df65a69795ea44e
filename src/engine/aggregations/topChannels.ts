import * as z from "zod/mini";
import { percentage } from "../compute/arithmetic";
import { defineAggregation } from "./define";

const MAX_CHANNELS = 50;

/** The 50 channels with most videos; percentages of all filtered videos. */
export const topChannels = defineAggregation({
  version: 1,
  lookBack: "window",
  schema: z.array(
    z.object({
      channel: z.string(),
      channelUrl: z.nullable(z.string()),
      videos: z.int(),
      watchTimeSeconds: z.int(),
      percentage: z.number(),
    }),
  ),
  compute: (view) => {
    const { titles } = view.dictionary;
    const { videos, seconds } = view.allTitles;
    return view.rankTitles(view.allTitles, MAX_CHANNELS).map((title) => ({
      channel: titles[title]!,
      channelUrl: view.urlOf(title),
      videos: videos[title]!,
      watchTimeSeconds: seconds[title]!,
      percentage: percentage(videos[title]!, view.totalCount),
    }));
  },
});
