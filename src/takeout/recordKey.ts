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
}

/** Part of every key: a change of meaning raises it. */
const KEY_VERSION = 1;
const KEY_HEX_DIGITS = 32;

/**
 * The identity of a watch: equal for the same watch in any export of the account, so that importing
 * twice adds nothing twice.
 *
 * It is the time in whole seconds (HTML exports have no finer), the product, and the first of video
 * id, title, URL and channel that there is. Undated watches of one video have one key: nothing tells
 * them apart, and an import repeated must find them again.
 *
 * @returns 32 lower-case hex digits: the first half of a SHA-256.
 */
export function recordKeyOf(record: RecordIdentity): string {
  const seconds = record.watchedAt === null ? null : Math.floor(record.watchedAt / 1000);
  const [kind, text] = subjectOf(record);
  // As it is stored: half of a surrogate pair is U+FFFD there.
  const subject = wellFormed(text);
  const material = JSON.stringify([KEY_VERSION, seconds, record.product, kind, subject]);
  return bytesToHex(sha256(utf8ToBytes(material))).slice(0, KEY_HEX_DIGITS);
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
