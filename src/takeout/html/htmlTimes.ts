import { withinBounds, type WatchTime } from "../times";
import { midnightOf } from "./calendars";
import { plainStamp, readingsOf, type Reading } from "./stamps";
import { ZoneLabels } from "./zoneLabels";

const MINUTE_MS = 60_000;
const NUMBERS = /\d+/g;
const BEYOND_ASCII = /[^\x20-\x7e]/;

/** What a stamp says, read in one way. */
interface Moment {
  /** As if the clock stood in UTC, in epoch milliseconds. */
  wallMs: number;
  /** Of an offset in numbers, without its sign. */
  offsetMinutes: number;
  reading: Reading;
}

/**
 * Reads the moments of one HTML export. A file is in one language, and each zone label in it stands
 * for one offset: the rows read so far settle both. A stamp that the languages left read in
 * different ways, or that none of them writes, is unreadable rather than guessed.
 */
export class HtmlTimes {
  /** By the look of a stamp: its text without the digits. */
  private readonly readings = new Map<string, readonly Reading[]>();
  /** Those that write like all rows so far; null before the first. */
  private languages: ReadonlySet<string> | null = null;
  private readonly zones: ZoneLabels;

  /** @param timeZone the user's IANA zone, where it is known: it settles what labels stand for. */
  constructor(timeZone: string | undefined) {
    this.zones = new ZoneLabels(timeZone);
  }

  /** @param now epoch milliseconds, or undefined for no upper bound. */
  read(text: string | null, now: number | undefined): WatchTime {
    if (text === null) return { watchedAt: null, undatedReason: "missing-time" };
    const moment = this.momentOf(BEYOND_ASCII.test(text) ? plainStamp(text) : text);
    if (moment === null) return { watchedAt: null, undatedReason: "unreadable-time", stamp: text };
    const offsetMs = this.offsetOf(moment);
    if (offsetMs === null) return { watchedAt: null, undatedReason: "ambiguous-zone", stamp: text };
    return withinBounds(moment.wallMs - offsetMs, text, now);
  }

  private momentOf(stamp: string): Moment | null {
    const numbers = stamp.match(NUMBERS) ?? [];
    const look = stamp.replace(NUMBERS, "#");
    let readings = this.readings.get(look);
    const isNew = readings === undefined;
    if (readings === undefined) {
      readings = mergeEqual(readingsOf(stamp));
      this.readings.set(look, readings);
    }
    const [only] = readings;
    if (!isNew && readings.length === 1 && only !== undefined) return momentIn(only, numbers);
    return this.settle(readings, numbers);
  }

  /** The one moment that a stamp may be, by what the languages of the file write. */
  private settle(readings: readonly Reading[], numbers: readonly string[]): Moment | null {
    const { languages } = this;
    const possible = readings
      .map((reading) => momentIn(reading, numbers))
      .filter((moment) => moment !== null);
    const likely = possible.filter(
      ({ reading }) => languages === null || reading.languages.some((one) => languages.has(one)),
    );
    const moments = likely.length > 0 ? likely : possible;
    const [moment] = moments;
    if (moment === undefined || moments.some(({ wallMs }) => wallMs !== moment.wallMs)) return null;
    if (likely.length > 0) {
      const writing = likely.flatMap(({ reading }) => reading.languages);
      this.languages = new Set(writing.filter((one) => languages === null || languages.has(one)));
    }
    return moment;
  }

  private offsetOf({ reading: { zone }, offsetMinutes, wallMs }: Moment): number | null {
    if (zone === null) return 0;
    if ("sign" in zone) return zone.sign * offsetMinutes * MINUTE_MS;
    return this.zones.offsetOf(zone.label, [...(this.languages ?? [])], wallMs);
  }
}

/** Languages that write alike share a reading. */
function mergeEqual(readings: readonly Reading[]): readonly Reading[] {
  const merged = new Map<string, Reading>();
  for (const reading of readings) {
    const key = JSON.stringify([reading.roles, reading.month, reading.half]);
    const languages = [...(merged.get(key)?.languages ?? []), ...reading.languages];
    merged.set(key, { ...reading, languages });
  }
  return [...merged.values()];
}

/** Null where there is no such day or time of day. */
function momentIn(reading: Reading, numbers: readonly string[]): Moment | null {
  const { roles, half, month } = reading;
  const values = { y: 0, n: month ?? 0, d: 0, h: 0, m: 0, s: 0, H: 0, M: 0 };
  for (let index = 0; index < roles.length; index++) {
    const role = roles[index]!;
    const number = numbers[index]!; // the look of the stamp has one for each role
    if (role === "y" && number.length !== 4) return null;
    values[role] = Number(number);
  }
  const { m: minute, s: second, H: offsetHours } = values;
  let { h: hour } = values;
  // "GMT+0330" is one number.
  const offsetMinutes =
    offsetHours < 100
      ? 60 * offsetHours + values.M
      : 60 * Math.floor(offsetHours / 100) + (offsetHours % 100);
  const midnight = midnightOf(values.y, values.n, values.d);
  if (midnight === null || hour > 23 || minute > 59 || second > 59) return null;
  // "晚上 23:00": the half says nothing new.
  if (half !== null && hour <= 12) hour = (hour % 12) + (half === "afternoon" ? 12 : 0);
  const wallMs = midnight + ((hour * 60 + minute) * 60 + second) * 1_000;
  return { wallMs, offsetMinutes, reading };
}
