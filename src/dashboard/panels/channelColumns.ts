import type { EnhancedChannelMetrics } from "../../engine";
import type { Formats } from "../shared/formats";

export type Channel = EnhancedChannelMetrics[number];

/** A sortable column of the channel table. */
export interface ChannelColumn {
  key: string;
  title: string;
  /** What the title means, where it needs saying. */
  hint?: string;
  sortBy: (channel: Channel) => number | string;
  show: (channel: Channel, formats: Formats) => string;
}

export const NAME_COLUMN = "channel";

export const CHANNEL_COLUMNS: readonly ChannelColumn[] = [
  {
    key: NAME_COLUMN,
    title: "Channel",
    sortBy: ({ channel }) => channel,
    show: ({ channel }) => channel,
  },
  {
    key: "videos",
    title: "Videos",
    sortBy: ({ videos }) => videos,
    show: ({ videos }, { number }) => number(videos),
  },
  {
    key: "watchTime",
    title: "Time",
    sortBy: ({ watchTimeSeconds }) => watchTimeSeconds,
    show: ({ watchTimeSeconds }, { duration }) => duration(watchTimeSeconds),
  },
  {
    key: "perMonth",
    title: "A month",
    hint: "Videos a month since the first",
    sortBy: ({ averageVideosPerMonth }) => averageVideosPerMonth,
    show: ({ averageVideosPerMonth }, { decimal }) => decimal(averageVideosPerMonth),
  },
  {
    key: "loyalty",
    title: "Loyalty",
    hint: "0 to 100, of consistency, frequency and recency",
    sortBy: ({ loyaltyScore }) => loyaltyScore,
    show: ({ loyaltyScore }, { number }) => number(loyaltyScore),
  },
  {
    key: "consistency",
    title: "Consistency",
    hint: "Share of months with at least one video",
    sortBy: ({ viewingPattern }) => viewingPattern.consistencyScore,
    show: ({ viewingPattern }, { percent }) => percent(viewingPattern.consistencyScore),
  },
  {
    key: "peak",
    title: "Peak",
    hint: "The weekday and hour with most videos",
    sortBy: ({ viewingPattern: { peakDayOfWeek, peakHour } }) => peakDayOfWeek * 24 + peakHour,
    show: ({ viewingPattern: { peakDayOfWeek, peakHour } }, { weekday, hour }) =>
      `${weekday(peakDayOfWeek)}, ${hour(peakHour)}`,
  },
  {
    key: "recent",
    title: "Lately",
    hint: "Share of its videos in the last 30 days",
    sortBy: ({ discovery }) => discovery.recentShare,
    show: ({ discovery }, { percent }) => percent(100 * discovery.recentShare),
  },
  {
    key: "discovered",
    title: "Since",
    sortBy: ({ discovery }) => discovery.discoveredAt,
    show: ({ discovery }, { date }) => date(discovery.discoveredAt),
  },
  {
    key: "last",
    title: "Last",
    sortBy: ({ lastWatchedAt }) => lastWatchedAt,
    show: ({ lastWatchedAt }, { date }) => date(lastWatchedAt),
  },
];

export interface Sorting {
  key: string;
  isDescending: boolean;
}

/** A sorted copy; names by the user's alphabet, equal ones in the order they came. */
export function sortChannels(channels: readonly Channel[], sorting: Sorting): Channel[] {
  const column = CHANNEL_COLUMNS.find(({ key }) => key === sorting.key);
  if (column === undefined) return [...channels];
  const direction = sorting.isDescending ? -1 : 1;
  return [...channels].sort((a, b) => {
    const [x, y] = [column.sortBy(a), column.sortBy(b)];
    const order =
      typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y));
    return direction * order;
  });
}
