import { cutText } from "../../src/text";

/** Numbers, times and foreign text as commands print them. */

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

/** Text that others have written, in one line, without what a terminal would obey. */
export function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ").trim();
}

/** The text, cut where it is longer. */
export function shorten(text: string, maxCharacters: number): string {
  return text.length <= maxCharacters ? text : `${cutText(text, maxCharacters - 2)} …`;
}

/** "1 user", "12 users". */
export function plural(count: number, noun: string): string {
  return `${numbers.format(count)} ${noun}${count === 1 ? "" : "s"}`;
}
