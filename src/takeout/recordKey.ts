import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Product } from "../engine";
import { normalizeText, wellFormed } from "../text";

/** What a record's identity is made of; any stored or parsed record will do. */
export interface RecordIdentity {
  /** Epoch milliseconds, UTC; null where undated. */
  watchedAt: number | null;
  product: Product;
  videoId: string | null;
  videoTitle: string | null;
  videoUrl: string | null;
  channelTitle: string | null;
  /** What an undated watch has in the place of its time. */
  undatedStamp?: string | undefined;
}

/** Characters of it that count. */
export const MAX_STAMP = 200;

/** Part of every key: a change of meaning raises it. */
const KEY_VERSION = 1;
const KEY_HEX_DIGITS = 32;

/**
 * The identity of a watch: equal for the same watch in any export of the account, so that importing
 * twice adds nothing twice.
 *
 * It is the time in whole seconds (HTML exports have no finer), the product, and the first of video
 * id, title, URL and channel that there is. Undated watches of one video are told apart by what
 * stands in the place of their time.
 *
 * @returns 32 lower-case hex digits: the first half of a SHA-256.
 */
export function recordKeyOf(record: RecordIdentity): string {
  return bytesToHex(sha256(utf8ToBytes(identityOf(record)))).slice(0, KEY_HEX_DIGITS);
}

/** What a key is made of: equal for records with equal keys. */
export function identityOf(record: RecordIdentity): string {
  const { watchedAt, product, undatedStamp } = record;
  const seconds = watchedAt === null ? null : Math.floor(watchedAt / 1000);
  const [kind, text] = subjectOf(record);
  // As it is stored: half of a surrogate pair is U+FFFD there.
  const parts = [KEY_VERSION, seconds, product, kind, wellFormed(text)];
  const isTold = watchedAt === null && undatedStamp !== undefined && undatedStamp !== "";
  return JSON.stringify(isTold ? [...parts, comparableText(undatedStamp)] : parts);
}

/** The kind goes in beside the text: a title that reads like an id is no id. */
function subjectOf(record: RecordIdentity): [kind: string, text: string] {
  if (record.videoId !== null) return ["id", record.videoId];
  if (record.videoTitle !== null) return ["title", comparableText(record.videoTitle)];
  if (record.videoUrl !== null) return ["url", record.videoUrl];
  if (record.channelTitle !== null) return ["channel", comparableText(record.channelTitle)];
  return ["nothing", ""];
}

/** HTML exports hold no-break spaces where JSON has plain ones. */
function comparableText(text: string): string {
  return normalizeText(text).replace(/\s+/gu, " ");
}
