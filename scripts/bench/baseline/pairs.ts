/** Which channels the baseline finds in the same sessions. */
import { byName, increment, type DatedRecord } from "./query";

export interface ChannelPair {
  channel1: string;
  channel2: string;
  coSessions: number;
  coWatchScore: number;
}

function titlesOf(session: readonly DatedRecord[]): Set<string> {
  const titles = new Set<string>();
  for (const { channelTitle } of session) {
    if (channelTitle !== null) titles.add(channelTitle);
  }
  return titles;
}

/** How many sessions each channel appears in. */
export function sessionCounts(sessions: readonly DatedRecord[][]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const session of sessions) {
    for (const title of titlesOf(session)) increment(counts, title);
  }
  return counts;
}

/** Pairs of the 300 first channels that share two sessions or more. */
export function pairsOf(
  sessions: readonly DatedRecord[][],
  ranked: readonly string[],
): ChannelPair[] {
  const candidates = new Set(ranked.slice(0, 300));
  const appearances = sessionCounts(sessions);
  const partnersOf = new Map<string, Map<string, number>>();
  for (const session of sessions) {
    const titles = [...titlesOf(session)].filter((title) => candidates.has(title)).sort(byName);
    titles.forEach((channel1, index) => {
      const partners = partnersOf.get(channel1) ?? new Map<string, number>();
      partnersOf.set(channel1, partners);
      for (const channel2 of titles.slice(index + 1)) increment(partners, channel2);
    });
  }
  const pairs: ChannelPair[] = [];
  for (const [channel1, partners] of partnersOf) {
    for (const [channel2, coSessions] of partners) {
      if (coSessions < 2) continue;
      const fewest = Math.min(appearances.get(channel1)!, appearances.get(channel2)!);
      pairs.push({ channel1, channel2, coSessions, coWatchScore: (100 * coSessions) / fewest });
    }
  }
  return pairs;
}

export function relatedTo(channel: string, pairs: readonly ChannelPair[]): string[] {
  return pairs
    .filter(({ channel1, channel2 }) => channel1 === channel || channel2 === channel)
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
