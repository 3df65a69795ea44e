import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { recordKeyOf, type RecordIdentity } from "../../src/takeout";

const WATCH: RecordIdentity = {
  watchedAt: 1_710_057_599_123,
  product: "YouTube",
  videoId: "abcdefghijk",
  videoTitle: "A quiet walk",
  videoUrl: "https://www.youtube.com/watch?v=abcdefghijk",
  channelTitle: "Walks",
};

function keyWith(changes: Partial<RecordIdentity>): string {
  return recordKeyOf({ ...WATCH, ...changes });
}

describe("a record's key", () => {
  it("never changes: stored records are found again by it", () => {
    expect(recordKeyOf(WATCH)).toBe("fa04f46480affc27be7dbe516fcc4bbf");
    expect(keyWith({ watchedAt: null, videoId: null })).toBe("e9da5188e61d1dd6101b0cdaf4692bb6");
  });

  it("is 32 hex digits, whatever the record holds", () => {
    const texts = fc.option(fc.string({ unit: "binary" }));
    const records = fc.record<RecordIdentity>({
      watchedAt: fc.option(fc.integer()),
      product: fc.constantFrom("YouTube", "YouTube Music"),
      videoId: texts,
      videoTitle: texts,
      videoUrl: texts,
      channelTitle: texts,
    });
    fc.assert(
      fc.property(records, (record) => {
        expect(recordKeyOf(record)).toMatch(/^[0-9a-f]{32}$/);
      }),
    );
  });

  it("is of whole seconds, as HTML exports have no finer", () => {
    expect(keyWith({ watchedAt: 1_710_057_599_000 })).toBe(recordKeyOf(WATCH));
    expect(keyWith({ watchedAt: 1_710_057_599_999 })).toBe(recordKeyOf(WATCH));
    expect(keyWith({ watchedAt: 1_710_057_600_000 })).not.toBe(recordKeyOf(WATCH));
  });

  it("does not depend on what languages and exports write differently about a video", () => {
    const changes = { videoTitle: "Watched A quiet walk", videoUrl: null, channelTitle: null };
    expect(keyWith(changes)).toBe(recordKeyOf(WATCH));
  });

  it("tells products, videos and dated from undated apart", () => {
    const keys = [
      recordKeyOf(WATCH),
      keyWith({ product: "YouTube Music" }),
      keyWith({ videoId: "bbbbbbbbbbb" }),
      keyWith({ watchedAt: null }),
      keyWith({ watchedAt: 0 }),
      keyWith({ videoId: null }),
      keyWith({ videoId: null, videoTitle: "abcdefghijk" }),
      keyWith({ videoId: null, videoTitle: null }),
      keyWith({ videoId: null, videoTitle: null, videoUrl: null }),
      keyWith({ videoId: null, videoTitle: null, videoUrl: null, channelTitle: null }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("is by title where there is no id, its blanks and forms made equal", () => {
    const byTitle = keyWith({ videoId: null, videoTitle: "Café a que" });
    expect(keyWith({ videoId: null, videoTitle: " Cafe\u0301\u00A0a  que" })).toBe(byTitle);
  });

  it("is one for all undated watches of a video, so that importing twice adds nothing", () => {
    const undated = { watchedAt: null };
    expect(keyWith(undated)).toBe(keyWith({ ...undated, channelTitle: "Other" }));
  });
});
