import { DAY_MS, drawDayWeights, drawSessionStart } from "./days";
import {
  adEntry,
  oddEntry,
  playableEntry,
  postEntry,
  privateEntry,
  removedEntry,
  surveyEntry,
  watchEntry,
  type TakeoutJsonEntry,
  type Video,
} from "./entry";
import { createRandom, type Random } from "./random";
import { drawVideo, drawWorld } from "./videos";

export interface SampleOptions {
  /** Entries, all kinds together. */
  count: number;
  seed: number;
  /** `YYYY-MM-DD`, the day of the export: nothing is later than its 21:00 UTC. */
  end: string;
  years: number;
}

interface Moment {
  instant: number;
  entry: TakeoutJsonEntry;
}

const LAST_HOUR_MS = 21 * 60 * 60 * 1000;
const LONGEST_SESSION = 24;
/** How often a session leaves its subject for one video. */
const DETOUR_SHARE = 0.2;
const SAME_SECOND_SHARE = 0.012;
/** One entry in so many is odd. */
const ODD_EVERY = 400;
/** Cumulative: what is below the first is an ad, below the second a removed video, and so on. */
const SHARES = {
  ad: 0.06,
  removed: 0.075,
  private: 0.09,
  post: 0.097,
  survey: 0.098,
  playable: 0.099,
} as const;

/**
 * A made-up export with the shape of a real one, newest entry first: sittings of one to two dozen
 * videos, favourites with a long tail, ads, removed and private videos, posts, shorts, music, gaps,
 * entries in the same second and a few odd ones. Equal options give equal entries.
 */
export function generateTakeout(options: SampleOptions): TakeoutJsonEntry[] {
  const random = createRandom(options.seed);
  const end = Date.parse(`${options.end}T00:00:00Z`) + LAST_HOUR_MS;
  const dayCount = Math.max(1, Math.round(options.years * 365));
  const firstDay = end - LAST_HOUR_MS - (dayCount - 1) * DAY_MS;
  const dayWeights = drawDayWeights(random, firstDay, dayCount);
  const moments: Moment[] = [];
  while (moments.length < options.count) {
    const dayIndex = random.weighted(dayWeights);
    const start = drawSessionStart(random, firstDay + dayIndex * DAY_MS);
    const length = Math.min(drawSessionLength(random), options.count - moments.length);
    moments.push(...drawSession(random, { dayIndex, start, end, length, before: moments.length }));
  }
  return moments.sort((left, right) => right.instant - left.instant).map(({ entry }) => entry);
}

/** The text of an export, one entry a line. */
export function* serializeTakeout(entries: readonly TakeoutJsonEntry[]): Generator<string> {
  yield "[";
  for (const [index, entry] of entries.entries()) {
    yield `${index === 0 ? "" : ","}\n${JSON.stringify(entry)}`;
  }
  yield "\n]\n";
}

function drawSession(
  random: Random,
  session: { dayIndex: number; start: number; end: number; length: number; before: number },
): Moment[] {
  const world = drawWorld(random, session.dayIndex);
  const moments: Moment[] = [];
  let instant = session.start;
  for (let index = 0; index < session.length; index++) {
    const subject = random.chance(DETOUR_SHARE) ? drawWorld(random, session.dayIndex) : world;
    const entryIndex = session.before + index;
    // A session that would outlast the export happened a day earlier.
    const shown = instant > session.end ? instant - DAY_MS : instant;
    moments.push({ instant: shown, entry: drawEntry(random, subject, shown, entryIndex) });
    instant += drawPause(random);
  }
  return moments;
}

/** Mostly short, now and then an evening. */
function drawSessionLength(random: Random): number {
  const fraction = random.fraction();
  return 1 + Math.floor(LONGEST_SESSION * fraction * fraction * Math.sqrt(fraction));
}

function drawPause(random: Random): number {
  if (random.chance(SAME_SECOND_SHARE)) return 0;
  const fraction = random.fraction();
  const minutes = 0.4 + 26 * fraction * fraction;
  return Math.round(minutes * 60 * 1000);
}

function drawEntry(
  random: Random,
  worldIndex: number,
  instant: number,
  entryIndex: number,
): TakeoutJsonEntry {
  const video: Video = drawVideo(random, worldIndex);
  const time = drawTimeFormat(random, instant);
  if (entryIndex % ODD_EVERY === ODD_EVERY - 1) {
    return oddEntry(Math.floor(entryIndex / ODD_EVERY), video, time);
  }
  const share = random.fraction();
  if (share < SHARES.ad) return adEntry(video, time);
  if (share < SHARES.removed) return removedEntry(time);
  if (share < SHARES.private) return privateEntry(video, time);
  if (share < SHARES.post) return postEntry(video, time);
  if (share < SHARES.survey) return surveyEntry(time);
  if (share < SHARES.playable) return playableEntry(video, time);
  return watchEntry(video, time);
}

/** Now and then without milliseconds. */
function drawTimeFormat(random: Random, instant: number): string {
  const time = new Date(instant).toISOString();
  return random.chance(0.05) ? `${time.slice(0, 19)}Z` : time;
}
