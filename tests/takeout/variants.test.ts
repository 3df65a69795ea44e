import { describe, expect, it } from "vitest";
import { block, page } from "./htmlSupport";
import { read, readOne, readRecord, streamOf, watch } from "./support";

const NOW = Date.UTC(2026, 10, 20);

describe("a watch", () => {
  it("becomes a record of exactly the fields that ingest takes", async () => {
    expect(await readOne(watch({}))).toEqual({
      record: {
        watchedAt: 1_710_057_599_123,
        videoId: "abcdefghijk",
        videoTitle: "A quiet walk",
        videoUrl: "https://www.youtube.com/watch?v=abcdefghijk",
        channelTitle: "Walks",
        channelUrl: "https://www.youtube.com/channel/UCwalks",
        product: "YouTube",
      },
    });
  });

  it("is normalised: NFC, trimmed, and what is empty is null", async () => {
    const record = await readRecord(
      watch({ title: "Watched  Cafe\u0301 \u00A0", subtitles: [{ name: " \u00A0", url: "" }] }),
    );
    expect(record).toMatchObject({ videoTitle: "Café", channelTitle: null, channelUrl: null });
  });

  it("has no half characters, which no database takes", async () => {
    const record = await readRecord(watch({ title: "Watched \ud83e cut \udeb4 🪴" }));
    expect(record.videoTitle).toBe("\uFFFD cut \uFFFD 🪴");
  });

  it("keeps texts of any length: the backend refuses them by name", async () => {
    const title = "word ".repeat(1_000).trim();
    const record = await readRecord(watch({ title: `Watched ${title}` }));
    expect(record.videoTitle).toBe(title);
  });

  it("is read whatever else stands in it, and whatever type a key has", async () => {
    const record = await readRecord({
      ...watch({ subtitles: "none", details: 7, products: null, time: 12 }),
      extra: [[]],
    });
    expect(record).toMatchObject({ videoTitle: "A quiet walk", channelTitle: null });
  });

  it.each([
    ["header", { header: "YouTube Music" }],
    ["header with a no-break space", { header: "YouTube\u00A0Music" }],
    ["address", { titleUrl: "https://music.youtube.com/watch?v=abcdefghijk" }],
  ])("is YouTube Music's by its %s", async (_by, changes) => {
    expect((await readRecord(watch(changes))).product).toBe("YouTube Music");
  });
});

