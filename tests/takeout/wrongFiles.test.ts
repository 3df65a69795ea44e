import { describe, expect, it } from "vitest";
import { block, page } from "./htmlSupport";
import { read, watch } from "./support";

const SEARCH = {
  header: "YouTube",
  title: "Searched for quiet walks",
  titleUrl: "https://www.youtube.com/results?search_query=quiet+walks",
  time: "2024-03-10T08:00:00.000Z",
  products: ["YouTube"],
  activityControls: ["YouTube search history"],
};
const AD = watch({ details: [{ name: "From Google Ads" }] });

/** An entry of the form that exports had before 2018. */
function legacy(kind: string, playlistId?: string) {
  return {
    kind,
    contentDetails: { videoId: "abcdefghijk" },
    snippet: { title: "A quiet walk", publishedAt: "2016-01-01T00:00:00Z", playlistId },
  };
}

describe("a file that is no watch history", () => {
  it.each([
    ["nothing", "", "EMPTY_FILE"],
    ["blanks", "\uFEFF \r\n\t", "EMPTY_FILE"],
    ["a web page", " <!DOCTYPE html><html></html>", "NOT_WATCH_HISTORY"],
    ["the beginning of a zip", Uint8Array.of(0x50, 0x4b, 3, 4, 20, 0, 0xff), "TRUNCATED_FILE"],
    ["the beginning of a gzip", Uint8Array.of(0x1f, 0x8b, 8, 0, 0), "TRUNCATED_FILE"],
    ["a picture", Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0xd, 0xa), "INVALID_JSON"],
    ["CSV", "Channel Id,Channel Url\n1,2", "INVALID_JSON"],
    ["plain text", "Watched everything", "INVALID_JSON"],
    ["one letter", "x", "INVALID_JSON"],
    ["an object", '{"browser_history":[]}', "NOT_WATCH_HISTORY"],
    ["an object cut off", '{"a":', "NOT_WATCH_HISTORY"],
    ["a list of numbers", "[1,2,3]", "NOT_WATCH_HISTORY"],
    ["a list of lists", "[[],[[]]]", "NOT_WATCH_HISTORY"],
    ["a list of other things", '[{"title":"Milk","time":"now"}]', "NOT_WATCH_HISTORY"],
    ["a search history", JSON.stringify([SEARCH, SEARCH]), "NOT_WATCH_HISTORY"],
    [
      "visits noted by Chrome",
      page(block({ header: "Chrome", verb: "Visited", channel: null })),
      "NOT_WATCH_HISTORY",
    ],
    [
      "likes of before 2018",
      JSON.stringify([legacy("youtube#playlistItem", "LLx")]),
      "NOT_WATCH_HISTORY",
    ],
    [
      "subscriptions of before 2018",
      JSON.stringify([legacy("youtube#subscription")]),
      "NOT_WATCH_HISTORY",
    ],
    ["a search history with ads", JSON.stringify([AD, SEARCH, AD]), "NOT_WATCH_HISTORY"],
  ])("is refused: %s", async (_what, source, code) => {
    const { entries, error } = await read(source);
    expect(error).toMatchObject({ name: "TakeoutError", code, entriesRead: entries.length });
    expect(entries.filter((entry) => "record" in entry)).toEqual([]);
  });

  it.each([["hello\nworld\u0007"], ["<html>"], ["{}"], [""], ["[1]"], ["[nope"], ["["]])(
    "is told in one line, with what is read instead or what to do: %j",
    async (source) => {
      const message = (await read(source)).error?.message ?? "";
      expect(message).toMatch(/^\P{Cc}+\.$/u);
      expect(message).toMatch(/Takeout|download or copy it again/);
    },
  );

  it("is not a history of before 2018", async () => {
    const { entries, error } = await read(JSON.stringify([legacy("youtube#playlistItem", "HLx")]));
    expect([entries.length, error]).toEqual([1, null]);
    expect(entries[0]).toMatchObject({ record: { videoId: "abcdefghijk" } });
  });

  it("is not one that holds a single watch among other things", async () => {
    const { entries, error } = await read(JSON.stringify([SEARCH, 7, watch({})]));
    expect(error).toBeNull();
    expect(entries).toMatchObject([
      { skipped: "not-a-video" },
      { skipped: "malformed" },
      { record: { videoId: "abcdefghijk" } },
    ]);
  });

  it.each([
    ["an empty list", []],
    ["ads", [AD, AD]],
    ["a post", [watch({ titleUrl: "https://www.youtube.com/post/Ugk" })]],
    ["a survey", [watch({ title: "Answered survey question", titleUrl: undefined })]],
  ])("is not %s alone", async (_what, elements) => {
    const { entries, error } = await read(JSON.stringify(elements));
    expect(error).toBeNull();
    expect(entries).toHaveLength(elements.length);
  });
});

describe("a file that is damaged", () => {
  it.each([
    ["inside an entry", `[${JSON.stringify(watch({}))},{"title":nope}]`],
    ["between entries", `[${JSON.stringify(watch({}))};${JSON.stringify(watch({}))}]`],
    ["after the list", `[${JSON.stringify(watch({}))}] and more`],
  ])("%s gives what was read, then says so", async (_where, source) => {
    const { entries, error } = await read(source);
    expect(entries).toHaveLength(1);
    expect(error).toMatchObject({ code: "INVALID_JSON", entriesRead: 1 });
    expect(error?.message).toContain("after 1 entry:");
  });
});
