import type { TopicsLeaderboard } from "../../../src/engine/index";
import { byName, percentageOf } from "./arithmetic";
import { topicsOf } from "./channels";
import { addDays, addMonths, daysRange, isWithin, type InstantRange } from "./localTime";
import type { Selection } from "./selection";

export function topicsLeaderboard(selection: Selection): TopicsLeaderboard {
  const { asOf, filtered, timeZone } = selection;
  const oneMonthBack = addMonths(asOf, -1);
  const twoMonthsBack = addMonths(asOf, -2);
  const recent = daysRange(addDays(oneMonthBack, 1), asOf, timeZone);
  const previous = daysRange(addDays(twoMonthsBack, 1), oneMonthBack, timeZone);
  const assignments = filtered.flatMap((record) => record.topics).length;
  return topicsOf(filtered)
    .map((topic) => {
      const videos = filtered.filter((record) => record.topics.includes(topic)).length;
      const recentVideos = countOfTopic(selection, topic, recent);
      const previousVideos = countOfTopic(selection, topic, previous);
      return {
        topic,
        videos,
        percentage: percentageOf(videos, assignments),
        recentVideos,
        previousVideos,
        trend: trendOf(recentVideos, previousVideos),
      };
    })
    .sort((left, right) => right.videos - left.videos || byName(left.topic, right.topic))
    .slice(0, 100);
}

function countOfTopic(selection: Selection, topic: string, range: InstantRange): number {
  return selection.datedUnderDimensions.filter(
    (record) => isWithin(record.watchedAt, range) && record.topics.includes(topic),
  ).length;
}

function trendOf(recent: number, previous: number): "up" | "down" | "stable" {
  if (recent * 10 > previous * 11) return "up";
  if (recent * 10 < previous * 9) return "down";
  return "stable";
}
