import fc from "fast-check";
import type { IncomingRecord } from "../../convex/validators";
import { DAY_MS, NOON, watch } from "./support";

/** Watches as properties draw them: of three years, of the days to come, and without a time. */
export const drawnWatch = fc.record({
  ageDays: fc.option(fc.integer({ min: -3, max: 1_200 }), { freq: 20 }),
  second: fc.nat(86_399),
  channel: fc.nat(5),
  url: fc.option(fc.nat(3)),
  isMusic: fc.boolean(),
  topic: fc.nat(2),
  durationSeconds: fc.option(fc.nat(5_000)),
});

type DrawnWatch = typeof drawnWatch extends fc.Arbitrary<infer Value> ? Value : never;

/** @param name sets them apart from those of another call. */
export function watchesOf(drawn: readonly DrawnWatch[], name: string): IncomingRecord[] {
  return drawn.map(({ ageDays, second, channel, url, isMusic, topic, durationSeconds }, index) =>
    watch({
      videoId: `${name}${String(index)}`,
      watchedAt: ageDays === null ? null : NOON - ageDays * DAY_MS - second * 1_000,
      channelTitle: `Channel ${String(channel)}`,
      channelUrl: url === null ? null : `https://youtube.com/${String(url)}`,
      product: isMusic ? "YouTube Music" : "YouTube",
      topics: [`T${String(topic)}`],
      durationSeconds,
    }),
  );
}
