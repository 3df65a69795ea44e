/** The baseline's panels about topics. */
import { addDays, format, subMonths } from "date-fns";
import type { TopicEvolution, TopicsLeaderboard } from "../../../src/engine/index";
import { monthKey, monthsBetween } from "./activity";
import { byName, change, increment, percentage, type BaselineInput } from "./query";

export function topicsLeaderboard(input: BaselineInput): TopicsLeaderboard {
  const { filtered, today } = input;
  const counts = new Map<string, number>();
  let assignments = 0;
  for (const { topics } of filtered) {
    for (const topic of topics) increment(counts, topic);
    assignments += topics.length;
  }
  const [month, twoMonths] = [subMonths(today, 1), subMonths(today, 2)];
  const recent = topicCountsBetween(input, addDays(month, 1), today);
  const previous = topicCountsBetween(input, addDays(twoMonths, 1), month);
  return [...counts]
    .sort(([left, leftCount], [right, rightCount]) => rightCount - leftCount || byName(left, right))
    .slice(0, 100)
    .map(([topic, videos]) => {
      const [recentVideos, previousVideos] = [recent.get(topic) ?? 0, previous.get(topic) ?? 0];
      return {
        topic,
        videos,
        percentage: percentage(videos, assignments),
        recentVideos,
        previousVideos,
        trend: trendOf(recentVideos, previousVideos),
      };
    });
}

function topicCountsBetween({ underDimensions }: BaselineInput, first: Date, last: Date) {
  const [from, before] = [first.getTime(), addDays(last, 1).getTime()];
  const counts = new Map<string, number>();
  for (const { topics, watchedAt } of underDimensions) {
    if (watchedAt === null || watchedAt < from || watchedAt >= before) continue;
    for (const topic of topics) increment(counts, topic);
  }
  return counts;
}

function trendOf(recent: number, previous: number): "up" | "down" | "stable" {
  if (recent * 10 > previous * 11) return "up";
  return recent * 10 < previous * 9 ? "down" : "stable";
}

export function topicEvolution(input: BaselineInput): TopicEvolution {
  const { dated, today } = input;
  const months = monthsBetween(input);
  const { monthCounts, byTopic } = countByMonth(input);
  const monthsBack = (...back: number[]) =>
    back.map((count) => format(subMonths(today, count), "yyyy-MM"));
  const topics = [...byTopic].map(([topic, counts]) => {
    const videos = months.map((month) => counts.get(month) ?? 0);
    const totalVideos = videos.reduce((total, count) => total + count, 0);
    const inMonths = (wanted: readonly string[]) =>
      wanted.reduce((total, month) => total + (counts.get(month) ?? 0), 0);
    return {
      topic,
      totalVideos,
      videos,
      averageShare: percentage(totalVideos, dated.length),
      growthRate: change(inMonths(monthsBack(0, 1, 2)), inMonths(monthsBack(3, 4, 5))),
      peakMonth: months[videos.indexOf(Math.max(...videos))]!,
      lowMonth: months[videos.indexOf(Math.min(...videos))]!,
    };
  });
  return {
    months,
    monthVideos: months.map((month) => monthCounts.get(month) ?? 0),
    topics: topics
      .sort(
        (left, right) => right.totalVideos - left.totalVideos || byName(left.topic, right.topic),
      )
      .slice(0, 25),
  };
}

function countByMonth({ dated, localDate }: BaselineInput) {
  const monthCounts = new Map<string, number>();
  const byTopic = new Map<string, Map<string, number>>();
  for (const record of dated) {
    const month = monthKey(localDate(record.watchedAt));
    increment(monthCounts, month);
    for (const topic of record.topics) {
      const counts = byTopic.get(topic) ?? new Map<string, number>();
      byTopic.set(topic, counts);
      increment(counts, month);
    }
  }
  return { monthCounts, byTopic };
}
