import { ByteReader, ByteWriter } from "./bytes";
import type { Dictionary } from "./dictionary";
import { CorruptColumnsError } from "./errors";

/**
 * What is told of a channel whatever the filters: its first dated watch and its smallest URL, of
 * all records whose day has come. By title number.
 */
export interface ChannelAttributes {
  /** Epoch milliseconds; NaN without a dated watch. */
  discoveredAt: Float64Array;
  /** URL numbers; 0 where none was seen. */
  urls: Uint32Array;
}

export function emptyAttributes(titleCount: number): ChannelAttributes {
  return {
    discoveredAt: new Float64Array(titleCount).fill(NaN),
    urls: new Uint32Array(titleCount),
  };
}

export function encodeAttributes({ discoveredAt, urls }: ChannelAttributes): Uint8Array {
  const writer = new ByteWriter();
  writer.varint(urls.length);
  for (let title = 0; title < urls.length; title++) {
    const first = discoveredAt[title]!;
    writer.varint(urls[title]!);
    writer.varint(Number.isNaN(first) ? 0 : 1);
    if (!Number.isNaN(first)) writer.signedVarint(first);
  }
  return writer.finish();
}

/**
 * @param dictionary that of the history, which may know more titles by now.
 * @throws CorruptColumnsError where the bytes make no sense or are of another dictionary.
 */
export function decodeAttributes(bytes: Uint8Array, dictionary: Dictionary): ChannelAttributes {
  const stored = readAttributes(bytes);
  const titleCount = dictionary.titles.length;
  const isForeign =
    stored.urls.length > titleCount || stored.urls.some((url) => url >= dictionary.urls.length);
  if (isForeign) throw new CorruptColumnsError("channel attributes of another dictionary");
  const attributes = emptyAttributes(titleCount);
  attributes.discoveredAt.set(stored.discoveredAt);
  attributes.urls.set(stored.urls);
  return attributes;
}

/** @throws CorruptColumnsError */
export function readAttributes(bytes: Uint8Array): ChannelAttributes {
  const reader = new ByteReader(bytes);
  const attributes = emptyAttributes(reader.count(2));
  for (let title = 0; title < attributes.urls.length; title++) {
    attributes.urls[title] = reader.varint();
    if (reader.varint() === 1) attributes.discoveredAt[title] = reader.signedVarint();
  }
  reader.expectEnd();
  return attributes;
}
