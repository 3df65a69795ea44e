import { ByteReader, ByteWriter, CorruptColumnsError } from "./bytes";

/** A part is closed to new entries at this size; below Convex's 1 MiB even where strings are long. */
const PART_BYTES = 65_536;
const FORMAT = 1;
const USUAL_URL_PREFIX = "https://www.youtube.com/channel/";
/** More URLs than a user can have: makes one number of a title's and a URL's. */
const MAX_URLS = 2 ** 26;

/** A list of distinct strings; a string's number is its place. */
class StringTable {
  readonly strings: string[] = [];
  private readonly numbers = new Map<string, number>();

  /** @param hasNull whether number 0 is kept for null (the string at its place means nothing). */
  constructor(hasNull: boolean) {
    if (hasNull) this.strings.push("");
  }

  find(string: string): number | undefined {
    return this.numbers.get(string);
  }

  numberOf(string: string): number {
    let number = this.numbers.get(string);
    if (number === undefined) {
      number = this.strings.length;
      this.strings.push(string);
      this.numbers.set(string, number);
    }
    return number;
  }
}

/** Where one part begins: the lengths of the lists before it. */
interface PartStart {
  titles: number;
  urls: number;
  topics: number;
  entries: number;
  topicSets: number;
}

/**
 * What the segments of one user refer to by number: entries (a channel title with one of its URLs)
 * and topic sets. Numbers are given once and stay, so that segments need not be rewritten; parts
 * are closed one after the other, so that a new channel rewrites the last part only.
 *
 * Number 0 of titles and URLs stands for null. Strings must be well-formed UTF-16, as Convex's are.
 */
export class HistoryDictionary {
  private readonly titleTable = new StringTable(true);
  private readonly urlTable = new StringTable(true);
  private readonly topicTable = new StringTable(false);
  private readonly entryNumbers = new Map<number, number>();
  private readonly setNumbers = new Map<string, number>();
  /** Title and URL number of each entry. */
  readonly entryTitles: number[] = [];
  readonly entryUrls: number[] = [];
  /** Topic numbers of each topic set. */
  readonly topicSets: number[][] = [];
  private readonly starts: PartStart[] = [];
  private firstChanged = 0;
  private openPartBytes = 0;
  private isChanged = false;

  private constructor() {
    // Only `decode` makes dictionaries.
  }

  /**
   * @param parts the bytes of all parts in order; none for an empty dictionary.
   * @throws CorruptColumnsError
   */
  static decode(parts: readonly Uint8Array[]): HistoryDictionary {
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

  /** Channel titles; the first stands for null. */
  get titles(): readonly string[] {
    return this.titleTable.strings;
  }

  /** Channel URLs; the first stands for null. */
  get urls(): readonly string[] {
    return this.urlTable.strings;
  }

  get topics(): readonly string[] {
    return this.topicTable.strings;
  }

  /** The number of a title with a URL, given now if it has none. */
  entryOf(title: string | null, url: string | null): number {
    const titleNumber = title === null ? 0 : this.titleTable.find(title);
    const urlNumber = url === null ? 0 : this.urlTable.find(url);
    if (titleNumber !== undefined && urlNumber !== undefined) {
      const known = this.entryNumbers.get(titleNumber * MAX_URLS + urlNumber);
      if (known !== undefined) return known;
    }
    this.makeRoom((title?.length ?? 0) + (url?.length ?? 0));
    return this.addEntry(
      title === null ? 0 : this.titleTable.numberOf(title),
      url === null ? 0 : this.urlTable.numberOf(url),
    );
  }

  /** The number of a list of topics, given now if it has none. */
  topicSetOf(topics: readonly string[]): number {
    const known = this.setNumbers.get(topics.map((topic) => this.topicTable.find(topic)).join());
    if (known !== undefined) return known;
    this.makeRoom(topics.reduce((sum, topic) => sum + topic.length, 0));
    return this.addTopicSet(topics.map((topic) => this.topicTable.numberOf(topic)));
  }

  /** The parts that differ from those decoded, with their numbers; none where nothing was added. */
  changedParts(): { part: number; bytes: Uint8Array }[] {
    if (!this.isChanged) return [];
    return this.starts
      .map((start, part) => ({ start, part, end: this.starts[part + 1] ?? this.mark() }))
      .slice(this.firstChanged)
      .map(({ start, part, end }) => ({ part, bytes: this.writePart(start, end) }));
  }

  private addEntry(title: number, url: number): number {
    const number = this.entryTitles.length;
    this.entryTitles.push(title);
    this.entryUrls.push(url);
    this.entryNumbers.set(title * MAX_URLS + url, number);
    return number;
  }

  private addTopicSet(topics: number[]): number {
    const number = this.topicSets.length;
    this.topicSets.push(topics);
    this.setNumbers.set(topics.join(), number);
    return number;
  }

  /** Starts a new part where the last one is full; `characters` are about to be added. */
  private makeRoom(characters: number): void {
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
    writer.varint(FORMAT);
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

  private readPart(bytes: Uint8Array): void {
    const reader = new ByteReader(bytes);
    if (reader.varint() !== FORMAT) throw new CorruptColumnsError("unknown dictionary format");
    for (const title of reader.strings()) this.titleTable.numberOf(title);
    for (const url of reader.strings()) this.urlTable.numberOf(unpackUrl(url));
    for (const topic of reader.strings()) this.topicTable.numberOf(topic);
    for (let left = reader.count(); left > 0; left--) {
      const title = within(reader.varint(), this.titles.length);
      const url = within(reader.varint(), this.urls.length);
      this.addEntry(title, url);
    }
    for (let left = reader.count(); left > 0; left--) {
      const topics = Array.from({ length: reader.count() }, () =>
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

function packUrl(url: string): string {
  return url.startsWith(USUAL_URL_PREFIX) ? `c${url.slice(USUAL_URL_PREFIX.length)}` : `=${url}`;
}

function unpackUrl(packed: string): string {
  return packed.startsWith("c") ? USUAL_URL_PREFIX + packed.slice(1) : packed.slice(1);
}
