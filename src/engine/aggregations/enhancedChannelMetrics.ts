import * as z from "zod/mini";
import { DAYS_A_WEEK, HOURS_A_DAY } from "../compute/candidates";
import { closestPartners } from "../compute/pairs";
import { indexOfGreatest } from "../compute/ranking";
import type { WindowView } from "../compute/view";
import { defineAggregation } from "./define";

const MAX_CHANNELS = 50;
const MAX_TOPICS = 20;
const MAX_RELATED = 5;
const MAX_FREQUENCY_SCORE = 100;

/** Days since the last watch, and the score for no more than that. */
const RECENCY = [
  { maxDays: 7, score: 100 },
  { maxDays: 30, score: 80 },
  { maxDays: 90, score: 60 },
  { maxDays: 180, score: 40 },
  { maxDays: 365, score: 20 },
  { maxDays: Infinity, score: 10 },
];

const channelSchema = z.object({
  channel: z.string(),
  channelUrl: z.nullable(z.string()),
  videos: z.int(),
  watchTimeSeconds: z.int(),
  averageVideosPerMonth: z.number(),
  /** Epoch milliseconds. */
  firstWatchedAt: z.int(),
  lastWatchedAt: z.int(),
  /** 0–100, the one rounded figure. */
  loyaltyScore: z.int(),
  topics: z.array(z.string()),
  viewingPattern: z.object({
    peakHour: z.int(),
    peakDayOfWeek: z.int(),
    consistencyScore: z.number(),
  }),
  discovery: z.object({
    discoveredAt: z.int(),
    isNew: z.boolean(),
    /** Shares from 0 to 1. */
    recentShare: z.number(),
    sessionShare: z.number(),
  }),
  relatedChannels: z.array(z.string()),
});

/** Habits and loyalty of the 50 channels with most dated videos. */
export const enhancedChannelMetrics = defineAggregation({
  version: 1,
  lookBack: "window",
  schema: z.array(channelSchema),
  compute: (view) => {
    const count = Math.min(view.candidates.count, MAX_CHANNELS);
    return closestPartners(view.candidates, count, MAX_RELATED).map((partners, candidate) =>
      describe(view, candidate, partners),
    );
  },
});

function describe(view: WindowView, candidate: number, partners: readonly number[]) {
  const { candidates, selection, tallies, datedTitles, dictionary } = view;
  const title = candidates.titles[candidate]!;
  const videos = datedTitles.videos[title]!;
  const span = monthSpan(view, candidate);
  const averageVideosPerMonth = videos / span;
  const consistencyScore = (100 * tallies.titleMonths[title]!) / span;
  return {
    channel: dictionary.titles[title]!,
    channelUrl: view.urlOf(title),
    videos,
    watchTimeSeconds: datedTitles.seconds[title]!,
    averageVideosPerMonth,
    firstWatchedAt: selection.dated.times[candidates.firstRow[candidate]!]!,
    lastWatchedAt: selection.dated.times[candidates.lastRow[candidate]!]!,
    loyaltyScore: loyalty(consistencyScore, averageVideosPerMonth, daysSince(view, candidate)),
    topics: view.topicsOf(candidate, MAX_TOPICS),
    viewingPattern: {
      peakHour: indexOfGreatest(candidates.hourVideos, candidate * HOURS_A_DAY, HOURS_A_DAY),
      peakDayOfWeek: indexOfGreatest(
        candidates.weekdayVideos,
        candidate * DAYS_A_WEEK,
        DAYS_A_WEEK,
      ),
      consistencyScore,
    },
    discovery: discovery(view, candidate, videos),
    relatedChannels: partners.map((partner) => dictionary.titles[candidates.titles[partner]!]!),
  };
}

function discovery(
  { prepared, candidates, sessions }: WindowView,
  candidate: number,
  videos: number,
) {
  const discoveredAt = prepared.attributes.discoveredAt[candidates.titles[candidate]!]!;
  return {
    discoveredAt,
    isNew: discoveredAt >= prepared.recentDays.from && discoveredAt < prepared.recentDays.to,
    recentShare: candidates.recentVideos[candidate]! / videos,
    sessionShare: candidates.sessions[candidate]! / sessions.count,
  };
}

/** Calendar months from the first watched one to that of `asOf`, both included. */
function monthSpan({ prepared, candidates, selection }: WindowView, candidate: number): number {
  const { hours, entries } = selection.dated;
  const monthOfRow = (row: number) => prepared.dayMonths[Math.floor(hours[row]! / HOURS_A_DAY)]!;
  const firstRow = candidates.firstRow[candidate]!;
  let firstMonth = monthOfRow(firstRow);
  // Where a month once gave way to the one before, that one may hold a later row.
  for (let row = firstRow; !prepared.monthsAscend && row < hours.length; row++) {
    if (candidates.ofEntry[entries[row]!] !== candidate) continue;
    firstMonth = Math.min(firstMonth, monthOfRow(row));
  }
  return prepared.monthCount - firstMonth;
}

/** Days between the local dates of the last watch and `asOf`. */
function daysSince({ prepared, candidates, selection }: WindowView, candidate: number): number {
  const lastHour = selection.dated.hours[candidates.lastRow[candidate]!]!;
  return prepared.asOfDay - Math.floor(lastHour / HOURS_A_DAY);
}

function loyalty(consistencyScore: number, videosPerMonth: number, days: number): number {
  const frequency = Math.min(MAX_FREQUENCY_SCORE, videosPerMonth * 10);
  const recency = RECENCY.find(({ maxDays }) => days <= maxDays)!.score;
  return Math.round((consistencyScore + frequency + recency) / 3);
}