describe("an address", () => {
  it.each([
    ["https://www.youtube.com/watch?v=abc-EFG_123", "abc-EFG_123"],
    ["https://www.youtube.com/watch?list=PL1&v=abc-EFG_123&t=3s", "abc-EFG_123"],
    ["http://m.youtube.com/watch?v=abc-EFG_123", "abc-EFG_123"],
    ["https://www.youtube.com/shorts/abc-EFG_123?feature=share", "abc-EFG_123"],
    ["https://youtu.be/abc-EFG_123?si=x", "abc-EFG_123"],
    ["https://www.youtube.com/live/abc-EFG_123", "abc-EFG_123"],
    ["https://www.youtube-nocookie.com/embed/abc-EFG_123", "abc-EFG_123"],
    [
      "https://www.youtube.com/attribution_link?a=x&u=%2Fwatch%3Fv%3Dabc-EFG_123%26feature%3Dshare",
      "abc-EFG_123",
    ],
    ["https://www.youtube.com/watch?v=too-short", null],
    ["https://www.youtube.com/watch?v=twelve_chars", null],
    ["https://www.youtube.com/watch?v=elevenwith!", null],
    ["https://www.youtube.com/watch?v=", null],
    ["https://www.youtube.com/attribution_link?a=x&u=%2Fuser%2Fv", null],
  ])("%s holds the video id %s", async (titleUrl, videoId) => {
    expect(await readRecord(watch({ titleUrl }))).toMatchObject({ videoId, videoUrl: titleUrl });
  });

  it.each([
    "javascript:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,x",
    "https://[broken",
    "//www.youtube.com/watch?v=abcdefghijk",
    "https://www.youtube.com/watch?v=abc\u0000defghij",
    7,
  ])("that is no http address is dropped, and the watch kept: %j", async (address) => {
    const record = await readRecord(
      watch({ titleUrl: address, subtitles: [{ name: "Walks", url: address }] }),
    );
    expect(record).toMatchObject({ videoId: null, videoUrl: null, videoTitle: "A quiet walk" });
    expect(record).toMatchObject({ channelTitle: "Walks" });
  });

  it("of a channel that is no http address is dropped alone", async () => {
    const record = await readRecord(
      watch({ subtitles: [{ name: "Walks", url: "javascript:alert(1)" }] }),
    );
    expect(record).toMatchObject({ channelTitle: "Walks", channelUrl: null });
  });

  it.each([
    "https://www.youtube.com/post/UgkxAAAA",
    "https://www.youtube.com/playables/UgkxAAAA",
    "https://www.youtube.com/results?search_query=watched",
    "https://www.youtube.com/channel/UCwalks/community?lb=UgkxAAAA",
    "https://www.youtube.com/@walks",
    "https://music.youtube.com/",
    "https://www.googleadservices.com/pagead/aclk?sa=L",
    "https://notyoutube.com/watch?v=abcdefghijk",
  ])("decides before the title does: %s is no video", async (titleUrl) => {
    expect(await readOne(watch({ titleUrl }))).toEqual({ skipped: "not-a-video" });
  });

  it("of a video decides before the title does", async () => {
    const titleUrl = "https://www.youtube.com/watch?v=abcdefghijk";
    const record = await readRecord(watch({ title: "Answered survey question", titleUrl }));
    expect(record.videoId).toBe("abcdefghijk");
  });
});

describe("an ad", () => {
  const ad = (name: string) => watch({ details: [{ name: "Something else" }, { name }] });

  it.each([
    "From Google Ads",
    "Von Google Anzeigen",
    "Des annonces Google",
    "De los anuncios de Google",
    "Da programmi pubblicitari Google",
    "Google\u00A0広告から",
    "Google 광고에서",
  ])("is known by its detail: %s", async (name) => {
    expect(await readOne(ad(name))).toEqual({ skipped: "ad" });
  });

  it("is a record where ads are to be kept", async () => {
    const parsed = await readOne(ad("From Google Ads"), { keepAds: true });
    expect(parsed).toMatchObject({ record: { videoId: "abcdefghijk" } });
  });

  it("is not seen in other details", async () => {
    expect(await readRecord(ad("From Google Assistant"))).toMatchObject({
      videoId: "abcdefghijk",
    });
  });
});

describe("a video that is gone", () => {
  const withoutAddress = { titleUrl: undefined, subtitles: undefined };

  it("keeps its sentence where it was removed", async () => {
    const title = "Watched a video that has been removed";
    expect(await readRecord(watch({ title, ...withoutAddress }))).toMatchObject({
      videoId: null,
      videoTitle: title,
      videoUrl: null,
      channelTitle: null,
    });
  });

  it.each([
    "Watched {url}",
    "{url} angesehen",
    "{url} を視聴しました",
    "Je hebt naar {url} gekeken",
    "Skatījās {url}",
    "{url} vaadati",
  ])("is unavailable where its title is its address: %s", async (wording) => {
    const titleUrl = "https://www.youtube.com/watch?v=abcdefghijk";
    const title = wording.replace("{url}", titleUrl);
    expect(await readRecord(watch({ title, titleUrl, subtitles: undefined }))).toMatchObject({
      videoId: "abcdefghijk",
      videoTitle: "Unavailable video",
      channelTitle: null,
    });
  });

  it("is not thought gone where it has a channel", async () => {
    const titleUrl = "https://www.youtube.com/watch?v=abcdefghijk";
    const record = await readRecord(watch({ title: `Watched ${titleUrl}`, titleUrl }));
    expect(record.videoTitle).toBe(titleUrl);
  });
});

