/** The baseline's panels about when: figures, months, hours, sessions. */
import {
  eachMonthOfInterval,
  format,
  startOfMonth,
  startOfQuarter,
  startOfYear,
  subYears,
} from "date-fns";
import type {
  DayTimeHeatmap,
  KpiMetrics,
  MonthlyTrend,
  SessionAnalysis,
  ViewingPatterns,
} from "../../../src/engine/index";
import {
  change,
  countBetween,
  percentage,
  splitSessions,
  watchSeconds,
  type BaselineInput,
  type DatedRecord,
} from "./query";

export function kpi({ filtered, underDimensions, today }: BaselineInput): KpiMetrics {
  const channels = new Set<string>();
  let totalWatchTimeSeconds = 0;
  for (const record of filtered) {
    if (record.channelTitle !== null) channels.add(record.channelTitle);
    totalWatchTimeSeconds += watchSeconds(record);
  }
  const compare = (start: Date) => {
    const videos = countBetween(underDimensions, start, today);
    const before = countBetween(underDimensions, subYears(start, 1), subYears(today, 1));
    return { videos, delta: change(videos, before) };
  };
  const [year, quarter, month] = [
    compare(startOfYear(today)),
    compare(startOfQuarter(today)),
    compare(startOfMonth(today)),
  ];
  return {
    totalVideos: filtered.length,
    uniqueChannels: channels.size,
    totalWatchTimeSeconds,
    ytdVideos: year.videos,
    ytdYoyDelta: year.delta,
    qtdVideos: quarter.videos,
    qtdYoyDelta: quarter.delta,
    mtdVideos: month.videos,
    mtdYoyDelta: month.delta,
  };
}

/** "YYYY-MM" of every month between the first and the last record. */
export function monthsBetween({ dated, localDate }: BaselineInput): string[] {
  const [first, last] = [dated[0], dated.at(-1)];
  if (!first || !last) return [];
  const start = startOfMonth(localDate(first.watchedAt));
  const end = localDate(last.watchedAt);
  return eachMonthOfInterval({ start, end }).map((month) => format(month, "yyyy-MM"));
}

export const monthKey = (date: Date): string =>
  `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, "0")}`;

export function monthlyTrend(input: BaselineInput): MonthlyTrend {
  const rows = new Map(
    monthsBetween(input).map((month) => [
      month,
      { videos: 0, watchTimeSeconds: 0, channels: new Set<string>() },
    ]),
  );
  for (const record of input.dated) {
    const row = rows.get(monthKey(input.localDate(record.watchedAt)))!;
    row.videos++;
    row.watchTimeSeconds += watchSeconds(record);
    if (record.channelTitle !== null) row.channels.add(record.channelTitle);
  }
  return [...rows].map(([month, { videos, watchTimeSeconds, channels }]) => ({
    month,
    videos,
    watchTimeSeconds,
    uniqueChannels: channels.size,
  }));
}

export function dayTimeHeatmap({ dated, localDate }: BaselineInput): DayTimeHeatmap {
  const videos = Array.from({ length: 7 }, () => new Array<number>(24).fill(0));
  for (const record of dated) {
    const date = localDate(record.watchedAt);
    videos[date.getDay()]![date.getHours()]!++;
  }
  return { videos };
}

export function viewingPatterns({ dated, localDate }: BaselineInput): ViewingPatterns {
  const hours = new Array<number>(24).fill(0);
  const days = new Array<number>(7).fill(0);
  const weeks = new Array<number>(5).fill(0);
  const months = new Array<number>(12).fill(0);
  for (const record of dated) {
    const date = localDate(record.watchedAt);
    hours[date.getHours()]!++;
    days[date.getDay()]!++;
    weeks[Math.floor((date.getDate() - 1) / 7)]!++;
    months[date.getMonth()]!++;
  }
  const counts = (videos: number) => ({ videos, percentage: percentage(videos, dated.length) });
  return {
    hourly: hours.map((videos, hour) => ({ hour, ...counts(videos) })),
    daily: days.map((videos, dayOfWeek) => ({ dayOfWeek, ...counts(videos) })),
    weekly: weeks.map((videos, week) => ({ weekOfMonth: week + 1, ...counts(videos) })),
    monthly: months.map((videos, month) => ({ month: month + 1, ...counts(videos) })),
  };
}

const LENGTHS = [
  ["1", 1, 1],
  ["2-4", 2, 4],
  ["5-9", 5, 9],
  ["10-19", 10, 19],
  ["20+", 20, Infinity],
] as const;

export function sessionAnalysis({ dated, localDate }: BaselineInput): SessionAnalysis {
  const sessions = splitSessions(dated);
  const views = sessions.map(sessionView);
  const startHours = new Array<number>(24).fill(0);
  let durationMs = 0;
  for (const { startedAt, endedAt } of views) {
    startHours[localDate(startedAt).getHours()]!++;
    durationMs += endedAt - startedAt;
  }
  const gaps = dated.length - sessions.length;
  const count = sessions.length;
  return {
    totalSessions: count,
    averageDurationMinutes: count === 0 ? 0 : durationMs / count / 60_000,
    averageVideosPerSession: count === 0 ? 0 : dated.length / count,
    averageGapMinutes: gaps === 0 ? 0 : durationMs / gaps / 60_000,
    longestSession: longestOf(views),
    sessionsByStartHour: startHours,
    sessionsByLength: LENGTHS.map(([label, from, to]) => ({
      label,
      sessions: sessions.filter(({ length }) => length >= from && length <= to).length,
    })),
    recentSessions: views.slice(-20).reverse(),
  };
}

type SessionView = NonNullable<SessionAnalysis["longestSession"]>;

function sessionView(session: DatedRecord[]): SessionView {
  const [startedAt, endedAt] = [session[0]!.watchedAt, session.at(-1)!.watchedAt];
  const titles = new Set(session.map((record) => record.channelTitle));
  titles.delete(null);
  return {
    startedAt,
    endedAt,
    durationMinutes: (endedAt - startedAt) / 60_000,
    videos: session.length,
    channels: titles.size,
  };
}

function longestOf(views: readonly SessionView[]): SessionView | null {
  return views.reduce<SessionView | null>((longest, view) => {
    if (longest === null || view.durationMinutes > longest.durationMinutes) return view;
    if (view.durationMinutes < longest.durationMinutes) return longest;
    return view.videos >= longest.videos ? view : longest;
  }, null);
}
