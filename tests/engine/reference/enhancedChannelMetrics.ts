import type { EnhancedChannelMetrics } from "../../../src/engine/index";
import { byName, distinct, histogram, indexOfGreatest } from "./arithmetic";
import {
  channelPairs,
  channelsByVideos,
  channelUrlOf,
  discoveredAtOf,
  sessionCounts,
  topicsOf,
  type ChannelGroup,
  type ChannelPair,
} from "./channels";
import { addDays, daysBetween, daysRange, isWithin, monthOf, monthsFromTo } from "./localTime";
import { watchTimeSecondsOf, type DatedRecord, type Selection } from "./selection";

type ChannelMetrics = EnhancedChannelMetrics[number];

export function enhancedChannelMetrics(selection: Selection): EnhancedChannelMetrics {
  const pairs = channelPairs(selection);
  return channelsByVideos(selection.dated)
    .slice(0, 50)
    .map((group) => metricsOf(group, pairs, selection));
}

function metricsOf(
  { channel, records }: ChannelGroup<DatedRecord>,
  pairs: readonly ChannelPair[],
  selection: Selection,
): ChannelMetrics {
  const { asOf, history } = selection;
  const first = records[0]!;
  const last = records.at(-1)!;
  const months = records.map((record) => record.local.month).sort();
  const span = monthsFromTo(months[0]!, monthOf(asOf)).length;
  const averageVideosPerMonth = records.length / span;
  const consistencyScore = (100 * distinct(months).length) / span;
  const frequency = Math.min(100, averageVideosPerMonth * 10);
  const recency = recencyOf(daysBetween(last.local.date, asOf));
  return {
    channel,
    channelUrl: channelUrlOf(channel, history),
    videos: records.length,
    watchTimeSeconds: watchTimeSecondsOf(records),
    averageVideosPerMonth,
    firstWatchedAt: first.watchedAt,
    lastWatchedAt: last.watchedAt,
    loyaltyScore: Math.round((consistencyScore + frequency + recency) / 3),
    topics: topicsOf(records).slice(0, 20),
    viewingPattern: { ...peaksOf(records), consistencyScore },
    discovery: discoveryOf(channel, records, selection),
    relatedChannels: relatedTo(channel, pairs),
  };
}

function recencyOf(days: number): number {
  if (days <= 7) return 100;
  if (days <= 30) return 80;
  if (days <= 90) return 60;
  if (days <= 180) return 40;
  if (days <= 365) return 20;
  return 10;
}

function peaksOf(records: readonly DatedRecord[]) {
  const hours = records.map((record) => record.local.hour);
  const days = records.map((record) => record.local.dayOfWeek);
  return {
    peakHour: indexOfGreatest(histogram(hours, 24)),
    peakDayOfWeek: indexOfGreatest(histogram(days, 7)),
  };
}

function discoveryOf(
  channel: string,
  records: readonly DatedRecord[],
  selection: Selection,
): ChannelMetrics["discovery"] {
  const { asOf, history, sessions, timeZone } = selection;
  const last30Days = daysRange(addDays(asOf, -29), asOf, timeZone);
  const discoveredAt = discoveredAtOf(channel, history);
  const recent = records.filter((record) => isWithin(record.watchedAt, last30Days));
  return {
    discoveredAt,
    isNew: isWithin(discoveredAt, last30Days),
    recentShare: recent.length / records.length,
    sessionShare: sessionCounts(selection).get(channel)! / sessions.length,
  };
}

function relatedTo(channel: string, pairs: readonly ChannelPair[]): string[] {
  return pairs
    .filter((pair) => pair.channel1 === channel || pair.channel2 === channel)
    .map((pair) => ({
      ...pair,
      partner: pair.channel1 === channel ? pair.channel2 : pair.channel1,
    }))
    .sort(
      (left, right) =>
        right.coWatchScore - left.coWatchScore ||
        right.coSessions - left.coSessions ||
        byName(left.partner, right.partner),
    )
    .slice(0, 5)
    .map(({ partner }) => partner);
}
