import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { recordKeyOf, type ParsedEntry } from "../../src/takeout";
import { block, page, type HtmlEntry } from "./htmlSupport";
import { read, streamOf } from "./support";

const NBSP = "\u00a0";

const CHICAGO = { timeZone: "America/Chicago" };

async function readOne(entry: HtmlEntry, options = CHICAGO): Promise<ParsedEntry> {
  const { entries, error } = await read(page(block(), block(entry)), options);
  expect(error).toBeNull();
  expect(entries).toHaveLength(2);
  return entries[1]!;
}

async function timeOf(time: string, timeZone?: string) {
  const options = timeZone === undefined ? {} : { timeZone };
  const { entries } = await read(page(block({ time })), options);
  const [entry] = entries;
  if (entry === undefined || "skipped" in entry) throw new Error("no record");
  const { watchedAt } = entry.record;
  return watchedAt === null ? entry.undatedReason : new Date(watchedAt).toISOString();
}

describe("an entry of an HTML export", () => {
  it("is a record like that of JSON", async () => {
    expect(await readOne({})).toEqual({
      record: {
        watchedAt: Date.UTC(2025, 7, 15, 16, 4, 1),
        videoId: "abcdefghijk",
        videoTitle: "A quiet walk",
        videoUrl: "https://www.youtube.com/watch?v=abcdefghijk",
        channelTitle: "Walks",
        channelUrl: "https://www.youtube.com/channel/UCwalks",
        product: "YouTube",
      },
    });
  });

  it.each<[string, HtmlEntry, unknown]>([
    ["music", { header: "YouTube Music" }, { record: { product: "YouTube Music" } }],
    ["an ad", { channel: null, details: "From Google Ads" }, { skipped: "ad" }],
    ["an ad in German", { details: "Von Google Anzeigen" }, { skipped: "ad" }],
    [
      "a removed video",
      { url: null, channel: null, title: "Watched a video that has been removed" },
      { record: { videoId: null, videoTitle: "Watched a video that has been removed" } },
    ],
    [
      "a private video",
      { title: "https://www.youtube.com/watch?v=abcdefghijk", channel: null },
      { record: { videoTitle: "Unavailable video", channelTitle: null } },
    ],
    [
      "a post",
      { verb: "Viewed", url: "https://www.youtube.com/post/Ugk" },
      { skipped: "not-a-video" },
    ],
    [
      "a survey",
      { url: null, channel: null, title: "Answered survey question" },
      { skipped: "not-a-video" },
    ],
    ["a language nobody knows", { verb: "Qapla'" }, { record: { videoTitle: "A quiet walk" } }],
    [
      "a line with another clock",
      { extra: "Watched at 11:42 PM<br>" },
      { record: { watchedAt: Date.UTC(2025, 7, 15, 16, 4, 1) } },
    ],
    [
      "escaped text",
      { title: "Tom &amp; Jerry &lt;b&gt;&#39;s" },
      { record: { videoTitle: "Tom & Jerry <b>'s" } },
    ],
    ["a harmful address", { url: "javascript:alert(1)" }, { record: { videoUrl: null } }],
    ["no time", { time: "" }, { undatedReason: "missing-time", record: { watchedAt: null } }],
    ["a strange time", { time: "yesterday" }, { undatedReason: "unreadable-time" }],
  ])("may be %s", async (_name, entry, expected) => {
    expect(await readOne(entry)).toMatchObject(expected as object);
  });

  it("holds no script, and a title with one is data", async () => {
    const entry = await readOne({ title: "<script>alert(1)</script>Walk" });
    expect(entry).toMatchObject({ record: { videoTitle: "alert(1)Walk" } });
  });
});