describe("what else people do with videos", () => {
  const titlesOf = async (titles: string[]) => {
    const { entries } = await read(JSON.stringify(titles.map((title) => watch({ title }))));
    return entries.map((entry) => ("record" in entry ? entry.record.videoTitle : entry.skipped));
  };

  it("is no watch, before the first watch as after it", async () => {
    const titles = ["Liked A walk", "Saved A walk", "Watched A walk", "Shared A walk"];
    expect(await titlesOf(titles)).toEqual(["not-a-video", "not-a-video", "A walk", "not-a-video"]);
  });

  it("is not told by words of another language, known or not", async () => {
    const unknown = ["Liked by nobody skatīts", "Saulains rīts skatīts", "Saved seeds skatīts"];
    expect(await titlesOf(unknown)).toEqual(unknown);
    expect(await titlesOf(["Liked by all", "Haus angesehen"])).toEqual(["Liked by all", "Haus"]);
  });

  it("is told in HTML by the words around the video's title", async () => {
    const html = page(
      block({ verb: "Liked", title: "A walk" }),
      block({ verb: "Skatījās", title: "Liked by nobody" }),
      block({ verb: "", title: "Saved seeds" }),
    );
    expect((await read(html)).entries).toMatchObject([
      { skipped: "not-a-video" },
      { record: { videoTitle: "Liked by nobody" } },
      { record: { videoTitle: "Saved seeds" } },
    ]);
  });
});

describe("a title that two languages may frame", () => {
  it("is read in the language of those after it", async () => {
    const titles = ["Så på sporet af vinter", "Så Havet om natten", "Så Regn"];
    for (const order of [titles, [...titles].reverse()]) {
      const { entries } = await read(JSON.stringify(order.map((title) => watch({ title }))));
      const videoTitles = entries.map((entry) => "record" in entry && entry.record.videoTitle);
      expect(videoTitles).toEqual(order.map((title) => title.slice(3)));
    }
  });

  it("does not depend on how the file is cut", async () => {
    const titles = ["Så på sporet af vinter", "Så på tur", "Så Havet om natten"];
    const text = JSON.stringify(titles.map((title) => watch({ title })));
    for (const size of [1, 40, 1_000]) {
      const chunks = text.match(new RegExp(`[^]{1,${String(size)}}`, "g")) ?? [];
      const { entries } = await read(streamOf(chunks));
      expect(entries[0]).toMatchObject({ record: { videoTitle: "på sporet af vinter" } });
    }
  });

  it("is read though the file breaks before anything tells", async () => {
    const text = JSON.stringify([watch({ title: "Så på tur" })]).slice(0, -1);
    const { entries, error } = await read(text);
    expect([entries.length, error?.code]).toEqual([1, "TRUNCATED_FILE"]);
  });
});

describe("activity without an address", () => {
  it.each([
    "Answered survey question",
    "Voted on Which one next?",
    "Viewed a post that is no longer available",
    "Visited YouTube\u00A0Music",
    "Used Shorts creation tools",
    "Odwiedzono: YouTube Music",
    "Vous avez répondu à une question d’enquête",
  ])("is no video where its title says so: %s", async (title) => {
    expect(await readOne(watch({ title, titleUrl: undefined }))).toEqual({
      skipped: "not-a-video",
    });
  });

  it("is a watch where the title says nothing known", async () => {
    const record = await readRecord(watch({ title: "Ezt néztem", titleUrl: "" }));
    expect(record).toMatchObject({ videoTitle: "Ezt néztem", videoUrl: null });
  });
});

