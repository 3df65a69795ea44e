import {
  dated,
  httpUrlOf,
  isoTime,
  readActivity,
  skipped,
  textOf,
  type Activity,
  type ReadEntry,
} from "../activity";
import { readWatchTime } from "../times";
import { MAX_TELLING_TITLES, type EntryReader } from "../lookAhead";
import type { ParseOptions } from "../types";
import { isVideoId } from "../urls";
import { TitleReader } from "../wordings";
import { TOO_LARGE } from "./jsonElements";

/** Liked, favourite, uploaded, watch later, made by a person; the history itself is HL. */
const OTHER_PLAYLISTS = /^(?:LL|FL|UU|WL|PL)/;

/** An entry of the history is an item of a playlist. */
const HISTORY_KIND = "youtube#playlistItem";

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Reads the elements of one JSON export. Whatever an element holds, this does not throw: unknown
 * keys are ignored, those of a wrong type count as absent.
 */
export class JsonEntries implements EntryReader<unknown> {
  private readonly titles = new TitleReader();

  constructor(private readonly options: ParseOptions) {}

  isSettledAfter(entries: number): boolean {
    return this.titles.isSettled || entries >= MAX_TELLING_TITLES;
  }

  notice(element: unknown): void {
    const title = isObject(element) ? textOf(element["title"]) : null;
    if (title !== null) this.titles.notice(title);
  }

  read(element: unknown): ReadEntry {
    const { options, titles } = this;
    if (element === TOO_LARGE) return skipped("too-large", "shared");
    if (!isObject(element)) return skipped("malformed", "foreign");
    if (isObject(element["snippet"])) return readLegacyEntry(element, element["snippet"], options);
    return readActivity(activityOf(element), titles, options);
  }
}

function activityOf(element: JsonObject): Activity {
  const channel = firstObject(element["subtitles"]);
  return {
    header: textOf(element["header"]),
    products: textsOf(element["products"]),
    title: textOf(element["title"]),
    videoTitle: null,
    url: textOf(element["titleUrl"]),
    channel:
      channel === null ? null : { title: textOf(channel["name"]), url: httpUrlOf(channel["url"]) },
    details: namesOf(element["details"]),
    watchTime: isoTime(timeOf(element["time"])),
  };
}

/** A number is no time that exports have; it is kept in the time's place. */
function timeOf(time: unknown): string | null {
  return typeof time === "number" ? String(time) : textOf(time);
}

/** The form of before 2018: the API's playlist items. Its `channelTitle` is the account itself. */
function readLegacyEntry(
  element: JsonObject,
  snippet: JsonObject,
  options: ParseOptions,
): ReadEntry {
  const details = element["contentDetails"];
  const resource = snippet["resourceId"];
  if (isOfOtherList(element, snippet)) return skipped("not-a-video", "other-activity");
  const videoId =
    videoIdOf(isObject(details) ? details["videoId"] : null) ??
    videoIdOf(isObject(resource) ? resource["videoId"] : null);
  const videoTitle = textOf(snippet["title"]);
  if (videoId === null && videoTitle === null) return skipped("malformed", "foreign");
  const record = {
    videoId,
    videoTitle,
    videoUrl: videoId === null ? null : `https://www.youtube.com/watch?v=${videoId}`,
    channelTitle: null,
    channelUrl: null,
    product: "YouTube" as const,
  };
  return dated(record, readWatchTime(timeOf(snippet["publishedAt"]), options.now), "watch-history");
}

/** Subscriptions, likes, favourites, uploads, channels and playlists had the same form. */
function isOfOtherList(element: JsonObject, snippet: JsonObject): boolean {
  const kind = textOf(element["kind"]) ?? HISTORY_KIND;
  const playlist = textOf(snippet["playlistId"]);
  return kind !== HISTORY_KIND || (playlist !== null && OTHER_PLAYLISTS.test(playlist));
}

function textsOf(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  return value.map(textOf).filter((text) => text !== null);
}

function namesOf(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  return textsOf(value.map((entry) => (isObject(entry) ? entry["name"] : null)));
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function firstObject(value: unknown): JsonObject | null {
  const first: unknown = Array.isArray(value) ? value[0] : null;
  return isObject(first) ? first : null;
}

function videoIdOf(value: unknown): string | null {
  const text = textOf(value);
  return text !== null && isVideoId(text) ? text : null;
}