describe("a time of an HTML export", () => {
  it.each([
    ["Aug 15, 2025, 11:04:01 AM CDT", "America/Chicago", "2025-08-15T16:04:01.000Z"],
    ["Aug 15, 2025, 11:04:01\u202fAM CDT", "America/Chicago", "2025-08-15T16:04:01.000Z"],
    ["Aug 15, 2025, 12:04:01 AM CDT", "America/Chicago", "2025-08-15T05:04:01.000Z"],
    ["Aug 15, 2025, 12:04:01 PM CDT", "America/Chicago", "2025-08-15T17:04:01.000Z"],
    ["15 Aug 2025, 11:04:01 BST", "Europe/London", "2025-08-15T10:04:01.000Z"],
    ["15.08.2025, 11:04:01 MESZ", "Europe/Berlin", "2025-08-15T09:04:01.000Z"],
    ["15 août 2025, 11:04:01 CEST", "Europe/Paris", "2025-08-15T09:04:01.000Z"],
    ["15 juil. 2025, 11:04:01 CEST", "Europe/Paris", "2025-07-15T09:04:01.000Z"],
    ["15 ago 2025, 11:04:01 CEST", "Europe/Madrid", "2025-08-15T09:04:01.000Z"],
    ["15 ago 2025, 11:04:01 a. m. CST", "America/Mexico_City", "2025-08-15T17:04:01.000Z"],
    ["15 ago 2025, 11:04:01 CEST", "Europe/Rome", "2025-08-15T09:04:01.000Z"],
    ["15 de ago. de 2025, 11:04:01 BRT", "America/Sao_Paulo", "2025-08-15T14:04:01.000Z"],
    ["15 aug 2025 11:04:01 CEST", "Europe/Amsterdam", "2025-08-15T09:04:01.000Z"],
    ["15 mrt 2025 11:04:01 CET", "Europe/Amsterdam", "2025-03-15T10:04:01.000Z"],
    ["15 sie 2025, 11:04:01 CEST", "Europe/Warsaw", "2025-08-15T09:04:01.000Z"],
    ["15 Ağu 2025 11:04:01 TRT", "Europe/Istanbul", "2025-08-15T08:04:01.000Z"],
    ["15 авг. 2025 г., 11:04:01 MSK", "Europe/Moscow", "2025-08-15T08:04:01.000Z"],
    ["2025/08/15 11:04:01 JST", "Asia/Tokyo", "2025-08-15T02:04:01.000Z"],
    ["2025年8月15日 11:04:01 CST", "Asia/Shanghai", "2025-08-15T03:04:01.000Z"],
    ["2025年8月15日 下午3:04:01 CST", "Asia/Taipei", "2025-08-15T07:04:01.000Z"],
    ["2025. 8. 15. 오후 3:04:01 KST", "Asia/Seoul", "2025-08-15T06:04:01.000Z"],
    ["2025-08-15 11:04:01 GMT+2", undefined, "2025-08-15T09:04:01.000Z"],
    ["15/08/2025, 11:04:01 GMT-03:00", undefined, "2025-08-15T14:04:01.000Z"],
    ["15.8.2025 klo 11.04.01 EEST", "Europe/Helsinki", "2025-08-15T08:04:01.000Z"],
    ["١٥/٠٨/٢٠٢٥, ١١:٠٤:٠١ UTC", undefined, "2025-08-15T11:04:01.000Z"],
    ["15 Aug 2568, 11:04:01 ICT", "Asia/Bangkok", "2025-08-15T04:04:01.000Z"],
  ])("reads %s in %s", async (text, timeZone, instant) => {
    expect(await timeOf(text, timeZone)).toBe(instant);
  });

  it.each([
    ["Jan 15, 2025, 11:04:01 AM CST", undefined, "ambiguous-zone"],
    ["Jan 15, 2025, 11:04:01 AM CST", "America/Chicago", "2025-01-15T17:04:01.000Z"],
    ["Jan 15, 2025, 11:04:01 AM CST", "Asia/Shanghai", "2025-01-15T03:04:01.000Z"],
    ["15 Jan 2025, 11:04:01 IST", undefined, "ambiguous-zone"],
    ["15 Jan 2025, 11:04:01 IST", "Asia/Kolkata", "2025-01-15T05:34:01.000Z"],
    ["15 Jan 2025, 11:04:01 IST", "Asia/Jerusalem", "2025-01-15T09:04:01.000Z"],
    ["15 Aug 2025, 11:04:01 IST", "Europe/Dublin", "2025-08-15T10:04:01.000Z"],
    ["15 Aug 2025, 11:04:01 BST", undefined, "ambiguous-zone"],
    ["15 Aug 2025, 11:04:01 XYZ", undefined, "ambiguous-zone"],
    ["15 Aug 2025, 11:04:01 XYZ", "Europe/Paris", "ambiguous-zone"],
    ["15 Aug 2025, 11:04:01 CEST", "America/New_York", "2025-08-15T09:04:01.000Z"],
    // Letters of several zones, of which the user's is none, though its clocks may agree.
    ["15 Jan 2025, 11:04:01 IST", "Europe/Berlin", "ambiguous-zone"],
    ["Jan 15, 2025, 11:04:01 AM CST", "Asia/Singapore", "ambiguous-zone"],
    ["Jan 15, 2025, 11:04:01 AM AST", "Europe/Moscow", "ambiguous-zone"],
    ["15 Jan 2025, 11:04:01 BST", "Asia/Bishkek", "ambiguous-zone"],
    // Letters that the user's zone has in a sense of its own.
    ["Jan 15, 2025, 11:04:01 AM CST", "Asia/Taipei", "2025-01-15T03:04:01.000Z"],
    ["Jan 15, 2025, 11:04:01 AM CST", "America/Havana", "2025-01-15T16:04:01.000Z"],
    ["Aug 15, 2025, 11:04:01 AM CDT", "America/Havana", "2025-08-15T15:04:01.000Z"],
    ["Aug 15, 2025, 11:04:01 AM PST", "Asia/Manila", "2025-08-15T03:04:01.000Z"],
    ["Aug 15, 2025, 11:04:01 AM MST", "Asia/Kuala_Lumpur", "2025-08-15T03:04:01.000Z"],
    ["15 Aug 2012, 11:04:01 EST", "Australia/Sydney", "2012-08-15T01:04:01.000Z"],
    ["15 Jan 2012, 11:04:01 EST", "Australia/Sydney", "2012-01-15T00:04:01.000Z"],
    ["Jan 15, 2012, 11:04:01 AM MSK", "Europe/Moscow", "2012-01-15T07:04:01.000Z"],
    ["Jan 15, 2025, 11:04:01 AM AST", "Asia/Riyadh", "2025-01-15T08:04:01.000Z"],
    ["15 Jan 2025, 11:04:01 BST", "Asia/Dhaka", "2025-01-15T05:04:01.000Z"],
    ["15 Jan 2025, 11:04:01 IST", "Asia/Colombo", "2025-01-15T05:34:01.000Z"],
  ])("settles the zone of %s by %s", async (text, timeZone, instant) => {
    expect(await timeOf(text, timeZone)).toBe(instant);
  });

  it("tells the two passes of an hour in autumn apart by the abbreviation", async () => {
    const zone = "Europe/Berlin";
    expect(await timeOf("26.10.2025, 02:30:00 MESZ", zone)).toBe("2025-10-26T00:30:00.000Z");
    expect(await timeOf("26.10.2025, 02:30:00 MEZ", zone)).toBe("2025-10-26T01:30:00.000Z");
  });

  it.each([
    "31.02.2025, 11:04:01 MEZ",
    "15.08.2025, 25:04:01 MEZ",
    "15.13.2025, 11:04:01 MEZ",
    "11:42 PM",
  ])("is unreadable: %s", async (text) =>
    expect(await timeOf(text, "Europe/Berlin")).toBe("unreadable-time"),
  );
});

