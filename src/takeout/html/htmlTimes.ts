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
 * for one offset: the rows that were noticed settle both. A stamp that the languages left read in
 * different ways, or that none of them writes, is unreadable rather than guessed.
 */
export class HtmlTimes {
  /** By the look of a stamp: its text without the digits. */
  private readonly readings = new Map<string, readonly Reading[]>();
  /** Those that write like all rows so far; null before the first. */
  private languages: ReadonlySet<string> | null = null;
  /** The first stamp that may still be one of several moments. */
  private open: string | null = null;
  private readonly zones: ZoneLabels;

  /** @param timeZone the user's IANA zone, where it is known: it settles what labels stand for. */
  constructor(timeZone: string | undefined) {
    this.zones = new ZoneLabels(timeZone);
  }

  /** Whether all stamps noticed so far can be read, as far as languages decide that. */
  get isSettled(): boolean {
    return this.open === null;
  }

  /** Lets a stamp help to find the file's language, before any is read. */
  notice(text: string): void {
    const stamp = stampOf(text);
    this.momentOf(stamp);
    if (this.open !== null && !this.isOpen(this.open)) this.open = null;
    if (this.isOpen(stamp)) this.open ??= stamp;
  }

  /** @param now epoch milliseconds, or undefined for no upper bound. */
  read(text: string | null, now: number | undefined): WatchTime {
    if (text === null) return { watchedAt: null, undatedReason: "missing-time" };
    const moment = this.momentOf(stampOf(text));
    if (moment === null) return { watchedAt: null, undatedReason: "unreadable-time", stamp: text };
    const offsetMs = this.offsetOf(moment);
    if (offsetMs === null) return { watchedAt: null, undatedReason: "ambiguous-zone", stamp: text };
    return withinBounds(moment.wallMs - offsetMs, text, now);
  }

  private momentOf(stamp: string): Moment | null {
    const numbers = stamp.match(NUMBERS) ?? [];
    const look = stamp.replace(NUMBERS, "#");
    const readings = this.readings.get(look);
    const [only] = readings ?? [];
    // Languages are left as they are by a look that was there before and has one reading.
    if (readings?.length === 1 && only !== undefined) return momentIn(only, numbers);
    const moments = this.narrow(this.likelyMoments(stamp));
    const usual = moments.some(differs)
      ? moments.filter(({ reading }) => !reading.isRare)
      : moments;
    const [moment = null] = usual;
    return usual.some(differs) ? null : moment;
  }

  private isOpen(stamp: string): boolean {
    return this.likelyMoments(stamp).some(differs);
  }

  /** What a stamp may be in the languages left; if in none of them, in any. */
  private likelyMoments(stamp: string): Moment[] {
    const numbers = stamp.match(NUMBERS) ?? [];
    const look = stamp.replace(NUMBERS, "#");
    let readings = this.readings.get(look);
    if (readings === undefined) {
      readings = mergeEqual(readingsOf(stamp));
      this.readings.set(look, readings);
    }
    const possible = readings
      .map((reading) => momentIn(reading, numbers))
      .filter((moment) => moment !== null);
    const likely = possible.filter(({ reading }) =>
      reading.languages.some((one) => this.languages?.has(one) ?? true),
    );
    return likely.length > 0 ? likely : possible;
  }

  /** Leaves the languages that write one of these. */
  private narrow(moments: Moment[]): Moment[] {
    const { languages } = this;
    const writing = moments
      .flatMap(({ reading }) => reading.languages)
      .filter((one) => languages?.has(one) ?? true);
    if (writing.length > 0) this.languages = new Set(writing);
    return moments;
  }

  private offsetOf({ reading: { zone }, offsetMinutes, wallMs }: Moment): number | null {
    if (zone === null) return 0;
    if ("sign" in zone) return zone.sign * offsetMinutes * MINUTE_MS;
    return this.zones.offsetOf(zone.label, [...(this.languages ?? [])], wallMs);
  }
}

/** With `some`: whether there are several moments among them. */
function differs({ wallMs }: Moment, _index: number, [first]: Moment[]): boolean {
  return wallMs !== first?.wallMs;
}

function stampOf(text: string): string {
  return BEYOND_ASCII.test(text) ? plainStamp(text) : text;
}

/** Languages that write alike share a reading. */
function mergeEqual(readings: readonly Reading[]): readonly Reading[] {
  const merged = new Map<string, Reading>();
  for (const reading of readings) {
    const key = JSON.stringify([reading.roles, reading.month, reading.half, reading.isRare]);
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
  if (half !== null) {
    const [first, last] = half;
    // "晚上 23:00": the half says nothing new.
    if (hour <= 12) hour = (hour % 12) + (first < 12 ? 0 : 12);
    if (hour < first || hour > last) return null; // "13:04 AM"
  }
  const wallMs = midnight + ((hour * 60 + minute) * 60 + second) * 1_000;
  return { wallMs, offsetMinutes, reading };
}
