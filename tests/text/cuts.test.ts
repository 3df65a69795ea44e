import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { differencesBetween } from "../../convex/model/compare";
import { normalizeRecord } from "../../convex/model/records";
import { shorten } from "../../scripts/console/text";
import { parseTakeout, recordKeyOf, type TakeoutRecord } from "../../src/takeout";

const HALVES = /\p{Surrogate}/u;

/** The same text, once with pairs that begin at even places and once at odd ones. */
const EMOJI = ["🚀".repeat(300), `x${"🚀".repeat(300)}`];

describe("texts are cut between characters", () => {
  it.each(EMOJI)("in the differences that a validation shows", (text) => {
    const [difference] = differencesBetween(text, "other", { limit: 1 });
    expect(difference?.stored).toMatch(/🚀 …$/u);
    expect(difference?.stored).not.toMatch(HALVES);
  });

  it.each(EMOJI)("in the tables of commands", (text) => {
    for (const width of [20, 21]) {
      const shown = shorten(text, width);
      expect(shown).not.toMatch(HALVES);
      expect(shown.length).toBeLessThanOrEqual(width);
    }
  });

  it.each(EMOJI)("in what is said of a file that is not JSON", async (text) => {
    const entries = parseTakeout(text);
    await expect(entries[Symbol.asyncIterator]().next()).rejects.toThrow(/it begins with "x?🚀/u);
    await expect(parseTakeout(text)[Symbol.asyncIterator]().next()).rejects.not.toThrow(/\\ud83d/);
  });
});

describe("half of a surrogate pair in an export", () => {
  const unit = fc.constantFrom("a", " ", "e\u0301", "\uD83D", "\uDE80", "🚀", "\uFFFD");
  const text = fc.array(unit, { minLength: 1, maxLength: 12 }).map((units) => units.join(""));

  async function readRecord(element: object): Promise<TakeoutRecord | null> {
    for await (const entry of parseTakeout(JSON.stringify([element]))) {
      return "record" in entry ? entry.record : null;
    }
    return null;
  }

  it("leads to the same record and key in the importer and on the server", async () => {
    await fc.assert(
      fc.asyncProperty(text, text, async (title, channelTitle) => {
        const watchedAt = Date.UTC(2026, 0, 5);
        const parsed = await readRecord({
          header: "YouTube",
          title: `Watched x${title}`,
          titleUrl: "https://www.youtube.com/watch?v=x",
          subtitles: [{ name: channelTitle }],
          time: new Date(watchedAt).toISOString(),
        });
        if (parsed === null) throw new Error("no record was read");
        const { videoId: _videoId, ...fields } = parsed;
        const raw = { ...fields, videoTitle: `x${title}`, channelTitle };
        const stored = normalizeRecord({ ...raw, videoId: null }, watchedAt);
        expect(stored.videoTitle).toBe(parsed.videoTitle);
        expect(stored.channelTitle).toBe(parsed.channelTitle);
        expect(JSON.stringify(stored)).not.toMatch(/\\ud[89a-f]/);
        expect(recordKeyOf({ ...parsed, videoId: null })).toBe(recordKeyOf(stored));
        expect(recordKeyOf({ ...raw, videoId: null })).toBe(recordKeyOf(stored));
      }),
    );
  });

  it("is not made where a text source is read in pieces", async () => {
    const element = { header: "YouTube", title: `Watched ${"🚀".repeat(100)}` };
    const source = JSON.stringify(Array.from({ length: 1_000 }, () => element));
    for (const shifted of [source, ` ${source}`]) {
      for await (const entry of parseTakeout(shifted)) {
        expect("record" in entry ? entry.record.videoTitle : null).toBe("🚀".repeat(100));
      }
    }
  });
});
