import type { UndatedReason } from "./types";

/** A moment, or why there is none. */
export type WatchTime =
  | { watchedAt: number }
  | {
      watchedAt: null;
      undatedReason: UndatedReason;
      /** What stands in its place. */ stamp?: string;
    };

/** The bounds of a stored record, from the contract of the aggregations. */
const EARLIEST_WATCH = Date.UTC(2005, 0, 1);
const MAX_AHEAD_MS = 24 * 60 * 60 * 1000;

/** A day, a time to the second, perhaps a fraction, and an offset: without one it is no instant. */
const ISO_INSTANT =
  /^\d{4}-\d{2}-(?<day>\d{2})T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2})$/i;

/**
 * When an entry was watched.
 *
 * @param now epoch milliseconds, or undefined for no upper bound.
 */
export function readWatchTime(time: string | null, now: number | undefined): WatchTime {
  if (time === null) return { watchedAt: null, undatedReason: "missing-time" };
  const instant = parseInstant(time);
  if (instant === null) return { watchedAt: null, undatedReason: "unreadable-time", stamp: time };
  return withinBounds(instant, time, now);
}

/** A moment as far as a stored record may have it. */
export function withinBounds(instant: number, stamp: string, now: number | undefined): WatchTime {
  if (instant < EARLIEST_WATCH) return { watchedAt: null, undatedReason: "before-2005", stamp };
  if (now !== undefined && instant > now + MAX_AHEAD_MS) {
    return { watchedAt: null, undatedReason: "in-the-future", stamp };
  }
  return { watchedAt: instant };
}

function parseInstant(time: string): number | null {
  const day = ISO_INSTANT.exec(time)?.groups?.["day"];
  if (day === undefined) return null;
  const instant = Date.parse(time);
  if (Number.isNaN(instant) || !isRealDay(time.slice(0, 10), Number(day))) return null;
  return instant;
}

/** Some engines read 30 February as 1 March. */
function isRealDay(date: string, day: number): boolean {
  return day <= 28 || new Date(`${date}T00:00:00Z`).getUTCDate() === day;
}
