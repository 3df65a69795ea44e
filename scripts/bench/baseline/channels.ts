/** The baseline's panels about channels. */
import { addDays, differenceInCalendarDays, differenceInCalendarMonths, subDays } from "date-fns";
import type {
  ChannelRelationships,
  EnhancedChannelMetrics,
  TopChannels,
  WatchRecord,
} from "../../../src/engine/index";
import { monthKey } from "./activity";
import { pairsOf, relatedTo, sessionCounts, type ChannelPair } from "./pairs";
import {
  byName,
  percentage,
  splitSessions,
  watchSeconds,
  type BaselineInput,
  type DatedRecord,
} from "./query";

/** The smallest URL and the first watch of every title, from the whole history. */
function channelAttributes(history: readonly WatchRecord[]) {
  const attributes = new Map<string, { url: string | null; discoveredAt: number }>();
  for (const { channelTitle, channelUrl, watchedAt } of history) {
    if (channelTitle === null) continue;
    const known = attributes.get(channelTitle) ?? { url: null, discoveredAt: Infinity };
    attributes.set(channelTitle, known);
    if (channelUrl !== null && (known.url === null || channelUrl < known.url)) {
      known.url = channelUrl;
    }
    if (watchedAt !== null) known.discoveredAt = Math.min(known.discoveredAt, watchedAt);
  }
  return attributes;
}

/** Titles with their records, most records first. */
function rankedChannels<Item extends WatchRecord>(records: readonly Item[]): [string, Item[]][] {
  const groups = new Map<string, Item[]>();
  for (const record of records) {
    if (record.channelTitle === null) continue;
    const group = groups.get(record.channelTitle);
    if (group) group.push(record);
    else groups.set(record.channelTitle, [record]);
  }
  return [...groups].sort(
    ([left, leftRecords], [right, rightRecords]) =>
      rightRecords.length - leftRecords.length || byName(left, right),
  );
}

const totalSeconds = (records: readonly WatchRecord[]): number =>
  records.reduce((total, record) => total + watchSeconds(record), 0);

export function topChannels({ filtered, history }: BaselineInput): TopChannels {
  const attributes = channelAttributes(history);
  return rankedChannels(filtered)
    .slice(0, 50)
    .map(([channel, records]) => ({
      channel,
      channelUrl: attributes.get(channel)!.url,
      videos: records.length,
      watchTimeSeconds: totalSeconds(records),
      percentage: percentage(records.length, filtered.length),
    }));
}

export function enhancedChannelMetrics(input: BaselineInput): EnhancedChannelMetrics {
  const attributes = channelAttributes(input.history);
  const sessions = splitSessions(input.dated);
  const ranked = rankedChannels(input.dated);
  const appearances = sessionCounts(sessions);
  const pairs = pairsOf(
    sessions,
    ranked.map(([channel]) => channel),
  );
  return ranked.slice(0, 50).map(([channel, records]) => ({
    channel,
    channelUrl: attributes.get(channel)!.url,
    ...metricsOf(records, input),
    discovery: discoveryOf(
      records,
      attributes.get(channel)!.discoveredAt,
      appearances.get(channel)! / sessions.length,
      input.today,
    ),
    relatedChannels: relatedTo(channel, pairs),
  }));
}

function metricsOf(records: readonly DatedRecord[], { today, localDate }: BaselineInput) {
  const hours = new Array<number>(24).fill(0);
  const days = new Array<number>(7).fill(0);
  const months = new Set<string>();
  for (const record of records) {
    const date = localDate(record.watchedAt);
    hours[date.getHours()]!++;
    days[date.getDay()]!++;
    months.add(monthKey(date));
  }
  const [first, last] = [records[0]!.watchedAt, records.at(-1)!.watchedAt];
  const span = differenceInCalendarMonths(today, localDate(first)) + 1;
  const averageVideosPerMonth = records.length / span;
  const consistencyScore = (100 * months.size) / span;
  const frequency = Math.min(100, averageVideosPerMonth * 10);
  const recency = recencyScore(differenceInCalendarDays(today, localDate(last)));
  return {
    videos: records.length,
    watchTimeSeconds: totalSeconds(records),
    averageVideosPerMonth,
    firstWatchedAt: first,
    lastWatchedAt: last,
    loyaltyScore: Math.round((consistencyScore + frequency + recency) / 3),
    topics: topicsOf(records).slice(0, 20),
    viewingPattern: {
      peakHour: hours.indexOf(Math.max(...hours)),
      peakDayOfWeek: days.indexOf(Math.max(...days)),
      consistencyScore,
    },
  };
}

