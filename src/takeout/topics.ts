import { TOPIC_KEYWORDS } from "./topicKeywords";

/** The topic of a watch that no keyword matches. */
export const OTHER_TOPIC = "Other";

/** What topics are derived from. */
export interface TopicSource {
  videoTitle: string | null;
  channelTitle: string | null;
}

interface Keyword {
  topic: string;
  /** What follows the first word, in lower case; empty for a keyword of one word. */
  furtherWords: readonly string[];
}

/**
 * Letters, digits and the marks on them. `\b` knows only ASCII: it would end a word before "é" and
 * find "tech" in "techné".
 */
const WORD = /[\p{L}\p{N}\p{M}]+/gu;

/** Keywords by their first word, so that a title costs one look-up a word, however long the table. */
const keywordsByFirstWord = indexKeywords();

/**
 * The topics of a watch, by whole words of its title and its channel's (see `topicKeywords.ts`).
 *
 * @returns sorted, unique, never empty: `["Other"]` where nothing matches.
 */
export function deriveTopics(source: TopicSource): string[] {
  const topics = new Set<string>();
  collectTopics(source.videoTitle, topics);
  collectTopics(source.channelTitle, topics);
  return topics.size === 0 ? [OTHER_TOPIC] : [...topics].sort();
}

function collectTopics(text: string | null, topics: Set<string>): void {
  if (text === null) return;
  const words = wordsOf(text);
  for (const [position, word] of words.entries()) {
    for (const keyword of keywordsByFirstWord.get(word) ?? []) {
      if (keyword.furtherWords.every((further, index) => words[position + 1 + index] === further)) {
        topics.add(keyword.topic);
      }
    }
  }
}

function wordsOf(text: string): readonly string[] {
  return text.normalize("NFC").toLowerCase().match(WORD) ?? [];
}

function indexKeywords(): ReadonlyMap<string, readonly Keyword[]> {
  const index = new Map<string, Keyword[]>();
  for (const [topic, phrases] of Object.entries(TOPIC_KEYWORDS)) {
    for (const phrase of phrases.split(",")) {
      const [firstWord, ...furtherWords] = wordsOf(phrase);
      if (firstWord === undefined) throw new Error(`Topic ${topic} has a keyword without a word.`);
      const keywords = index.get(firstWord) ?? [];
      keywords.push({ topic, furtherWords });
      index.set(firstWord, keywords);
    }
  }
  return index;
}
