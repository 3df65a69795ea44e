import { isHttpUrl, isVideoId, readLink, type Link } from "./urls";
import { isAdDetail, isNotVideoTitle, isRemovedTitle, type TitleReader } from "./wordings";
import { readWatchTime } from "./times";
import type { ParsedEntry, ParseOptions, TakeoutRecord } from "./types";

/** What an entry says about the file it is in. */
export type Evidence =
  /** Found in watch histories only. */
  | "watch-history"
  /** Found in other lists of activity. */
  | "other-activity"
  /** Found in several. */
  | "shared"
  /** Found in no export of activity. */
  | "foreign";

export interface ReadEntry {
  parsed: ParsedEntry;
  evidence: Evidence;
}

type JsonObject = Readonly<Record<string, unknown>>;

const UNAVAILABLE_TITLE = "Unavailable video";
const SEARCH_PAGES = /^https?:\/\/[^/]+\/(?:results|search)\b/i;

/**
 * One element of a JSON export as a record, or why it is none. Whatever the element holds, this
 * does not throw: unknown keys are ignored, those of a wrong type count as absent.
 */
export function readJsonEntry(
  element: unknown,
  titles: TitleReader,
  options: ParseOptions,
): ReadEntry {
  if (!isObject(element)) return skipped("malformed", "foreign");
  if (isObject(element["snippet"])) return readLegacyEntry(element, element["snippet"], options);
  const title = textOf(element["title"]);
  const link = readLink(textOf(element["titleUrl"]));
  if (!isActivity(element, link, title, titles)) return skipped("malformed", "foreign");
  if (options.keepAds !== true && isAd(element)) return skipped("ad", "shared");
  if (!isWatch(element, link, title)) return skipped("not-a-video", evidenceOfOther(link));
  const channel = firstObject(element["subtitles"]);
  const record = {
    videoId: link.videoId,
    url: link.url,
    videoTitle: videoTitleOf(title, link, channel === null, titles),
    channelTitle: textOf(channel?.["name"]),
    channelUrl: httpUrlOf(channel?.["url"]),
    product: isMusic(element, link) ? ("YouTube Music" as const) : ("YouTube" as const),
  };
  return dated(record, textOf(element["time"]), options);
}

/** The form of before 2018: the API's playlist items. Its `channelTitle` is the account itself. */
function readLegacyEntry(
  element: JsonObject,
  snippet: JsonObject,
  options: ParseOptions,
): ReadEntry {
  const details = element["contentDetails"];
  const resource = snippet["resourceId"];
  const videoId =
    videoIdOf(isObject(details) ? details["videoId"] : null) ??
    videoIdOf(isObject(resource) ? resource["videoId"] : null);
  const videoTitle = textOf(snippet["title"]);
  if (videoId === null && videoTitle === null) return skipped("malformed", "foreign");
  const record = {
    videoId,
    videoTitle,
    url: videoId === null ? null : `https://www.youtube.com/watch?v=${videoId}`,
    channelTitle: null,
    channelUrl: null,
    product: "YouTube" as const,
  };
  return dated(record, textOf(snippet["publishedAt"]), options);
}

function dated(
  fields: Omit<TakeoutRecord, "watchedAt" | "videoUrl"> & { url: string | null },
  time: string | null,
  options: ParseOptions,
): ReadEntry {
  const { videoId, videoTitle, url, channelTitle, channelUrl, product } = fields;
  const { watchedAt, ...undated } = readWatchTime(time, options.now);
  const record: TakeoutRecord = {
    watchedAt,
    videoId,
    videoTitle,
    videoUrl: url,
    channelTitle,
    channelUrl,
    product,
  };
  return { parsed: { record, ...undated }, evidence: "watch-history" };
}

/** An address of YouTube, the product's name or a known wording: any of them will do. */
function isActivity(
  element: JsonObject,
  link: Link,
  title: string | null,
  titles: TitleReader,
): boolean {
  if (title === null && link.url === null) return false;
  return (
    link.isYouTube ||
    namesYouTube(element["header"]) ||
    (Array.isArray(element["products"]) && element["products"].some(namesYouTube)) ||
    (title !== null && (isRemovedTitle(title) || titles.unwrap(title) !== null))
  );
}

function namesYouTube(value: unknown): boolean {
  return typeof value === "string" && /youtube/i.test(value);
}

function isAd(element: JsonObject): boolean {
  const details = element["details"];
  if (!Array.isArray(details)) return false;
  return details.some((detail) => {
    const name = isObject(detail) ? textOf(detail["name"]) : null;
    return name !== null && isAdDetail(name);
  });
}

/** The address decides where there is one. */
function isWatch(element: JsonObject, link: Link, title: string | null): boolean {
  if (link.kind !== "none") return link.kind === "video";
  return textOf(element["titleUrl"]) !== null || title === null || !isNotVideoTitle(title);
}

/** A post or a game is found in a watch history; a search or a visit is of other activity. */
function evidenceOfOther(link: Link): Evidence {
  if (link.kind === "none" || link.url === null) return "shared";
  return !link.isYouTube || SEARCH_PAGES.test(link.url) ? "other-activity" : "watch-history";
}

function videoTitleOf(
  title: string | null,
  link: Link,
  hasNoChannel: boolean,
  titles: TitleReader,
): string | null {
  if (title === null || isRemovedTitle(title)) return title;
  const videoTitle = titles.unwrap(title) ?? title;
  return hasNoChannel && isOnlyAddress(videoTitle, link) ? UNAVAILABLE_TITLE : videoTitle;
}

/** A private video's title is its address, with words around it that may be unknown. */
function isOnlyAddress(title: string, link: Link): boolean {
  if (link.url === null) return false;
  return (
    title.startsWith(link.url) ||
    title.endsWith(link.url) ||
    (isHttpUrl(title) && !/\s/u.test(title))
  );
}

function isMusic(element: JsonObject, link: Link): boolean {
  const header = textOf(element["header"]);
  return link.isMusic || (header !== null && /^YouTube\s+Music$/iu.test(header));
}

function skipped(reason: "ad" | "not-a-video" | "malformed", evidence: Evidence): ReadEntry {
  return { parsed: { skipped: reason }, evidence };
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function firstObject(value: unknown): JsonObject | null {
  const first: unknown = Array.isArray(value) ? value[0] : null;
  return isObject(first) ? first : null;
}

/** Text as the contract has it: NFC, trimmed, never empty. Half a surrogate pair cannot be stored. */
function textOf(value: unknown): string | null {
  if (typeof value !== "string") return null;
  const text = value
    .replace(/\p{Surrogate}/gu, "\uFFFD")
    .normalize("NFC")
    .trim();
  return text === "" ? null : text;
}

function httpUrlOf(value: unknown): string | null {
  const text = textOf(value);
  return text !== null && isHttpUrl(text) ? text : null;
}

function videoIdOf(value: unknown): string | null {
  const text = textOf(value);
  return text !== null && isVideoId(text) ? text : null;
}
