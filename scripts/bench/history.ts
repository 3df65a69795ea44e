/**
 * Made-up histories of any size for the bench, the same for the same seed: evenings in front of a
 * screen, a few favourite channels of many, one channel to about a hundred watches, twelve topics.
 */
import type { WatchRecord } from "../../src/engine/index";

export const BENCH_TIME_ZONE = "America/New_York";
export const BENCH_AS_OF = "2025-11-20";

export const BENCH_TOPICS = [
  "Cooking",
  "Education",
  "Entertainment",
  "Finance",
  "Gaming",
  "Music",
  "News",
  "Politics",
  "Science",
  "Sports",
  "Technology",
  "Travel",
] as const;

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const END_MS = Date.UTC(2025, 10, 20, 12);
const WATCHES_PER_CHANNEL = 100;
const WATCHES_PER_DAY = 35;
/** Four years at least, and not more than the twenty that YouTube is old. */
const MIN_DAYS = 1_460;
const MAX_DAYS = 7_300;

interface Channel {
  title: string;
  url: string | null;
  topics: readonly string[];
}

type Random = () => number;

/** `count` records in no particular order of equal times, oldest first, ending with BENCH_AS_OF. */
export function makeHistory(count: number, seed = 1): WatchRecord[] {
  const random = randomFrom(seed);
  const channels = makeChannels(Math.max(20, Math.round(count / WATCHES_PER_CHANNEL)), random);
  const days = Math.min(MAX_DAYS, Math.max(MIN_DAYS, Math.round(count / WATCHES_PER_DAY)));
  const records: WatchRecord[] = [];
  for (let day = 0; records.length < count; day = (day + 1) % days) {
    const midnight = END_MS - (END_MS % DAY_MS) - day * DAY_MS;
    addDay(records, midnight, count / days, channels, random);
  }
  records.length = count;
  return records.sort((left, right) => (left.watchedAt ?? 0) - (right.watchedAt ?? 0));
}

/** Up to six sittings a day, most of them in the evening; longer ones where more is watched. */
function addDay(
  records: WatchRecord[],
  midnight: number,
  watches: number,
  channels: readonly Channel[],
  random: Random,
): void {
  const weekday = new Date(midnight).getUTCDay();
  const mood = (weekday === 0 || weekday === 6 ? 1.4 : 0.85) * (random() < 0.06 ? 0 : 1);
  const season = 1 + 0.3 * Math.sin(midnight / (58 * DAY_MS));
  const sittings = Math.round(Math.min(6, watches / 6) * mood * season + random() - 0.5);
  for (let sitting = 0; sitting < sittings; sitting++) {
    const length = 1 + Math.floor((2 * random() * Math.max(watches, 36)) / 6);
    addSitting(records, midnight + startHour(random) * HOUR_MS, length, channels, random);
  }
}

/** Hours of UTC: evening in New York begins at 23. */
function startHour(random: Random): number {
  const kind = random();
  if (kind < 0.62) return 23 + random() * 5 - 24;
  if (kind < 0.85) return 16 + random() * 3;
  return random() * 24;
}

function addSitting(
  records: WatchRecord[],
  start: number,
  length: number,
  channels: readonly Channel[],
  random: Random,
): void {
  let time = Math.floor(start);
  const world = Math.floor(random() * BENCH_TOPICS.length);
  const isMusic = BENCH_TOPICS[world] === "Music" && random() < 0.7;
  for (let watch = 0; watch < length; watch++) {
    time += Math.floor((1.5 + random() * random() * 24) * MINUTE_MS);
    const channel = random() < 0.04 ? null : pickChannel(channels, world, random);
    records.push({
      watchedAt: random() < 0.002 ? null : Math.min(time, END_MS),
      channelTitle: channel?.title ?? null,
      channelUrl: channel?.url ?? null,
      product: isMusic ? "YouTube Music" : "YouTube",
      topics: channel?.topics ?? ["Other"],
      durationSeconds: random() < 0.8 ? null : Math.floor(30 + random() * random() * 3_000),
    });
  }
}

/** Mostly of the sitting's world. By Zipf's law: the n-th favourite is watched n times less often. */
function pickChannel(channels: readonly Channel[], world: number, random: Random): Channel {
  const rank = Math.floor(channels.length ** random()) - 1;
  const worlds = BENCH_TOPICS.length;
  const ofWorld = rank - (rank % worlds) + world;
  return channels[random() < 0.75 && ofWorld < channels.length ? ofWorld : rank]!;
}

function makeChannels(count: number, random: Random): Channel[] {
  return Array.from({ length: count }, (_, index) => {
    const topic = BENCH_TOPICS[index % BENCH_TOPICS.length]!;
    const second = BENCH_TOPICS[Math.floor(random() * BENCH_TOPICS.length)]!;
    const id = Math.floor(random() * 2 ** 52).toString(36);
    return {
      title: `${topic} ${["Club", "Notes", "Weekly", "Archive", "Live"][index % 5]!} ${index}`,
      url: random() < 0.02 ? null : `https://www.youtube.com/channel/UC${id.padStart(22, "x")}`,
      topics: random() < 0.3 && second !== topic ? [topic, second].sort() : [topic],
    };
  });
}

/** mulberry32: from 0 up to, not including, 1. */
export function randomFrom(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
