import { CorruptColumnsError } from "./errors";

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
    return this.numbers.get(string) ?? this.numbers.get(wellFormed(string));
  }

  numberOf(string: string): number {
    return this.find(string) ?? this.add(wellFormed(string));
  }

  /** Takes stored strings over, in their order. */
  addAll(strings: readonly string[]): void {
    for (const string of strings) this.add(string);
  }

  private add(string: string): number {
    if (this.numbers.has(string)) throw new CorruptColumnsError("a stored string is there twice");
    this.numbers.set(string, this.strings.length);
    return this.strings.push(string) - 1;
  }
}

/** UTF-8 has no lone surrogates; left in, they would come back as others and shift all numbers. */
function wellFormed(string: string): string {
  return string.replace(/\p{Surrogate}/gu, "\uFFFD");
}

/**
 * What columns refer to by number: entries (a channel title with one of its URLs) and topic sets.
 * Numbers are given once and stay.
 *
 * Number 0 of titles and URLs stands for null. A lone surrogate, which neither UTF-8 nor Convex can
 * hold, is taken for U+FFFD.
 */
export class Dictionary {
  protected readonly titleTable = new StringTable(true);
  protected readonly urlTable = new StringTable(true);
  protected readonly topicTable = new StringTable(false);
  private readonly entryNumbers = new Map<number, number>();
  private readonly setNumbers = new Map<string, number>();
  /** Title and URL number of each entry. */
  readonly entryTitles: number[] = [];
  readonly entryUrls: number[] = [];
  /** Topic numbers of each topic set. */
  readonly topicSets: number[][] = [];

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

  /** The number of a set of topics, given now if it has none. */
  topicSetOf(topics: readonly string[]): number {
    const known = this.setNumbers.get(topics.map((topic) => this.topicTable.find(topic)).join());
    if (known !== undefined) return known;
    this.makeRoom(topics.reduce((sum, topic) => sum + topic.length, 0));
    return this.addTopicSet(topics.map((topic) => this.topicTable.numberOf(topic)));
  }

  /** Called before something new of so many characters is added. */
  protected makeRoom(_characters: number): void {
    // In memory there is room.
  }

  protected addEntry(title: number, url: number): number {
    this.entryNumbers.set(title * MAX_URLS + url, this.entryTitles.length);
    this.entryUrls.push(url);
    return this.entryTitles.push(title) - 1;
  }

  protected addTopicSet(topics: number[]): number {
    this.setNumbers.set(topics.join(), this.topicSets.length);
    return this.topicSets.push(topics) - 1;
  }
}
