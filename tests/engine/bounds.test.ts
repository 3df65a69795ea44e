import { expect, it } from "vitest";
import { aggregate, AGGREGATION_TYPES, type WatchRecord } from "../../src/engine";

const START = Date.UTC(2006, 0, 1);
const DAY_MS = 86_400_000;

/** Twenty years, every name and list as long as allowed, sessions that pair all channels. */
function worstHistory(): WatchRecord[] {
  return Array.from({ length: 24_000 }, (_, index) => ({
    watchedAt: START + Math.floor(index / 60) * 18 * DAY_MS + (index % 60) * 60_000,
    channelTitle: String(index % 60).padEnd(200, "語"),
    channelUrl: String(index % 60).padEnd(2_000, "語"),
    product: "YouTube",
    topics: Array.from({ length: 20 }, (_, topic) =>
      String((index + topic) % 300).padEnd(100, "語"),
    ).sort(),
    durationSeconds: 2 ** 40,
  }));
}

it("keeps every result of the worst history there can be well below 1 MiB", () => {
  const results = aggregate(worstHistory(), {
    filters: { timeframe: "All", product: "All", topics: [], channels: [] },
    asOf: "2026-03-15",
    timeZone: "UTC",
  });
  for (const type of AGGREGATION_TYPES) {
    const bytes = new TextEncoder().encode(JSON.stringify(results[type])).length;
    expect(bytes, type).toBeLessThan(900_000);
    expect(bytes, type).toBeGreaterThan(50);
  }
  expect(results.channel_relationships).toHaveLength(50);
  expect(results.topic_evolution?.topics).toHaveLength(25);
});

it("takes one session of 60,000 videos of 2,000 channels", () => {
  const records = Array.from({ length: 60_000 }, (_, index): WatchRecord => ({
    watchedAt: START + index * 1_000,
    channelTitle: `Channel ${String((index * 7_919) % 2_000)}`,
    channelUrl: null,
    product: "YouTube",
    topics: ["Other"],
    durationSeconds: null,
  }));
  const { session_analysis: sessions } = aggregate(records, {
    filters: { timeframe: "All", product: "All", topics: [], channels: [] },
    asOf: "2026-03-15",
    timeZone: "UTC",
    types: ["session_analysis", "channel_relationships"],
  });
  expect(sessions).toMatchObject({ totalSessions: 1, averageVideosPerSession: 60_000 });
});

it("takes twenty years in which no two videos have the same topics", () => {
  const count = 30_000;
  const records = Array.from({ length: count }, (_, index): WatchRecord => ({
    watchedAt: START + index * 6 * 3_600_000,
    channelTitle: `Channel ${String(index % 400)}`,
    channelUrl: null,
    product: "YouTube",
    topics: [`common ${String(index % 3)}`, `own ${String(index)}`],
    durationSeconds: null,
  }));
  const before = process.memoryUsage().arrayBuffers;
  const { topic_evolution: evolution, enhanced_channel_metrics: channels } = aggregate(records, {
    filters: { timeframe: "All", product: "All", topics: [], channels: [] },
    asOf: "2026-07-20",
    timeZone: "UTC",
  });
  // A table of months × topic sets alone would take 30 MB.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(24 * 2 ** 20);
  const [first] = evolution!.topics;
  expect(first).toMatchObject({ topic: "common 0", totalVideos: count / 3 });
  expect(first!.videos.reduce((sum, videos) => sum + videos, 0)).toBe(count / 3);
  expect(evolution!.monthVideos.slice(0, 2)).toEqual([124, 112]);
  expect(first!.videos.slice(0, 2)).toEqual([42, 37]);
  expect(channels![0]!.topics).toEqual([
    "common 0",
    "common 1",
    "common 2",
    ...Array.from({ length: 75 }, (_, index) => `own ${String(index * 400)}`)
      .sort()
      .slice(0, 17),
  ]);
});
