import { ByteWriter } from "./bytes";
import { DICTIONARY_FORMAT, StoredDictionary, USUAL_URL_PREFIX } from "./storedDictionary";

/** A part is closed to new entries at this size; below Convex's 1 MiB even where strings are long. */
const PART_BYTES = 65_536;

/** Where one part begins: the lengths of the lists before it. */
interface PartStart {
  titles: number;
  urls: number;
  topics: number;
  entries: number;
  topicSets: number;
}

/**
 * The dictionary that all stored segments of one user share, itself stored in parts. Segments need
 * not be rewritten, as numbers stay; parts are closed one after the other, so that a new channel
 * rewrites the last part only.
 */
export class HistoryDictionary extends StoredDictionary {
  private readonly starts: PartStart[] = [];
  private firstChanged = 0;
  private openPartBytes = 0;
  private isChanged = false;

  private constructor() {
    super();
  }

  /**
   * @param parts the bytes of all parts in order; none for an empty dictionary.
   * @throws CorruptColumnsError
   */
  static override decode(parts: readonly Uint8Array[]): HistoryDictionary {
    const dictionary = new HistoryDictionary();
    for (const part of parts) {
      dictionary.starts.push(dictionary.mark());
      dictionary.readPart(part);
    }
    dictionary.firstChanged = Math.max(0, parts.length - 1);
    dictionary.openPartBytes = parts.at(-1)?.length ?? 0;
    if (parts.length === 0) dictionary.starts.push(dictionary.mark());
    return dictionary;
  }

  /** The parts that differ from those decoded, with their numbers; none where nothing was added. */
  changedParts(): { part: number; bytes: Uint8Array }[] {
    if (!this.isChanged) return [];
    return this.starts
      .map((start, part) => ({ start, part, end: this.starts[part + 1] ?? this.mark() }))
      .slice(this.firstChanged)
      .map(({ start, part, end }) => ({ part, bytes: this.writePart(start, end) }));
  }

  /** Starts a new part where the last one is full. */
  protected override makeRoom(characters: number): void {
    this.isChanged = true;
    if (this.openPartBytes >= PART_BYTES) {
      this.starts.push(this.mark());
      this.openPartBytes = 0;
    }
    this.openPartBytes += characters + 8;
  }

  private mark(): PartStart {
    return {
      titles: this.titles.length,
      urls: this.urls.length,
      topics: this.topics.length,
      entries: this.entryTitles.length,
      topicSets: this.topicSets.length,
    };
  }

  private writePart(start: PartStart, end: PartStart): Uint8Array {
    const writer = new ByteWriter();
    writer.varint(DICTIONARY_FORMAT);
    writer.strings(this.titles.slice(start.titles, end.titles));
    writer.strings(this.urls.slice(start.urls, end.urls).map(packUrl));
    writer.strings(this.topics.slice(start.topics, end.topics));
    writer.varint(end.entries - start.entries);
    for (let entry = start.entries; entry < end.entries; entry++) {
      writer.varint(this.entryTitles[entry]!);
      writer.varint(this.entryUrls[entry]!);
    }
    writer.varint(end.topicSets - start.topicSets);
    for (const topics of this.topicSets.slice(start.topicSets, end.topicSets)) {
      writer.varint(topics.length);
      for (const topic of topics) writer.varint(topic);
    }
    return writer.finish();
  }
}

function packUrl(url: string): string {
  return url.startsWith(USUAL_URL_PREFIX) ? `c${url.slice(USUAL_URL_PREFIX.length)}` : `=${url}`;
}
