import type { TopicEvolution } from "../../../src/engine/index";
import {
  byName,
  changeInPercent,
  indexOfGreatest,
  indexOfSmallest,
  percentageOf,
} from "./arithmetic";
import { topicsOf } from "./channels";
import { addCalendarMonths, monthOf } from "./localTime";
import { monthsOf } from "./monthlyTrend";
import type { DatedRecord, Selection } from "./selection";

export function topicEvolution(selection: Selection): TopicEvolution {
  const { asOf, dated } = selection;
  const months = monthsOf(dated);
  const ranked = topicsOf(dated)
    .map((topic) => ({ topic, records: dated.filter((record) => record.topics.includes(topic)) }))
    .sort(
      (left, right) =>
        right.records.length - left.records.length || byName(left.topic, right.topic),
    );
  return {
    months,
    monthVideos: months.map((month) => countIn(dated, month)),
    topics: ranked.slice(0, 25).map(({ topic, records }) => {
      const videos = months.map((month) => countIn(records, month));
      return {
        topic,
        totalVideos: records.length,
        videos,
        averageShare: percentageOf(records.length, dated.length),
        growthRate: growthRateOf(records, asOf),
        peakMonth: months[indexOfGreatest(videos)]!,
        lowMonth: months[indexOfSmallest(videos)]!,
      };
    }),
  };
}

function countIn(records: readonly DatedRecord[], month: string): number {
  return records.filter((record) => record.local.month === month).length;
}

/** The three calendar months that end with the month of `asOf`, against the three before. */
function growthRateOf(records: readonly DatedRecord[], asOf: string): number | null {
  const countBack = (...monthsBack: number[]) =>
    records.filter((record) =>
      monthsBack.some((back) => record.local.month === addCalendarMonths(monthOf(asOf), -back)),
    ).length;
  return changeInPercent(countBack(0, 1, 2), countBack(3, 4, 5));
}
