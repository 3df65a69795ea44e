/**
 * Hashes of rows, the same whatever dictionary their numbers are of: what an entry or a topic set
 * stands for is hashed once, and mixed with the rest of each row that names it.
 */
import type { Dictionary } from "./dictionary";
import type { SegmentRows } from "./segment";

/** Factors of `mix`, which make two hashes of one: each begins a variant of MurmurHash3. */
const FIRST_LANE = 0xcc9e2d51;
const SECOND_LANE = 0x239b961b;
/** Above all UTF-16 code units: lists that differ are different words, whatever their strings. */
const END_OF_STRING = 0x10000;
const NULL_STRING = 0x20000;
/** Room for the hashes of so many lists at first; it doubles. */
const INITIAL_LISTS = 64;

/** Time and duration of the row being hashed, and their bits, which tell fractions apart too. */
const rowNumbers = /* @__PURE__ */ new Float64Array(2);
const rowWords = /* @__PURE__ */ new Int32Array(rowNumbers.buffer);

/** Sums of two independent hashes, modulo 2^32. */
export interface HashSums {
  first: number;
  second: number;
}

/** The hashes of a dictionary's entries and topic sets, and with them those of rows. */
export class DictionaryHashes {
  private readonly entries: ListHashes;
  private readonly topicSets: ListHashes;

  constructor({ titles, urls, topics, entryTitles, entryUrls, topicSets }: Dictionary) {
    const nullable = (strings: readonly string[], number: number) =>
      number === 0 ? null : strings[number]!;
    this.entries = new ListHashes((entry) => [
      nullable(titles, entryTitles[entry]!),
      nullable(urls, entryUrls[entry]!),
    ]);
    this.topicSets = new ListHashes((set) => topicSets[set]!.map((topic) => topics[topic]!));
  }

  /** Adds the hashes of rows start ≤ row < end. */
  addRows(rows: SegmentRows, start: number, end: number, sums: HashSums): void {
    const { times, entries, topicSets, isMusic, hasDuration, durations } = rows;
    this.entries.require(entries, start, end);
    this.topicSets.require(topicSets, start, end);
    const { first: firstOfEntry, second: secondOfEntry } = this.entries;
    const { first: firstOfTopics, second: secondOfTopics } = this.topicSets;
    const kind = times === null ? 0 : 4;
    let { first, second } = sums;
    for (let row = start; row < end; row++) {
      const entry = entries[row]!;
      const topics = topicSets[row]!;
      const flags = kind | (hasDuration[row]! << 1) | isMusic[row]!;
      rowNumbers[0] = times === null ? 0 : times[row]!;
      rowNumbers[1] = durations[row]!;
      first += hashRow(FIRST_LANE, firstOfEntry[entry]!, firstOfTopics[topics]!, flags);
      second += hashRow(SECOND_LANE, secondOfEntry[entry]!, secondOfTopics[topics]!, flags);
      first |= 0;
      second |= 0;
    }
    sums.first = first;
    sums.second = second;
  }
}

/** Months of one history share a dictionary, whose numbers stay: what was hashed stays too. */
const hashesByDictionary = /* @__PURE__ */ new WeakMap<Dictionary, DictionaryHashes>();

/** The hashes of a dictionary, which may grow. */
export function hashesOf(dictionary: Dictionary): DictionaryHashes {
  const known = hashesByDictionary.get(dictionary);
  if (known !== undefined) return known;
  const hashes = new DictionaryHashes(dictionary);
  hashesByDictionary.set(dictionary, hashes);
  return hashes;
}

/** Hashes of lists of strings by the lists' numbers, each worked out when it is first needed. */
class ListHashes {
  first = new Int32Array(INITIAL_LISTS);
  second = new Int32Array(INITIAL_LISTS);
  private isKnown = new Uint8Array(INITIAL_LISTS);

  constructor(private readonly listOf: (number: number) => readonly (string | null)[]) {}

  /** Sees to it that the hashes of the numbers in start ≤ row < end are there. */
  require(numbers: Uint32Array, start: number, end: number): void {
    for (let row = start; row < end; row++) {
      if (this.isKnown[numbers[row]!] !== 1) this.learn(numbers[row]!);
    }
  }

  private learn(number: number): void {
    while (number >= this.isKnown.length) this.grow();
    const list = this.listOf(number);
    this.first[number] = hashList(FIRST_LANE, list);
    this.second[number] = hashList(SECOND_LANE, list);
    this.isKnown[number] = 1;
  }

  private grow(): void {
    const { first, second, isKnown } = this;
    const length = isKnown.length * 2;
    (this.first = new Int32Array(length)).set(first);
    (this.second = new Int32Array(length)).set(second);
    (this.isKnown = new Uint8Array(length)).set(isKnown);
  }
}

function hashList(lane: number, strings: readonly (string | null)[]): number {
  let hash = lane;
  for (const string of strings) {
    const text = string ?? "";
    for (let at = 0; at < text.length; at++) hash = mix(lane, hash, text.charCodeAt(at));
    hash = mix(lane, hash, string === null ? NULL_STRING : END_OF_STRING);
  }
  return hash;
}

function hashRow(lane: number, entry: number, topics: number, flags: number): number {
  let hash = mix(lane, entry, topics);
  hash = mix(lane, hash, rowWords[0]!);
  hash = mix(lane, hash, rowWords[1]!);
  hash = mix(lane, hash, rowWords[2]!);
  hash = mix(lane, hash, rowWords[3]!);
  return scatter(mix(lane, hash, flags));
}

/** Takes one word more in: the step of MurmurHash3. */
function mix(lane: number, hash: number, word: number): number {
  const scrambled = Math.imul(word, lane);
  const mixed = hash ^ Math.imul((scrambled << 15) | (scrambled >>> 17), 0x1b873593);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}

/** The end of MurmurHash3: every bit reaches every bit, so that sums tell sets of rows apart. */
function scatter(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
