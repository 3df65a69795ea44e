import type { Product } from "../engine";

/** A watch as an export tells it; exactly what `watchRecords:ingest` takes. */
export interface TakeoutRecord {
  /** Epoch milliseconds, UTC; null where the export carries no usable time ("undated"). */
  watchedAt: number | null;
  /** Eleven characters; null for a removed video. */
  videoId: string | null;
  videoTitle: string | null;
  /** http or https, nothing else. */
  videoUrl: string | null;
  channelTitle: string | null;
  /** http or https, nothing else. */
  channelUrl: string | null;
  product: Product;
  /**
   * What an undated entry has in the place of its time, at most 200 characters: two watches of a
   * video that differ in it are two watches.
   */
  undatedStamp?: string;
}

/** Why an entry is no record. */
export type SkipReason =
  /** Shown by Google Ads (see `keepAds`). */
  | "ad"
  /** A post, a poll, a survey, a game, a search, a visit of a channel. */
  | "not-a-video"
  /** Nothing an export of a watch history holds. */
  | "malformed"
  /** Of more than a million characters. */
  | "too-large";

/** Why a record has no time. */
export type UndatedReason =
  /** The entry has none. */
  | "missing-time"
  /** It is in no form that is known. */
  | "unreadable-time"
  /** Its zone's abbreviation is used in several parts of the world, or unknown. */
  | "ambiguous-zone"
  /** Before 2005, when there was no YouTube. */
  | "before-2005"
  /** More than a day after `now`. */
  | "in-the-future";

/**
 * One entry of an export. The reason of an undated record stands beside the record, so that the
 * record can be sent to the backend as it is.
 */
export type ParsedEntry =
  { record: TakeoutRecord; undatedReason?: UndatedReason } | { skipped: SkipReason };

export interface ParseOptions {
  /** Advertisements become records too; default false. */
  keepAds?: boolean;
  /**
   * The moment of the import, epoch milliseconds: what lies more than a day after it is kept as
   * undated. Left out, no watch is too late.
   */
  now?: number;
  /**
   * The user's IANA zone: settles what "CST" or "IST" in an HTML export stands for. Times of JSON
   * exports need none.
   */
  timeZone?: string;
  /** Told of each history that is found, before its first entry: an archive may hold several. */
  onHistory?: (history: FoundHistory) => void;
  /**
   * Told at the end of each file, among several, that may hold a history and could not be read; with
   * a sentence for people that names it. Where there is no history at all, it is thrown.
   */
  onUnread?: (problem: string) => void;
  /** Told at the end of an HTML history in which more entries begin than could be read. */
  onLost?: (entries: number) => void;
}

export interface FoundHistory {
  format: "json" | "html";
  /** Its place in the archive it came in; null where it came as a file of its own. */
  path: string | null;
}

type TakeoutStream = ReadableStream<Uint8Array | string>;

/** One of several files: the parts of an export, or what was in it. */
export interface TakeoutFile {
  /** With its folders, for people. */
  path: string;
  /** Called once, when the file's turn comes. */
  open: () => TakeoutStream;
}

/**
 * What an export may be read from. Streams may be cut anywhere, inside a character too. Of several
 * files those that are no watch history are passed over, as in an archive.
 */
export type TakeoutSource = string | Uint8Array | TakeoutStream | readonly TakeoutFile[];
