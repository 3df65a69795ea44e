import { offsetAt } from "../../engine";
import { LOCALES } from "../locales";
import { withinBounds, type WatchTime } from "../times";
import { offsetsOf } from "./zoneAbbreviations";

/** A time of the clock on a day, and the zone it was read in, as the export writes it. */
interface WallTime {
  /** As if the clock stood in UTC, in epoch milliseconds. */
  wallMs: number;
  /** Empty where there is none. */
  zone: string;
}

const DAY_MS = 86_400_000;
const BUDDHIST_YEARS_AHEAD = 543;
const FIRST_BUDDHIST_YEAR = 2_400;
/** Hours, minutes and seconds; some languages write dots between them. */
const CLOCK = /(?<![\d:.])(\d{1,2})([:.])(\d{2})\2(\d{2})(?![\d:])/;
const ZONE = /(?:(?:UTC|GMT)\s*[+\u2212-]\d{1,2}(?::?\d{2})?|\p{L}{1,6})$/u;

const MONTHS = monthBeginnings();
const MORNING = dayPeriods("morning");
const AFTERNOON = dayPeriods("afternoon");

/**
 * When an entry of an HTML export was watched. Such times name a zone by an abbreviation: the
 * user's own zone settles what it stands for, and the hour that occurs twice in autumn is settled
 * by the abbreviation.
 *
 * @param timeZone the user's IANA zone, where it is known.
 */
export function readHtmlTime(
  text: string | null,
  timeZone: string | undefined,
  now: number | undefined,
): WatchTime {
  if (text === null) return { watchedAt: null, undatedReason: "missing-time" };
  const wall = parseWallTime(text);
  if (wall === null) return { watchedAt: null, undatedReason: "unreadable-time" };
  const instant = instantOf(wall, timeZone);
  if (instant === null) return { watchedAt: null, undatedReason: "ambiguous-zone" };
  return withinBounds(instant, now);
}

/** Whether a line reads like a time at all. */
export function isHtmlTime(text: string): boolean {
  return parseWallTime(text) !== null;
}

/** Digits of any script as those of ASCII; marks of direction and odd blanks gone. */
function plain(text: string): string {
  return text
    .replace(/[\u200e\u200f\u061c]/gu, "")
    .replace(/\s/gu, " ")
    .replace(/\p{Nd}/gu, (digit) => String(digitValue(digit)))
    .trim();
}

/** Digits stand in tens from a code point whose last digit is 0 or 6 in every script. */
function digitValue(digit: string): number {
  const code = digit.codePointAt(0) ?? 0;
  let zero = code;
  while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1)) && code - zero < 9) zero -= 1;
  return code - zero;
}

function parseWallTime(text: string): WallTime | null {
  const line = plain(text);
  const clock = CLOCK.exec(line);
  if (clock === null) return null;
  const before = line.slice(0, clock.index);
  const { half, zone } = readEnd(line.slice(clock.index + clock[0].length));
  const date = parseDate(before);
  const hour = hourOf(Number(clock[1]), half ?? halfAtEnd(before));
  const [minute, second] = [Number(clock[3]), Number(clock[4])];
  if (date === null || hour === null || minute > 59 || second > 59) return null;
  return { wallMs: date + ((hour * 60 + minute) * 60 + second) * 1_000, zone };
}

type HalfOfDay = "morning" | "afternoon";

/** What follows the clock: the half of the day in some languages, then the zone. */
function readEnd(text: string): { half: HalfOfDay | null; zone: string } {
  const words = text
    .replace(/\./gu, "")
    .replace(/(?<!\p{L})(\p{L}) (\p{L})(?!\p{L})/gu, "$1$2") // "a. m."
    .trim();
  const zone = ZONE.exec(words)?.[0] ?? "";
  const zoneHalf = halfOf(zone);
  if (zoneHalf !== null) return { half: zoneHalf, zone: "" };
  const first = /^\p{L}+/u.exec(words)?.[0] ?? "";
  return { half: halfOf(first), zone };
}

