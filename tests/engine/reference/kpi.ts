import type { KpiMetrics } from "../../../src/engine/index";
import { changeInPercent } from "./arithmetic";
import { firstDayOf } from "./filters";
import { addMonths, daysRange, isWithin } from "./localTime";
import { titlesOf, watchTimeSecondsOf, type Selection } from "./selection";

export function kpi(selection: Selection): KpiMetrics {
  const year = yearOnYear(selection, "YTD");
  const quarter = yearOnYear(selection, "QTD");
  const month = yearOnYear(selection, "MTD");
  return {
    totalVideos: selection.filtered.length,
    uniqueChannels: titlesOf(selection.filtered).length,
    totalWatchTimeSeconds: watchTimeSecondsOf(selection.filtered),
    ytdVideos: year.videos,
    ytdYoyDelta: year.delta,
    qtdVideos: quarter.videos,
    qtdYoyDelta: quarter.delta,
    mtdVideos: month.videos,
    mtdYoyDelta: month.delta,
  };
}

function yearOnYear(selection: Selection, timeframe: "YTD" | "QTD" | "MTD") {
  const { asOf } = selection;
  const firstDay = firstDayOf(timeframe, asOf);
  const videos = countBetween(selection, firstDay, asOf);
  const videosYearBefore = countBetween(selection, addMonths(firstDay, -12), addMonths(asOf, -12));
  return { videos, delta: changeInPercent(videos, videosYearBefore) };
}

function countBetween(selection: Selection, first: string, last: string): number {
  const range = daysRange(first, last, selection.timeZone);
  return selection.datedUnderDimensions.filter((record) => isWithin(record.watchedAt, range))
    .length;
}
