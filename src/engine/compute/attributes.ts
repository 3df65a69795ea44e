import {
  emptyAttributes,
  encodeAttributes,
  readAttributes,
  type ChannelAttributes,
} from "../columns/attributes";
import type { HistoryColumns } from "../columns/history";
import type { PreparedHistory } from "./prepare";

/**
 * The attributes of every channel as bytes. They stand in for the older segments when only the
 * last are read (see `decodeHistory`), and tell whether a change reaches other results than those
 * of the changed days: see `channelAttributesChanged`.
 */
export function channelAttributes(prepared: PreparedHistory): Uint8Array {
  return encodeAttributes(prepared.attributes);
}

/**
 * Whether a channel known before and after has another first watch or URL. A channel that is new
 * or gone does not count: all its records are among the changed ones.
 *
 * @param before attributes of an earlier state of the same dictionary.
 * @throws CorruptColumnsError
 */
export function channelAttributesChanged(before: Uint8Array, after: Uint8Array): boolean {
  const old = readAttributes(before);
  const now = readAttributes(after);
  const count = Math.min(old.urls.length, now.urls.length);
  for (let title = 0; title < count; title++) {
    if (!isKnown(old, title) || !isKnown(now, title)) continue;
    if (old.urls[title] !== now.urls[title]) return true;
    if (!Object.is(old.discoveredAt[title], now.discoveredAt[title])) return true;
  }
  return false;
}

function isKnown({ discoveredAt, urls }: ChannelAttributes, title: number): boolean {
  return urls[title] !== 0 || !Number.isNaN(discoveredAt[title]!);
}

/** Attributes from the rows themselves. */
export function scanAttributes(columns: HistoryColumns, datedCount: number): ChannelAttributes {
  const { dictionary, dated, undated } = columns;
  const { entryTitles, entryUrls, urls } = dictionary;
  const attributes = emptyAttributes(dictionary.titles.length);
  const isSeen = new Uint8Array(entryTitles.length);
  const { entries, times } = dated;
  const { discoveredAt } = attributes;
  // Rows ascend in time: an entry's first row is its earliest.
  for (let row = 0; row < datedCount; row++) {
    const entry = entries[row]!;
    if (isSeen[entry] === 0) {
      isSeen[entry] = 1;
      const title = entryTitles[entry]!;
      if (Number.isNaN(discoveredAt[title]!)) discoveredAt[title] = times[row]!;
    }
  }
  for (let row = 0; row < undated.count; row++) isSeen[undated.entries[row]!] = 1;
  for (let entry = 0; entry < entryTitles.length; entry++) {
    const url = entryUrls[entry]!;
    const title = entryTitles[entry]!;
    if (isSeen[entry] === 0 || url === 0) continue;
    const smallest = attributes.urls[title]!;
    if (smallest === 0 || urls[url]! < urls[smallest]!) attributes.urls[title] = url;
  }
  return attributes;
}
