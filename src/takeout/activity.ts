import { cutText, normalizeText } from "../text";
import { MAX_STAMP } from "./recordKey";
import type { Evidence } from "./evidence";
import { readWatchTime, type WatchTime } from "./times";
import type { ParsedEntry, ParseOptions, SkipReason, TakeoutRecord } from "./types";
import { isHttpUrl, readLink, type Link } from "./urls";
import { isAdDetail, isNotVideoTitle, isRemovedTitle, type TitleReader } from "./wordings";

export interface ReadEntry {
  parsed: ParsedEntry;
  evidence: Evidence;
}

/** One entry of an export, whatever its format: texts NFC and trimmed, empty ones null. */
export interface Activity {
  /** The product, as the export heads the entry. */
  header: string | null;
  /** All products named. */
  products: readonly string[];
  /** What happened, with the words of the export: "Watched X". */
  title: string | null;
  /** The video's title alone, where the format sets it apart. */
  videoTitle: string | null;
  /** As the export has it; any text. */
  url: string | null;
  channel: { title: string | null; url: string | null } | null;
  /** What else it says of itself: where an ad shows. */
  details: readonly string[];
  watchTime: (now: number | undefined) => WatchTime;
}

const UNAVAILABLE_TITLE = "Unavailable video";
const SEARCH_PAGES = /^https?:\/\/[^/]+\/(?:results|search)\b/i;

/** An entry as a record, or why it is none. */
export function readActivity(
  activity: Activity,
  titles: TitleReader,
  options: ParseOptions,
): ReadEntry {
  const link = readLink(activity.url);
  // Asked for where the title stands apart, too: it tells the reader the export's language.
  const unwrapped = activity.title === null ? null : titles.unwrap(activity.title);
  if (!isActivity(activity, link, unwrapped)) return skipped("malformed", "foreign");
  if (isOfOtherProduct(activity)) return skipped("not-a-video", "other-activity");
  // Search histories list the ads that were watched there.
  const evidence = isAd(activity) ? "shared" : "watch-history";
  if (evidence === "shared" && options.keepAds !== true) return skipped("ad", evidence);
  if (!isWatch(activity, link, unwrapped, titles)) {
    return skipped("not-a-video", evidenceOfOther(link));
  }
  const { channel, header } = activity;
  const record = {
    videoId: link.videoId,
    videoUrl: link.url,
    videoTitle: videoTitleOf(activity, link, unwrapped),
    channelTitle: channel?.title ?? null,
    channelUrl: channel?.url ?? null,
    product: isMusic(header, link) ? ("YouTube Music" as const) : ("YouTube" as const),
  };
  return dated(record, activity.watchTime(options.now), evidence);
}

/** A record with its time, or the reason why it has none. */
export function dated(
  fields: Omit<TakeoutRecord, "watchedAt" | "undatedStamp">,
  time: WatchTime,
  evidence: Evidence,
): ReadEntry {
  if (time.watchedAt !== null) {
    return { parsed: { record: { watchedAt: time.watchedAt, ...fields } }, evidence };
  }
  const { undatedReason, stamp } = time;
  const kept = stamp === undefined ? {} : { undatedStamp: cutText(stamp, MAX_STAMP) };
  return { parsed: { record: { watchedAt: null, ...fields, ...kept }, undatedReason }, evidence };
}

export function skipped(reason: SkipReason, evidence: Evidence): ReadEntry {
  return { parsed: { skipped: reason }, evidence };
}

/** An address of YouTube, the product's name or a known wording: any of them will do. */
function isActivity(activity: Activity, link: Link, unwrapped: string | null): boolean {
  const { title, header, products } = activity;
  if (title === null && link.url === null) return false;
  return (
    link.isYouTube ||
    namesYouTube(header) ||
    products.some(namesYouTube) ||
    unwrapped !== null ||
    (title !== null && isRemovedTitle(title))
  );
}

/** Chrome and Search note visits of videos, too, in lists of the same form. */
function isOfOtherProduct({ header, products }: Activity): boolean {
  return header !== null && !namesYouTube(header) && !products.some(namesYouTube);
}

function namesYouTube(text: string | null): boolean {
  return text !== null && /youtube/i.test(text);
}

/** Programs that play YouTube note watches under its address, and mark them like ads. */
function isAd({ header, channel, details }: Activity): boolean {
  const isOfProgram = header !== null && channel !== null && /^youtube\.com$/i.test(header);
  return !isOfProgram && details.some(isAdDetail);
}

/**
 * An address of something else tells, then the wording: videos are liked and shared as well. What is
 * worded like a watch is one, whatever its title begins with.
 */
function isWatch(
  { url, title, videoTitle }: Activity,
  link: Link,
  unwrapped: string | null,
  titles: TitleReader,
): boolean {
  if (link.kind === "other") return false;
  if (link.kind === "none") return url !== null || title === null || !isNotVideoTitle(title);
  return unwrapped !== null || title === null || !titles.isAction(title, videoTitle);
}

/** A post or a game is found in a watch history; a search or a visit is of other activity. */
function evidenceOfOther(link: Link): Evidence {
  if (link.kind !== "other" || link.url === null) return "shared";
  return !link.isYouTube || SEARCH_PAGES.test(link.url) ? "other-activity" : "watch-history";
}

function videoTitleOf(activity: Activity, link: Link, unwrapped: string | null): string | null {
  const { title, channel } = activity;
  if (title === null || isRemovedTitle(title)) return title;
  const videoTitle = activity.videoTitle ?? unwrapped ?? title;
  return channel === null && isOnlyAddress(videoTitle, link) ? UNAVAILABLE_TITLE : videoTitle;
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

function isMusic(header: string | null, link: Link): boolean {
  return link.isMusic || (header !== null && /^YouTube\s+Music$/iu.test(header));
}

/** Text as the contract has it, never empty. */
export function textOf(value: unknown): string | null {
  if (typeof value !== "string") return null;
  const text = normalizeText(value);
  return text === "" ? null : text;
}

export function httpUrlOf(value: unknown): string | null {
  const text = textOf(value);
  return text !== null && isHttpUrl(text) ? text : null;
}

/** The time of an entry that has one as ISO 8601, or none. */
export function isoTime(time: string | null): Activity["watchTime"] {
  return (now) => readWatchTime(time, now);
}
