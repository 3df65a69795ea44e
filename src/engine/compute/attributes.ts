import {
  emptyAttributes,
  encodeAttributes,
  readAttributes,
  type ChannelAttributes,
} from "../columns/attributes";
import type { Dictionary } from "../columns/dictionary";
import type { HistoryColumns } from "../columns/history";

/**
 * The attributes of every channel as bytes. They stand in for the older segments when only the
 * last are read (see `decodeHistory`), and tell whether a change reaches other results than those
 * of the changed days: see `channelAttributesChanged`.
 */
export function channelAttributes(prepared: { attributes: ChannelAttributes }): Uint8Array {
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

/**
 * Attributes from the rows themselves, and from those stored of the whole history, where the rows
 * are only its end: rows may have been added since those were stored.
 */
export function scanAttributes(columns: HistoryColumns, datedCount: number): ChannelAttributes {
  const seen = attributesOfRows(columns, datedCount);
  return columns.attributes === null ? seen : merge(seen, columns.attributes, columns.dictionary);
}

/** The earlier first watch and the smaller URL of each channel, into the first of them. */
function merge(
  into: ChannelAttributes,
  { discoveredAt, urls }: ChannelAttributes,
  dictionary: Dictionary,
): ChannelAttributes {
  for (let title = 0; title < urls.length; title++) {
    const first = discoveredAt[title]!;
    if (first < into.discoveredAt[title]! || Number.isNaN(into.discoveredAt[title]!)) {
      into.discoveredAt[title] = first;
    }
    into.urls[title] = smallerUrl(into.urls[title]!, urls[title]!, dictionary);
  }
  return into;
}

/** Of two URL numbers, 0 being none. */
function smallerUrl(a: number, b: number, { urls }: Dictionary): number {
  if (a === 0 || b === 0) return a + b;
  return urls[b]! < urls[a]! ? b : a;
}

function attributesOfRows(columns: HistoryColumns, datedCount: number): ChannelAttributes {
  const { dictionary, dated, undated } = columns;
  const { entryTitles, entryUrls } = dictionary;
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
    attributes.urls[title] = smallerUrl(attributes.urls[title]!, url, dictionary);
  }
  return attributes;
}