describe("an HTML file", () => {
  it("gives the same entries however its stream is cut", async () => {
    const text = page(block(), block({ title: "Zwei &amp; drei 🎈", verb: "Angesehen:" }), block());
    const bytes = new TextEncoder().encode(text);
    const whole = await read(bytes, CHICAGO);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 8 }), async (cuts) => {
        const ends = [...cuts, bytes.length].sort((a, b) => a - b);
        const chunks = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
        expect(await read(streamOf(chunks), CHICAGO)).toEqual(whole);
      }),
      { numRuns: 50 },
    );
  });

  it("gives the keys that JSON of the same account gives", async () => {
    const watch = fc.record({
      seconds: fc.integer({ min: 1_200_000_000, max: 1_790_000_000 }),
      fraction: fc.nat(999),
      id: fc.stringMatching(/^[A-Za-z0-9_-]{11}$/),
      isMusic: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(watch, { minLength: 1, maxLength: 10 }), async (watches) => {
        const zone = "America/New_York";
        const format = new Intl.DateTimeFormat("en-US", {
          dateStyle: "medium",
          timeStyle: "long",
          timeZone: zone,
        });
        const html = page(
          ...watches.map(({ seconds, id, isMusic }) =>
            block({
              header: isMusic ? "YouTube Music" : "YouTube",
              url: `https://www.youtube.com/watch?v=${id}`,
              time: format.format(seconds * 1_000),
            }),
          ),
        );
        const json = watches.map(({ seconds, fraction, id, isMusic }) => ({
          header: isMusic ? "YouTube Music" : "YouTube",
          title: "Watched A quiet walk",
          titleUrl: `https://www.youtube.com/watch?v=${id}`,
          time: new Date(seconds * 1_000 + fraction).toISOString(),
        }));
        const fromHtml = await read(html, { timeZone: zone });
        const fromJson = await read(JSON.stringify(json));
        expect(fromHtml.entries.map(keyOf)).toEqual(fromJson.entries.map(keyOf));
      }),
      { numRuns: 100 },
    );
  });

  it("that ends early keeps what stood before, and says so", async () => {
    const text = page(block(), block(), block());
    const { entries, error } = await read(text.slice(0, text.length * 0.8), CHICAGO);
    expect(entries).toHaveLength(2);
    expect(error).toMatchObject({ code: "TRUNCATED_FILE", entriesRead: 2 });
  });

  it("without entries is a history without entries", async () => {
    expect(await read(page())).toEqual({ entries: [], error: null });
  });

  it.each([
    ["a web page", "<html><body><h1>Hello</h1></body></html>"],
    [
      "a search history",
      page(
        block({
          verb: "Searched for",
          channel: null,
          url: "https://www.youtube.com/results?search_query=x",
        }),
      ),
    ],
    [
      "another product's activity",
      page(block({ header: "Maps", verb: "Used", url: "https://maps.google.com/" })),
    ],
    ["tags without end", "<div>".repeat(5_000)],
  ])("of something else is refused: %s", async (_name, text) => {
    expect((await read(text)).error).toMatchObject({ code: "NOT_WATCH_HISTORY" });
  });

  it("with one entry without end holds no more of it than it looks at", async () => {
    const long = page(block({ title: "x".repeat(3_000_000) }), block());
    const { entries, error } = await read(long, CHICAGO);
    expect(error).toBeNull();
    const [first, second] = entries;
    const title = first !== undefined && "record" in first ? (first.record.videoTitle ?? "") : "";
    expect(title.length).toBeLessThan(300_000);
    expect(second).toMatchObject({ record: { videoTitle: "A quiet walk" } });
  });

  it("may have no-break spaces anywhere", async () => {
    const time = `15.08.2025,${NBSP}11:04:01${NBSP}MESZ`;
    expect(await timeOf(time, "Europe/Berlin")).toBe("2025-08-15T09:04:01.000Z");
  });
});

function keyOf(entry: ParsedEntry): string {
  return "record" in entry ? recordKeyOf(entry.record) : entry.skipped;
}

it("counts no entry that a title speaks of", async () => {
  const title = 'How to style class="outer-cell" and &lt;div class="outer-cell"&gt;';
  let lost = 0;
  const onLost = (entries: number) => void (lost += entries);
  const { entries } = await read(page(block({ title }), block()), { ...CHICAGO, onLost });
  expect([entries.length, lost]).toEqual([2, 0]);
});

it("tells how many of its entries cannot be read, however its stream is cut", async () => {
  // The second entry is swallowed by an attribute.
  const text = page(block(), `<div data-a="${block().replaceAll('"', "'")}">`, block());
  for (const size of [1, 5, 16, 17, 18, 1_000]) {
    const chunks = text.match(new RegExp(`[^]{1,${String(size)}}`, "g")) ?? [];
    let lost = 0;
    const onLost = (entries: number) => void (lost += entries);
    const { entries } = await read(streamOf(chunks), { ...CHICAGO, onLost });
    expect([size, entries.length, lost]).toEqual([size, 2, 1]);
  }
});
