import { describe, expect, it } from "vitest";
import { LOCALES } from "../../src/takeout/locales";
import { read, readOne, readRecord, watch } from "./support";

/** A title that no wording is part of. */
const VIDEO_TITLE = "Über «quotes», 20% & 🪴 (part 2)";

async function titleOf(title: string): Promise<string | null> {
  return (await readRecord(watch({ title }))).videoTitle;
}

const ROWS = Object.entries(LOCALES);

describe("the table of languages", () => {
  it("has the languages that exports are tested in", () => {
    const asked = "en de fr es it pt-BR nl pl tr ru ja zh-CN ko".split(" ");
    expect(Object.keys(LOCALES)).toEqual(expect.arrayContaining(asked));
  });

  it.each(ROWS.flatMap(([locale, row]) => row.watched.map((wording) => [locale, wording])))(
    "%s: %s is taken off a title",
    async (_locale, wording) => {
      expect(await titleOf(wording.replace("{title}", VIDEO_TITLE))).toBe(VIDEO_TITLE);
    },
  );

  it.each(ROWS.flatMap(([locale, row]) => row.watched.map((wording) => [locale, wording])))(
    "%s: %s may have no-break spaces",
    async (_locale, wording) => {
      const title = wording.replaceAll(" ", "\u00A0").replace("{title}", "One two");
      expect(await titleOf(title)).toBe("One two");
    },
  );

  it.each(ROWS.flatMap(([locale, row]) => row.removed.map((title) => [locale, title])))(
    "%s: a removed video keeps its sentence: %s",
    async (_locale, title) => {
      const changes = { title, titleUrl: undefined, subtitles: undefined };
      expect(await readRecord(watch(changes))).toMatchObject({ videoId: null, videoTitle: title });
    },
  );

  it.each(ROWS.flatMap(([locale, row]) => row.notVideos.map((wording) => [locale, wording])))(
    "%s: no video: %s",
    async (_locale, wording) => {
      const title = wording.replace("{}", "this or that");
      expect(await readOne(watch({ title, titleUrl: undefined }))).toEqual({
        skipped: "not-a-video",
      });
    },
  );

  it.each(ROWS.flatMap(([locale, row]) => row.ads.map((words) => [locale, words])))(
    "%s: an ad, where Google is named beside: %s",
    async (_locale, words) => {
      const named = { details: [{ name: `Google – ${words}` }] };
      expect(await readOne(watch(named))).toEqual({ skipped: "ad" });
    },
  );
});

describe("a title", () => {
  it("stays whole in a language that is not known", async () => {
    expect(await titleOf("Skatījās Kluss rīts")).toBe("Skatījās Kluss rīts");
  });

  it("loses one wording only", async () => {
    expect(await titleOf("Watched Watched by everyone")).toBe("Watched by everyone");
    expect(await titleOf("Neu angesehen angesehen")).toBe("Neu angesehen");
    expect(await titleOf("Has visto Has visto esto")).toBe("Has visto esto");
    expect(await titleOf("Je hebt naar Je hebt naar mij gekeken gekeken")).toBe(
      "Je hebt naar mij gekeken",
    );
  });

  it("that only begins like a wording stays whole", async () => {
    expect(await titleOf("Watchedness")).toBe("Watchedness");
    expect(await titleOf("Unangesehen")).toBe("Unangesehen");
  });

  it("loses quotes only where they go round the whole", async () => {
    expect(await titleOf('Просмотрено видео "Дом"')).toBe("Дом");
    expect(await titleOf("Просмотрено видео «Дом «Весна»»")).toBe("Дом «Весна»");
    expect(await titleOf('Просмотрено видео "Дом" и "Сад"')).toBe('"Дом" и "Сад"');
    expect(await titleOf("Просмотрено видео «Дом» и «Сад»")).toBe("«Дом» и «Сад»");
  });

  it("that fits two languages is read in that of the titles before it", async () => {
    const ambiguous = "Watched by all angesehen";
    const titles = [ambiguous, "Haus angesehen", ambiguous, "Watched a house", ambiguous];
    const { entries } = await read(JSON.stringify(titles.map((title) => watch({ title }))));
    expect(entries.map((entry) => "record" in entry && entry.record.videoTitle)).toEqual([
      "Watched by all",
      "Haus",
      "Watched by all",
      "a house",
      "by all angesehen",
    ]);
  });
});