function recencyScore(days: number): number {
  if (days <= 7) return 100;
  if (days <= 30) return 80;
  if (days <= 90) return 60;
  if (days <= 180) return 40;
  return days <= 365 ? 20 : 10;
}

function discoveryOf(
  records: readonly DatedRecord[],
  discoveredAt: number,
  sessionShare: number,
  today: Date,
) {
  const [from, before] = [subDays(today, 29).getTime(), addDays(today, 1).getTime()];
  const isRecent = (instant: number) => instant >= from && instant < before;
  const recent = records.filter((record) => isRecent(record.watchedAt)).length;
  return {
    discoveredAt,
    isNew: isRecent(discoveredAt),
    recentShare: recent / records.length,
    sessionShare,
  };
}

function topicsOf(records: readonly WatchRecord[]): string[] {
  return [...new Set(records.flatMap((record) => record.topics))].sort(byName);
}

export function channelRelationships({ dated, localDate }: BaselineInput): ChannelRelationships {
  const ranked = rankedChannels(dated);
  const recordsOf = new Map(ranked);
  const pairs = pairsOf(
    splitSessions(dated),
    ranked.map(([channel]) => channel),
  );
  const knownHours = new Map<string, number[]>();
  const hoursOf = (channel: string) => {
    const hours = knownHours.get(channel) ?? hourCounts(recordsOf.get(channel)!, localDate);
    knownHours.set(channel, hours);
    return hours;
  };
  return pairs
    .filter((pair) => pair.coWatchScore >= 10)
    .sort(byStrength)
    .slice(0, 50)
    .map((pair) => {
      const topics2 = new Set(topicsOf(recordsOf.get(pair.channel2)!));
      const shared = topicsOf(recordsOf.get(pair.channel1)!).filter((topic) => topics2.has(topic));
      return {
        ...pair,
        topicOverlap: shared.slice(0, 20),
        temporalCorrelation: pearson(hoursOf(pair.channel1), hoursOf(pair.channel2)),
      };
    });
}

function hourCounts(
  records: readonly DatedRecord[],
  localDate: BaselineInput["localDate"],
): number[] {
  const hours = new Array<number>(24).fill(0);
  for (const { watchedAt } of records) hours[localDate(watchedAt).getHours()]!++;
  return hours;
}

function byStrength(left: ChannelPair, right: ChannelPair): number {
  return (
    right.coWatchScore - left.coWatchScore ||
    right.coSessions - left.coSessions ||
    byName(left.channel1, right.channel1) ||
    byName(left.channel2, right.channel2)
  );
}

function pearson(left: readonly number[], right: readonly number[]): number {
  const mean = (values: readonly number[]) =>
    values.reduce((total, value) => total + value, 0) / values.length;
  const [meanLeft, meanRight] = [mean(left), mean(right)];
  let [products, squaresLeft, squaresRight] = [0, 0, 0];
  left.forEach((value, hour) => {
    const [deviationLeft, deviationRight] = [value - meanLeft, right[hour]! - meanRight];
    products += deviationLeft * deviationRight;
    squaresLeft += deviationLeft * deviationLeft;
    squaresRight += deviationRight * deviationRight;
  });
  const spread = Math.sqrt(squaresLeft * squaresRight);
  return spread === 0 ? 0 : products / spread;
}
