import { DAY_MS, HOUR_MS, dateOfDay, dayNumber, monthNumber } from "./dates";

/**
 * UTC offsets of IANA zones. Intl tells them an instant at a time and slowly, so each zone is
 * probed once a week of the range asked for, and a change in between is bisected to the second.
 * Records then find their offset by walking the few pieces of constant offset.
 */

const PROBE_STEP_MS = 7 * DAY_MS;
const SECOND_MS = 1_000;
/** Local and UTC time differ by less than this. */
const MAX_OFFSET_MS = 36 * HOUR_MS;
const MAX_CACHED_ZONES = 64;
/** IANA zones that are called like an abbreviation. ICU knows more: to it, BST is Dhaka. */
const ABBREVIATED_ZONES = new Set("CET EET EST GMT HST MET MST PRC ROC ROK UCT UTC WET".split(" "));
/** As in Dar_es_Salaam, Isle_of_Man, Port-au-Prince. */
const SMALL_WORDS = new Set(["au", "es", "of"]);

/** Constant offsets: `offsets[i]` holds from `starts[i]` (the first is −∞) to `starts[i + 1]`. */
interface OffsetPieces {
  from: number;
  to: number;
  starts: number[];
  offsets: number[];
}

const formats = new Map<string, Intl.DateTimeFormat>();
const cache = new Map<string, OffsetPieces>();

/**
 * The name Intl knows a zone by, in its usual letter case; an alias stays the alias. Null for what
 * is not an IANA zone: offsets such as "+05:30", and abbreviations such as "BST", which mean
 * different zones in different parts of the world.
 */
export function canonicalTimeZone(name: string): string | null {
  if (!/^[A-Za-z]/.test(name)) return null;
  if (name.length === 3 && !ABBREVIATED_ZONES.has(name.toUpperCase())) return null;
  try {
    const resolved = new Intl.DateTimeFormat("en-US", { timeZone: name }).resolvedOptions()
      .timeZone;
    return resolved.toLowerCase() === name.toLowerCase() ? resolved : withUsualCase(name);
  } catch {
    return null;
  }
}

/** An alias, which Intl does not give back, in the letter case of the zone database. */
function withUsualCase(name: string): string {
  const isOneCase = name === name.toLowerCase() || name === name.toUpperCase();
  if (!isOneCase || !name.includes("/")) return name.includes("/") ? name : name.toUpperCase();
  return name
    .toLowerCase()
    .replace(/[a-z]+/g, (word) =>
      SMALL_WORDS.has(word) ? word : word[0]!.toUpperCase() + word.slice(1),
    );
}

/** The local date at an instant. */
export function localDateOf(epochMs: number, timeZone: string): string {
  return dateOfDay(Math.floor((epochMs + offsetAt(epochMs, timeZone)) / DAY_MS));
}

/** The first instant at which the local date is `date`, or later where the zone skips `date`. */
export function startOfLocalDay(date: string, timeZone: string): number {
  const localMidnight = dayNumber(date) * DAY_MS;
  const pieces = offsetPieces(
    timeZone,
    localMidnight - MAX_OFFSET_MS,
    localMidnight + MAX_OFFSET_MS,
  );
  for (let index = 0; index < pieces.starts.length; index++) {
    const start = pieces.starts[index]!;
    const end = pieces.starts[index + 1] ?? Infinity;
    const instant = Math.max(start, localMidnight - pieces.offsets[index]!);
    if (instant < end) return instant;
  }
  throw new Error(`no instant of ${timeZone} starts ${date}`);
}

/** Hours since local 1970-01-01T00, less `firstHour`, at each of `count` ascending instants. */
export function localHours(
  times: Float64Array,
  count: number,
  timeZone: string,
  firstHour: number,
): Int32Array {
  const hours = new Int32Array(count);
  if (count === 0) return hours;
  const { starts, offsets } = offsetPieces(timeZone, times[0]!, times[count - 1]!);
  let piece = 0;
  let offset = offsets[0]!;
  let nextStart = starts[1] ?? Infinity;
  for (let row = 0; row < count; row++) {
    const time = times[row]!;
    while (time >= nextStart) {
      offset = offsets[++piece]!;
      nextStart = starts[piece + 1] ?? Infinity;
    }
    hours[row] = Math.floor((time + offset) / HOUR_MS) - firstHour;
  }
  return hours;
}

/** Whether local months come in order: false where clocks were set back over a month's start. */
export function monthsAscend(timeZone: string, from: number, to: number): boolean {
  const { starts, offsets } = offsetPieces(timeZone, from, to);
  return starts.every((start, piece) => {
    if (piece === 0) return true;
    const before = Math.floor((start - 1 + offsets[piece - 1]!) / DAY_MS);
    const after = Math.floor((start + offsets[piece]!) / DAY_MS);
    return monthNumber(after) >= monthNumber(before);
  });
}

export function offsetAt(epochMs: number, timeZone: string): number {
  const { starts, offsets } = offsetPieces(timeZone, epochMs, epochMs);
  let piece = starts.length - 1;
  while (starts[piece]! > epochMs) piece--;
  return offsets[piece]!;
}

function offsetPieces(timeZone: string, from: number, to: number): OffsetPieces {
  const known = cache.get(timeZone);
  if (known !== undefined && known.from <= from && known.to >= to) return known;
  const pieces = probe(
    timeZone,
    (Math.floor(Math.min(from, known?.from ?? from) / PROBE_STEP_MS) - 1) * PROBE_STEP_MS,
    (Math.ceil(Math.max(to, known?.to ?? to) / PROBE_STEP_MS) + 1) * PROBE_STEP_MS,
  );
  if (cache.size >= MAX_CACHED_ZONES) cache.clear();
  cache.set(timeZone, pieces);
  return pieces;
}

function probe(timeZone: string, from: number, to: number): OffsetPieces {
  const starts = [-Infinity];
  const offsets = [probeOffset(timeZone, from)];
  let last = offsets[0]!;
  for (let time = from + PROBE_STEP_MS; time <= to && timeZone !== "UTC"; time += PROBE_STEP_MS) {
    const reached = probeOffset(timeZone, time);
    // More than one change may lie within a step: find each in turn.
    for (let start = time - PROBE_STEP_MS; last !== reached;) {
      start = firstChange(timeZone, start, time, last);
      last = probeOffset(timeZone, start);
      starts.push(start);
      offsets.push(last);
    }
  }
  return { from, to, starts, offsets };
}

/** The first whole second after `from` whose offset is no longer `offset`; `to` has another. */
function firstChange(timeZone: string, from: number, to: number, offset: number): number {
  let before = from / SECOND_MS;
  let after = to / SECOND_MS;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (probeOffset(timeZone, middle * SECOND_MS) === offset) before = middle;
    else after = middle;
  }
  return after * SECOND_MS;
}

function probeOffset(timeZone: string, epochMs: number): number {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" });
    if (formats.size >= MAX_CACHED_ZONES) formats.clear();
    formats.set(timeZone, format);
  }
  const match = /GMT([+-])(\d\d?):(\d\d)(?::(\d\d))?/.exec(format.format(epochMs));
  if (match === null) return 0;
  const [, sign, hours, minutes, seconds] = match;
  const total = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds ?? 0);
  return (sign === "-" ? -total : total) * SECOND_MS;
}
