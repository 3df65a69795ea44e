/** Histories of thousands of watches and hundreds of channels, grown from a seed. */
import fc from "fast-check";
import type { WatchRecord } from "../../../src/engine/index";
import { byName, distinct } from "./arithmetic";
import { midnight } from "./localTime";
import { filtersFor, place, type Scenario } from "./scenarios";

interface CrowdShape {
  seed: number;
  records: number;
  channels: number;
  topics: number;
  /** Days that the history spans. */
  days: number;
}

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const EARLIEST = Date.UTC(2005, 0, 1);

const shape: fc.Arbitrary<CrowdShape> = fc.record({
  seed: fc.integer(),
  records: fc.oneof(fc.integer({ min: 0, max: 2_500 }), fc.constant(2_500)),
  channels: fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 290, max: 450 })),
  topics: fc.oneof(fc.integer({ min: 1, max: 30 }), fc.constant(130)),
  days: fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 1_500 })),
});

/** More channels, pairs and topics than the lists hold, with many equal counts at the cut. */
export const crowd: fc.Arbitrary<Scenario> = fc
  .tuple(place, shape)
  .chain(([{ timeZone, asOf }, drawn]) =>
    filtersFor(
      [topicName(0), topicName(1), topicName(2)],
      [channelName(0), channelName(1), channelName(7)],
    ).map((filters) => ({
      timeZone,
      asOf,
      filters,
      records: grow(drawn, midnight(asOf, timeZone) + DAY_MS),
    })),
  );

/** Evenings of watches, each evening among channels whose numbers are near: the same pairs recur. */
function grow({ seed, records, channels, topics, days }: CrowdShape, end: number): WatchRecord[] {
  const random = randomFrom(seed);
  const history: WatchRecord[] = [];
  let time = EARLIEST;
  let favourite = 0;
  for (let index = 0; index < records; index++) {
    if (index % 12 === 0) {
      time = end - random(days * 24) * 60 * MINUTE_MS;
      favourite = random(channels);
    }
    time += random(31) * MINUTE_MS;
    const channel = (favourite + random(random(4) === 0 ? channels : 6)) % channels;
    history.push({
      watchedAt: random(60) === 0 ? null : Math.max(EARLIEST, time),
      channelTitle: random(40) === 0 ? null : channelName(channel),
      channelUrl: random(3) === 0 ? null : `https://www.youtube.com/@${channel}-${random(3)}`,
      product: random(4) === 0 ? "YouTube Music" : "YouTube",
      topics: distinct([channel, random(topics)].map((topic) => topicName(topic % topics))).sort(
        byName,
      ),
      durationSeconds: random(2) === 0 ? null : random(4_000),
    });
  }
  return history;
}

function channelName(index: number): string {
  return `Channel ${index}`;
}

function topicName(index: number): string {
  return `Topic ${index}`;
}

/** mulberry32: whole numbers from 0 up to, not including, the bound. */
function randomFrom(seed: number): (bound: number) => number {
  let state = seed | 0;
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound);
  };
}
