import type { WatchRecord } from "../../../src/engine/index";
import { byName, distinct, groupBy } from "./arithmetic";
import { titlesOf, type Selection } from "./selection";

export interface ChannelGroup<Item extends WatchRecord> {
  channel: string;
  records: Item[];
}

/** Records with a title, grouped by it, most records first, then by name. */
export function channelsByVideos<Item extends WatchRecord>(
  records: readonly Item[],
): ChannelGroup<Item>[] {
  const titled = records.filter((record) => record.channelTitle !== null);
  const groups = groupBy(titled, (record) => record.channelTitle ?? "");
  return [...groups]
    .map(([channel, recordsOfChannel]) => ({ channel, records: recordsOfChannel }))
    .sort(
      (left, right) =>
        right.records.length - left.records.length || byName(left.channel, right.channel),
    );
}

/** The smallest URL that the title was ever seen with. */
export function channelUrlOf(channel: string, history: readonly WatchRecord[]): string | null {
  const urls = history
    .filter((record) => record.channelTitle === channel)
    .map((record) => record.channelUrl)
    .filter((url) => url !== null);
  return urls.sort(byName)[0] ?? null;
}

/** The first dated watch of the title in the whole history. */
export function discoveredAtOf(channel: string, history: readonly WatchRecord[]): number {
  const watches = history
    .filter((record) => record.channelTitle === channel)
    .map((record) => record.watchedAt)
    .filter((watchedAt) => watchedAt !== null);
  return watches.reduce((first, watchedAt) => Math.min(first, watchedAt), Infinity);
}

/** All topics of the records, sorted, each once. */
export function topicsOf(records: readonly WatchRecord[]): string[] {
  return distinct(records.flatMap((record) => record.topics)).sort(byName);
}

/** How many sessions each title appears in. */
export function sessionCounts(selection: Selection): Map<string, number> {
  const counts = new Map<string, number>();
  for (const session of selection.sessions) {
    for (const title of titlesOf(session)) counts.set(title, (counts.get(title) ?? 0) + 1);
  }
  return counts;
}

export interface ChannelPair {
  /** The smaller name of the two. */
  channel1: string;
  channel2: string;
  coSessions: number;
  coWatchScore: number;
}

const MAX_CANDIDATES = 300;
const MIN_CO_SESSIONS = 2;

/** Every pair of the 300 most watched titles that shares two sessions or more, in no order. */
export function channelPairs(selection: Selection): ChannelPair[] {
  const ranked = channelsByVideos(selection.dated).slice(0, MAX_CANDIDATES);
  const candidates = new Set(ranked.map((group) => group.channel));
  const coSessions = new Map<string, Map<string, number>>();
  for (const session of selection.sessions) {
    const present = titlesOf(session).filter((title) => candidates.has(title));
    for (const channel1 of present) {
      const partners = coSessions.get(channel1) ?? new Map<string, number>();
      coSessions.set(channel1, partners);
      for (const channel2 of present) {
        if (channel1 < channel2) partners.set(channel2, (partners.get(channel2) ?? 0) + 1);
      }
    }
  }
  const sessionsWith = sessionCounts(selection);
  return [...coSessions].flatMap(([channel1, partners]) =>
    [...partners]
      .filter(([, shared]) => shared >= MIN_CO_SESSIONS)
      .map(([channel2, shared]) => {
        const fewest = Math.min(sessionsWith.get(channel1)!, sessionsWith.get(channel2)!);
        return { channel1, channel2, coSessions: shared, coWatchScore: (100 * shared) / fewest };
      }),
  );
}