function halfOf(word: string): HalfOfDay | null {
  const bare = word.toLowerCase();
  if (MORNING.includes(bare)) return "morning";
  return AFTERNOON.includes(bare) ? "afternoon" : null;
}

/** East of Asia the half of the day stands before the clock. */
function halfAtEnd(text: string): HalfOfDay | null {
  const end = text.trimEnd();
  if (MORNING.some((word) => end.endsWith(word))) return "morning";
  return AFTERNOON.some((word) => end.endsWith(word)) ? "afternoon" : null;
}

/** The hour from 0 to 23. */
function hourOf(hour: number, half: HalfOfDay | null): number | null {
  if (half === null) return hour < 24 ? hour : null;
  if (hour > 12) return hour < 24 ? hour : null; // "晚上 23:00": the half says nothing new
  return (hour % 12) + (half === "afternoon" ? 12 : 0);
}

/** The day as midnight UTC: with a month's name, or by numbers alone. */
function parseDate(text: string): number | null {
  const numbers = (text.match(/\d+/g) ?? []).map(Number);
  const month = monthIn(text);
  const year = numbers.find((number) => number > 999);
  if (year === undefined) return null;
  const others = numbers.filter((number) => number !== year);
  if (month !== null && others.length === 1) return dayOf(year, month, others[0]!);
  const [first, second] = others;
  if (month !== null || first === undefined || second === undefined) return null;
  if (numbers[0] === year) return dayOf(year, first, second);
  // Days come first in the languages that write months as numbers; 8/15/2025 can be no other.
  return second > 12 ? dayOf(year, first, second) : dayOf(year, second, first);
}

function dayOf(writtenYear: number, month: number, day: number): number | null {
  const isBuddhist = writtenYear >= FIRST_BUDDHIST_YEAR;
  const year = isBuddhist ? writtenYear - BUDDHIST_YEARS_AHEAD : writtenYear;
  const at = new Date(Date.UTC(year, month - 1, day));
  return at.getUTCMonth() === month - 1 && at.getUTCDate() === day ? at.getTime() : null;
}

function monthIn(text: string): number | null {
  for (const word of text
    .toLowerCase()
    .normalize("NFC")
    .match(/\p{L}+/gu) ?? []) {
    for (const [beginning, month] of MONTHS) if (word.startsWith(beginning)) return month;
  }
  return null;
}

/** The instant at which clocks in one of the zones show a time; null where several might be it. */
function instantOf({ wallMs, zone }: WallTime, timeZone: string | undefined): number | null {
  const offsets = offsetsOf(zone);
  if (timeZone !== undefined) {
    const instants = instantsIn(wallMs, timeZone);
    const named = instants.filter((instant) => offsets.includes(wallMs - instant));
    if (named.length > 0) return named[0]!;
    if (offsets.length === 0) return instants[0] ?? null;
  }
  return offsets.length === 1 ? wallMs - offsets[0]! : null;
}

/** None where the clock skips a time, two where it shows it twice; ascending. */
function instantsIn(wallMs: number, timeZone: string): number[] {
  const offsets = [wallMs - DAY_MS, wallMs + DAY_MS].map((at) => offsetAt(at, timeZone));
  return [...new Set(offsets)]
    .map((offset) => wallMs - offset)
    .filter((instant) => offsetAt(instant, timeZone) === wallMs - instant)
    .sort((a, b) => a - b);
}

/** The longest first: "juil" before "ju". */
function monthBeginnings(): [string, number][] {
  const beginnings = Object.values(LOCALES).flatMap(({ months = "" }) =>
    months
      .split(" ")
      .flatMap((variants, index) =>
        variants.split("|").map((beginning): [string, number] => [beginning, index + 1]),
      ),
  );
  return beginnings
    .filter(([beginning]) => beginning !== "")
    .sort(([a], [b]) => b.length - a.length);
}

function dayPeriods(half: HalfOfDay): readonly string[] {
  return [...new Set(Object.values(LOCALES).flatMap((locale) => locale[half] ?? []))];
}
