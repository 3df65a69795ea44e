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
  version: 1,
  lookBack: lastJanuary,
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
    let totalWatchTimeSeconds = 0;
    for (let title = 0; title < videos.length; title++) {
      totalWatchTimeSeconds += seconds[title]!;
      if (title > 0 && videos[title]! > 0) uniqueChannels++;
    }
    const { year, quarter, month } = view.selection.memo.once("kpi", () => ({
      year: yearOnYear(view, "YTD"),
      quarter: yearOnYear(view, "QTD"),
      month: yearOnYear(view, "MTD"),
    }));
    return {
      totalVideos: view.totalCount,
      uniqueChannels,
      totalWatchTimeSeconds,
      ytdVideos: year.videos,
      ytdYoyDelta: year.delta,
      qtdVideos: quarter.videos,
      qtdYoyDelta: quarter.delta,
      mtdVideos: month.videos,
      mtdYoyDelta: month.delta,
    };
  },
});

/** The year so far is compared with the same days a year before. */
function lastJanuary(asOf: string): string {
  return addMonths(firstDate("YTD", asOf) ?? asOf, -MONTHS_A_YEAR);
}

function yearOnYear(view: WindowView, timeframe: "YTD" | "QTD" | "MTD") {
  const { asOf } = view.prepared;
  const first = firstDate(timeframe, asOf) ?? asOf;
  const videos = countDays(view, first, asOf);
  const firstBefore = addMonths(first, -MONTHS_A_YEAR);
  const before = countDays(view, firstBefore, addMonths(asOf, -MONTHS_A_YEAR));
  return { videos, delta: change(videos, before) };
}

function countDays(view: WindowView, firstDate: string, lastDate: string): number {
  const [start, end] = view.rowsOfDays(firstDate, lastDate);
  return end - start;
}