describe("the form of before 2018", () => {
  const legacy = {
    contentDetails: { videoId: "abcdefghijk" },
    snippet: {
      title: "Watched my own title",
      publishedAt: "2015-10-05T17:23:15.000Z",
      channelTitle: "Me",
    },
  };

  it("is a record with the title as it is and without a channel", async () => {
    expect(await readRecord(legacy)).toEqual({
      watchedAt: Date.UTC(2015, 9, 5, 17, 23, 15),
      videoId: "abcdefghijk",
      videoTitle: "Watched my own title",
      videoUrl: "https://www.youtube.com/watch?v=abcdefghijk",
      channelTitle: null,
      channelUrl: null,
      product: "YouTube",
    });
  });

  it.each([
    "youtube#video",
    "youtube#playlist",
    "youtube#channel",
    "youtube#activity",
    "youtube#comment",
  ])("is none of the lists that came with it: %s", async (kind) => {
    expect(await readOne({ kind, ...legacy })).toEqual({ skipped: "not-a-video" });
    expect(await readOne({ kind: "youtube#playlistItem", ...legacy })).toHaveProperty("record");
  });

  it("may have its id in the snippet only", async () => {
    const { title, publishedAt } = legacy.snippet;
    const snippet = { title, publishedAt, resourceId: { videoId: "bbbbbbbbbbb" } };
    expect((await readRecord({ snippet })).videoId).toBe("bbbbbbbbbbb");
  });
});

describe("a time", () => {
  it("that is a number stands in its place", async () => {
    const record = await readRecord(watch({ time: 1_710_057_599_123 }));
    expect(record).toMatchObject({ watchedAt: null, undatedStamp: "1710057599123" });
  });

  it.each([
    ["2024-03-10T07:59:59Z", Date.UTC(2024, 2, 10, 7, 59, 59)],
    ["2024-03-10T07:59:59.5Z", Date.UTC(2024, 2, 10, 7, 59, 59, 500)],
    ["2024-03-10T07:59:59.123456Z", Date.UTC(2024, 2, 10, 7, 59, 59, 123)],
    ["2024-03-10T07:59:59+05:30", Date.UTC(2024, 2, 10, 2, 29, 59)],
    ["2005-01-01T00:00:00Z", Date.UTC(2005, 0, 1)],
    ["2026-11-21T00:00:00.000Z", NOW + 86_400_000],
  ])("%s is an instant", async (time, watchedAt) => {
    expect((await readRecord(watch({ time }), { now: NOW })).watchedAt).toBe(watchedAt);
  });

  it.each([
    [undefined, "missing-time"],
    ["", "missing-time"],
    [1_710_057_599_123, "unreadable-time"],
    ["not a time", "unreadable-time"],
    ["2024-03-10T07:59:59", "unreadable-time"],
    ["2024-02-30T07:59:59Z", "unreadable-time"],
    ["2024-13-01T07:59:59Z", "unreadable-time"],
    ["2004-12-31T23:59:59.999Z", "before-2005"],
    ["2026-11-21T00:00:00.001Z", "in-the-future"],
  ])("%s leaves the record undated, with the reason %s", async (time, undatedReason) => {
    expect(await readOne(watch({ time }), { now: NOW })).toMatchObject({
      record: { watchedAt: null, videoId: "abcdefghijk" },
      undatedReason,
    });
  });

  it("has no upper bound where the moment of import is not told", async () => {
    const record = await readRecord(watch({ time: "2999-01-01T00:00:00Z" }));
    expect(record.watchedAt).toBe(Date.UTC(2999, 0, 1));
  });
});

describe("damage", () => {
  it.each([["text"], [null], [7], [true], [[watch({})]], [{}], [{ title: 7 }], [{ a: { b: 1 } }]])(
    "%j is malformed",
    async (element) => {
      expect(await readOne(element)).toEqual({ skipped: "malformed" });
    },
  );

  it("does not reach the prototypes", async () => {
    const text = '{"__proto__":{"title":"Watched x"},"constructor":1}';
    expect(await readOne(JSON.parse(text))).toEqual({ skipped: "malformed" });
  });
});
