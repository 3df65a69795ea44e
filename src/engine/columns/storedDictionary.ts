import { ByteReader } from "./bytes";
import { Dictionary } from "./dictionary";
import { CorruptColumnsError } from "./errors";

/** The first number of a part of a dictionary: how it is written. */
export const DICTIONARY_FORMAT = 1;
export const USUAL_URL_PREFIX = "https://www.youtube.com/channel/";

/** A dictionary that was stored in parts, for reading: see `HistoryDictionary`, which writes it. */
export class StoredDictionary extends Dictionary {
  /**
   * @param parts the bytes of all parts in order; none for an empty dictionary.
   * @throws CorruptColumnsError
   */
  static decode(parts: readonly Uint8Array[]): StoredDictionary {
    const dictionary = new StoredDictionary();
    for (const part of parts) dictionary.readPart(part);
    return dictionary;
  }

  protected readPart(bytes: Uint8Array): void {
    const reader = new ByteReader(bytes);
    if (reader.varint() !== DICTIONARY_FORMAT)
      throw new CorruptColumnsError("unknown dictionary format");
    this.titleTable.addAll(reader.strings());
    this.urlTable.addAll(reader.strings().map(unpackUrl));
    this.topicTable.addAll(reader.strings());
    for (let left = reader.count(2); left > 0; left--) {
      const title = within(reader.varint(), this.titles.length);
      const url = within(reader.varint(), this.urls.length);
      this.addEntry(title, url);
    }
    for (let left = reader.count(1); left > 0; left--) {
      const topics = Array.from({ length: reader.count(1) }, () =>
        within(reader.varint(), this.topics.length),
      );
      this.addTopicSet(topics);
    }
    reader.expectEnd();
  }
}

function within(number: number, limit: number): number {
  if (number < limit) return number;
  throw new CorruptColumnsError(`a dictionary names number ${number} of ${limit}`);
}

function unpackUrl(packed: string): string {
  return packed.startsWith("c") ? USUAL_URL_PREFIX + packed.slice(1) : packed.slice(1);
}
