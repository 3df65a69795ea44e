import { describe, expect, it } from "vitest";
import { deriveTopics } from "../../src/takeout";
import { TOPIC_KEYWORDS } from "../../src/takeout/topicKeywords";

function topicsOf(videoTitle: string | null, channelTitle: string | null = null): string[] {
  return deriveTopics({ videoTitle, channelTitle });
}

const TABLE = Object.entries(TOPIC_KEYWORDS).map(
  ([topic, words]) =>
    [topic, words.split(",").map((word) => word.trim().replace(/\s+/g, " "))] as const,
);

describe("the table of topics", () => {
  it("has twelve topics in the alphabet's order", () => {
    const asked =
      "Cooking Education Entertainment Finance Gaming Music News Politics Science Sports Technology Travel";
    expect(TABLE.map(([topic]) => topic)).toEqual(asked.split(" "));
  });

  it.each(TABLE)("%s: words are in lower case, in order, and there once", (_topic, words) => {
    expect(words).toEqual([...new Set(words)].sort());
    expect(words).toEqual(words.map((word) => word.toLowerCase().normalize("NFC")));
    expect(words).not.toContain("");
  });

  it.each(TABLE)("%s: every word is found in a title and in a channel", (topic, words) => {
    for (const word of words) {
      expect(topicsOf(`«${word.toUpperCase()}»!`), word).toContain(topic);
      expect(topicsOf(null, `the ${word}, daily`), word).toContain(topic);
    }
  });
});

describe("topics", () => {
  it("are Other where nothing is known", () => {
    expect(topicsOf(null)).toEqual(["Other"]);
    expect(topicsOf("")).toEqual(["Other"]);
    expect(topicsOf("A quiet walk", "__proto__")).toEqual(["Other"]);
    expect(topicsOf("constructor toString")).toEqual(["Other"]);
  });

  it("are sorted, and each is there once", () => {
    expect(topicsOf("Travel news: a jazz concert", "Music News")).toEqual([
      "Music",
      "News",
      "Travel",
    ]);
  });

  it.each([
    ["Techné and technique", "Technology"],
    ["rapé", "Music"],
    ["la rape\u0301", "Music"],
    ["Bassßen", "Music"],
    ["newsпост", "News"],
    ["Gamescom gamesmanship", "Gaming"],
    ["scooking", "Cooking"],
    ["tv1", "Entertainment"],
  ])("are by whole words in any script: %s is not %s", (title, topic) => {
    expect(topicsOf(title)).not.toContain(topic);
  });

  it.each([
    ["#tech", "Technology"],
    ["tech_talk", "Technology"],
    ["日本 jazz 音楽", "Music"],
    ["JAZZ", "Music"],
    ["Pokémon", "Gaming"],
    ["Poke\u0301mon", "Gaming"],
    ["Hip-Hop", "Music"],
    ["hip  hop", "Music"],
    ["Let’s Play", "Gaming"],
    ["F1: Monaco", "Sports"],
  ])("are found beside any mark: %s is %s", (title, topic) => {
    expect(topicsOf(title)).toContain(topic);
  });

  it("are not found across title and channel, nor in parts of a phrase", () => {
    expect(topicsOf("hip", "hop")).toEqual(["Other"]);
    expect(topicsOf("hop hip")).toEqual(["Other"]);
    expect(topicsOf("super nice bowl")).toEqual(["Other"]);
  });
});
