import * as z from "zod/mini";
import { addMonths } from "../calendar/dates";
import { firstDate } from "../calendar/windows";
import { change } from "../compute/arithmetic";
import type { WindowView } from "../compute/view";
import { defineAggregation } from "./define";

const MONTHS_A_YEAR = 12;

/**
 * Totals of the filter, and videos of the year, quarter and month so far against the same days a
 * year before: those whatever the timeframe. Deltas in percent, null without a year before.
 */
export const kpi = defineAggregation({
  schema: z.object({
    totalVideos: z.int(),
    uniqueChannels: z.int(),
    totalWatchTimeSeconds: z.int(),
    ytdVideos: z.int(),
    ytdYoyDelta: z.nullable(z.number()),
    qtdVideos: z.int(),
    qtdYoyDelta: z.nullable(z.number()),
    mtdVideos: z.int(),
    mtdYoyDelta: z.nullable(z.number()),
  }),
  compute: (view) => {
    const { videos, seconds } = view.allTitles;
    let uniqueChannels = 0;
    for (let title = 1; title < videos.length; title++) if (videos[title]! > 0) uniqueChannels++;
    const year = yearOnYear(view, "YTD");
    const quarter = yearOnYear(view, "QTD");
    const month = yearOnYear(view, "MTD");
    return {
      totalVideos: view.totalCount,
      uniqueChannels,
      totalWatchTimeSeconds: seconds.reduce((sum, value) => sum + value, 0),
      ytdVideos: year.videos,
      ytdYoyDelta: year.delta,
      qtdVideos: quarter.videos,
      qtdYoyDelta: quarter.delta,
      mtdVideos: month.videos,
      mtdYoyDelta: month.delta,
    };
  },
});

function yearOnYear(view: WindowView, timeframe: "YTD" | "QTD" | "MTD") {
  const { asOf } = view.prepared;
  const first = firstDate(timeframe, asOf) ?? asOf;
  const videos = view.countDays(first, asOf);
  const before = view.countDays(addMonths(first, -MONTHS_A_YEAR), addMonths(asOf, -MONTHS_A_YEAR));
  return { videos, delta: change(videos, before) };
}
