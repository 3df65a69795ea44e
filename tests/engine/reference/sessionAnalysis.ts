import type { SessionAnalysis } from "../../../src/engine/index";
import { histogram, sum } from "./arithmetic";
import { titlesOf, type DatedRecord, type Selection } from "./selection";

const MINUTE_MS = 60_000;

const LENGTHS = [
  { label: "1", from: 1, to: 1 },
  { label: "2-4", from: 2, to: 4 },
  { label: "5-9", from: 5, to: 9 },
  { label: "10-19", from: 10, to: 19 },
  { label: "20+", from: 20, to: Infinity },
] as const;

export function sessionAnalysis(selection: Selection): SessionAnalysis {
  const { sessions } = selection;
  const gaps = sessions.flatMap(gapsMsOf);
  return {
    totalSessions: sessions.length,
    averageDurationMinutes: average(sessions.map(durationMsOf)) / MINUTE_MS,
    averageVideosPerSession: average(sessions.map((session) => session.length)),
    averageGapMinutes: average(gaps) / MINUTE_MS,
    longestSession: longestOf(sessions.map(viewOf)),
    sessionsByStartHour: histogram(
      sessions.map((session) => session[0]!.local.hour),
      24,
    ),
    sessionsByLength: LENGTHS.map(({ label, from, to }) => ({
      label,
      sessions: sessions.filter(({ length }) => length >= from && length <= to).length,
    })),
    recentSessions: sessions.slice(-20).reverse().map(viewOf),
  };
}

type SessionView = NonNullable<SessionAnalysis["longestSession"]>;

function viewOf(session: DatedRecord[]): SessionView {
  return {
    startedAt: session[0]!.watchedAt,
    endedAt: session.at(-1)!.watchedAt,
    durationMinutes: durationMsOf(session) / MINUTE_MS,
    videos: session.length,
    channels: titlesOf(session).length,
  };
}

function longestOf(views: SessionView[]): SessionView | null {
  const [longest] = views.sort(
    (left, right) =>
      right.durationMinutes - left.durationMinutes ||
      right.videos - left.videos ||
      right.startedAt - left.startedAt,
  );
  return longest ?? null;
}

function durationMsOf(session: DatedRecord[]): number {
  return session.at(-1)!.watchedAt - session[0]!.watchedAt;
}

function gapsMsOf(session: DatedRecord[]): number[] {
  return session.slice(1).map((record, index) => record.watchedAt - session[index]!.watchedAt);
}

function average(values: readonly number[]): number {
  return values.length === 0 ? 0 : sum(values) / values.length;
}
