import { createHash } from "node:crypto";
import type { FilterOptions, WatchRecord } from "../../../src/engine/index";
import { byName, distinct } from "./arithmetic";
import { addDays, addMonths, daysRange, type InstantRange } from "./localTime";

function canonicalList(list: readonly string[]): string[] {
  const trimmed = list.map((entry) =>
    entry
      .replace(/\p{Surrogate}/gu, "\uFFFD")
      .normalize("NFC")
      .trim(),
  );
  return distinct(trimmed.filter((entry) => entry !== "")).sort(byName);
}

export function canonicalFilters(filters: FilterOptions): FilterOptions {
  return {
    timeframe: filters.timeframe,
    product: filters.product,
    topics: canonicalList(filters.topics),
    channels: canonicalList(filters.channels),
  };
}

export function referenceFilterHash(filters: FilterOptions): string {
  const { timeframe, product, topics, channels } = canonicalFilters(filters);
  const text = JSON.stringify([1, timeframe, product, topics, channels]);
  return createHash("sha256").update(text, "utf8").digest("hex").slice(0, 32);
}

export function referenceRolloutBucket(flagKey: string, userId: string): number {
  const digest = createHash("sha256").update(`${flagKey}:${userId}`, "utf8").digest();
  return digest.readUInt32BE(0) % 10_000;
}

/** Product, topics and channels; canonical filters only. */
export function passesDimensions(record: WatchRecord, filters: FilterOptions): boolean {
  const { product, topics, channels } = filters;
  if (product !== "All" && record.product !== product) return false;
  if (topics.length > 0 && !record.topics.some((topic) => topics.includes(topic))) return false;
  if (channels.length === 0) return true;
  return record.channelTitle !== null && channels.includes(record.channelTitle);
}

/** The first day of a timeframe that ends with `asOf`. */
export function firstDayOf(
  timeframe: Exclude<FilterOptions["timeframe"], "All">,
  asOf: string,
): string {
  const year = asOf.slice(0, 4);
  const month = Number(asOf.slice(5, 7));
  switch (timeframe) {
    case "MTD":
      return `${asOf.slice(0, 7)}-01`;
    case "QTD": {
      const firstMonthOfQuarter = month - ((month - 1) % 3);
      return `${year}-${String(firstMonthOfQuarter).padStart(2, "0")}-01`;
    }
    case "YTD":
      return `${year}-01-01`;
    case "Last6M":
      return addDays(addMonths(asOf, -6), 1);
    case "Last12M":
      return addDays(addMonths(asOf, -12), 1);
    default:
      return timeframe.slice(0, 10);
  }
}

/** The last day that results of a timeframe know of. */
export function lastDayOf(timeframe: FilterOptions["timeframe"], asOf: string): string {
  const last = timeframe.includes("/") ? timeframe.slice(11) : asOf;
  return last < asOf ? last : asOf;
}

/** The instants of a timeframe; null for All, which undated records match too. */
export function timeframeRange(
  timeframe: FilterOptions["timeframe"],
  asOf: string,
  timeZone: string,
): InstantRange | null {
  if (timeframe === "All") return null;
  return daysRange(firstDayOf(timeframe, asOf), asOf, timeZone);
}
