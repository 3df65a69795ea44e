import * as z from "zod/mini";
import { average } from "../compute/arithmetic";
import type { WindowView } from "../compute/view";
import { defineAggregation } from "./define";

const MINUTE_MS = 60_000;
const HOURS = 24;
const MAX_RECENT_SESSIONS = 20;

const LENGTHS = [
  { label: "1", maxVideos: 1 },
  { label: "2-4", maxVideos: 4 },
  { label: "5-9", maxVideos: 9 },
  { label: "10-19", maxVideos: 19 },
  { label: "20+", maxVideos: Infinity },
];

const sessionSchema = z.object({
  /** Epoch milliseconds of the first and the last video. */
  startedAt: z.int(),
  endedAt: z.int(),
  durationMinutes: z.number(),
  videos: z.int(),
  /** Distinct titles. */
  channels: z.int(),
});

/** Runs of dated videos with no gap of more than 30 minutes. */
export const sessionAnalysis = defineAggregation({
  version: 1,
  lookBack: "window",
  schema: z.object({
    totalSessions: z.int(),
    averageDurationMinutes: z.number(),
    averageVideosPerSession: z.number(),
    averageGapMinutes: z.number(),
    longestSession: z.nullable(sessionSchema),
    /** By local hour of the session's start, 0–23. */
    sessionsByStartHour: z.array(z.int()),
    sessionsByLength: z.array(z.object({ label: z.string(), sessions: z.int() })),
    /** The last 20, newest first. */
    recentSessions: z.array(sessionSchema),
  }),
  compute: (view) => {
    const { sessions } = view;
    const { startHours, lengths, totalMs, longest } = tally(view);
    const gaps = view.datedCount - sessions.count;
    const recent = Math.min(sessions.count, MAX_RECENT_SESSIONS);
    return {
      totalSessions: sessions.count,
      averageDurationMinutes: average(totalMs, sessions.count) / MINUTE_MS,
      averageVideosPerSession: average(view.datedCount, sessions.count),
      averageGapMinutes: average(totalMs, gaps) / MINUTE_MS,
      longestSession: longest === -1 ? null : describe(view, longest),
      sessionsByStartHour: startHours,
      sessionsByLength: LENGTHS.map(({ label }, index) => ({ label, sessions: lengths[index]! })),
      recentSessions: Array.from({ length: recent }, (_, index) =>
        describe(view, sessions.count - 1 - index),
      ),
    };
  },
});

/** Sums over all sessions, and the longest: by duration, then videos, then the later start. */
function tally({ sessions, selection }: WindowView) {
  const { times, hours } = selection.dated;
  const startHours = Array.from({ length: HOURS }, () => 0);
  const lengths = LENGTHS.map(() => 0);
  let totalMs = 0;
  let longest = -1;
  let longestMs = -1;
  let mostVideos = 0;
  for (let session = 0; session < sessions.count; session++) {
    const start = sessions.starts[session]!;
    const end = sessions.starts[session + 1]!;
    const videos = end - start;
    const durationMs = times[end - 1]! - times[start]!;
    totalMs += durationMs;
    startHours[hours[start]! % HOURS]!++;
    let length = 0;
    while (videos > LENGTHS[length]!.maxVideos) length++;
    lengths[length]!++;
    if (durationMs > longestMs || (durationMs === longestMs && videos >= mostVideos)) {
      longest = session;
      longestMs = durationMs;
      mostVideos = videos;
    }
  }
  return { startHours, lengths, totalMs, longest };
}

function describe({ sessions, selection, prepared }: WindowView, session: number) {
  const { times, entries } = selection.dated;
  const start = sessions.starts[session]!;
  const end = sessions.starts[session + 1]!;
  const titles = new Set<number>();
  for (let row = start; row < end; row++) titles.add(prepared.entryTitles[entries[row]!]!);
  titles.delete(0);
  return {
    startedAt: times[start]!,
    endedAt: times[end - 1]!,
    durationMinutes: (times[end - 1]! - times[start]!) / MINUTE_MS,
    videos: end - start,
    channels: titles.size,
  };
}
