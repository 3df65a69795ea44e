/** Numbers, times and foreign text as commands print them. */

const SECOND_MS = 1_000;
const MINUTE_S = 60;
const HOUR_S = 3_600;
const DAY_S = 86_400;

/** 12,345. */
export const numbers = new Intl.NumberFormat("en-US");

const ratesBelowTen = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 2 });
const ratesFromTen = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** A rate to two digits or the whole number: 0.25, 3.1, 1,234. */
export function rateText(rate: number): string {
  return (rate < 10 ? ratesBelowTen : ratesFromTen).format(rate);
}

/** A moment, in UTC, to the minute. */
export function shortTime(at: number): string {
  return new Date(at).toISOString().slice(0, 16).replace("T", " ");
}

/** How long something took or takes: "4.2 s", "42 s", "3 min 12 s", "2 h 5 min", "3 d 4 h". */
export function durationText(durationMs: number): string {
  const tenths = Math.round(durationMs / (SECOND_MS / 10));
  if (tenths < 100) return `${(tenths / 10).toFixed(1)} s`;
  const seconds = Math.round(durationMs / SECOND_MS);
  if (seconds < MINUTE_S) return `${seconds} s`;
  if (seconds < HOUR_S) return `${Math.floor(seconds / MINUTE_S)} min ${seconds % MINUTE_S} s`;
  const minutes = Math.floor((seconds % HOUR_S) / MINUTE_S);
  if (seconds < DAY_S) return `${Math.floor(seconds / HOUR_S)} h ${minutes} min`;
  return `${Math.floor(seconds / DAY_S)} d ${Math.floor((seconds % DAY_S) / HOUR_S)} h`;
}

/** Text that others have written, in one line, without what a terminal would obey. */
export function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ").trim();
}

/** A word as it is typed in a shell: in quotes where it needs them. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** The text, cut where it is longer. */
export function shorten(text: string, maxCharacters: number): string {
  return text.length <= maxCharacters ? text : `${text.slice(0, maxCharacters - 2)} …`;
}

/** "1 user", "12 users". */
export function plural(count: number, noun: string): string {
  return `${numbers.format(count)} ${noun}${count === 1 ? "" : "s"}`;
}
