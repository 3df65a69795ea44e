import { describe, expect, it } from "vitest";
import { dateForms } from "../../scripts/dateForms/dateForms";
import { LANGUAGES } from "../../scripts/dateForms/languages";
import { DATE_FORMS } from "../../src/takeout/html/dateForms";
import { HtmlTimes } from "../../src/takeout/html/htmlTimes";
import { block, page } from "./htmlSupport";
import { read } from "./support";

const HOURS = [0, 12, 21];
const HOUR_MS = 3_600_000;

function partOf(format: Intl.DateTimeFormat, at: number, wanted: string): string {
  return format.formatToParts(at).find(({ type }) => type === wanted)?.value ?? "";
}

/** A moment as an export in a language has it, two hours ahead of UTC, as ICU writes it today. */
function writers(language: string): ((at: number) => string)[] {
  const dated = { dateStyle: "medium", timeZone: "UTC" } as const;
  const long = new Intl.DateTimeFormat(language, { ...dated, timeStyle: "long" });
  const medium = new Intl.DateTimeFormat(language, { ...dated, timeStyle: "medium" });
  const zone = new Intl.DateTimeFormat(language, {
    timeZone: "Africa/Cairo",
    timeZoneName: "short",
  });
  const label = partOf(zone, Date.UTC(2026, 0, 15), "timeZoneName");
  const ahead = 2 * HOUR_MS;
  return [
    (at) =>
      long
        .formatToParts(at + ahead)
        .map(({ type, value }) => (type === "timeZoneName" ? label : value))
        .join(""),
    (at) => `${medium.format(at + ahead)} ${label}`,
  ];
}

const MOMENTS = Array.from({ length: 12 }, (_, month) =>
  HOURS.map((hour) => Date.UTC(2025, month, 15, hour, 4, 1)),
).flat();

describe("every language of YouTube that ICU knows", () => {
  it.each(LANGUAGES.map((language) => [language]))("%s is read, each row alone", (language) => {
    for (const write of writers(language)) {
      for (const at of MOMENTS.filter((_, index) => index % HOURS.length > 0)) {
        const text = write(at);
        const time = new HtmlTimes("Africa/Cairo").read(text, undefined);
        expect({ text, ...time }).toEqual({ text, watchedAt: at });
      }
    }
  });

  it.each(LANGUAGES.map((language) => [language]))("%s is read, row after row", (language) => {
    for (const write of writers(language)) {
      const times = new HtmlTimes("Africa/Cairo");
      const read = MOMENTS.map((at) => times.read(write(at), undefined).watchedAt);
      expect(read).toEqual(MOMENTS);
    }
  });

  it.runIf(process.versions["icu"] === "78.2")("is in the table as ICU has it", () => {
    expect(DATE_FORMS).toEqual(dateForms());
  });
});

describe("a word between clock and zone that is not known", () => {
  it.each([
    "15 Jul 2025, 11:04:01 petang MYT",
    "Aug 15, 2025, 11:04:01 in the evening CDT",
    "15/08/2025, 11:04:01 مساء CEST",
    "15.08.2025, 11:04:01 Uhr abends MESZ",
  ])("makes the stamp unreadable: %s", (text) => {
    expect(new HtmlTimes("Europe/Berlin").read(text, undefined)).toEqual({
      watchedAt: null,
      undatedReason: "unreadable-time",
      stamp: text,
    });
  });

  it("is no half of the day where it may be a zone", () => {
    const times = new HtmlTimes("Asia/Kuala_Lumpur");
    expect(times.read("15 Jul 2025, 11:04:01 petang", undefined)).toMatchObject({
      watchedAt: null,
      undatedReason: "ambiguous-zone",
    });
  });
});

describe("a form that older exports have", () => {
  it.each([
    ["15 अग॰ 2025, 3:04:01 अपराह्न IST", "Asia/Kolkata", "2025-08-15T09:34:01.000Z"],
    ["2025. 8. 15. 오후 3:04:01 KST", "Asia/Seoul", "2025-08-15T06:04:01.000Z"],
    ["2025. 8. 15. 오전 12시 4분 1초 GMT+9", "Asia/Seoul", "2025-08-14T15:04:01.000Z"],
    ["15 ஆக., 2025, பிற்பகல் 3:04:01 IST", "Asia/Kolkata", null],
    ["15 ஆக., 2025, 3:04:01 பிற்பகல் IST", "Asia/Kolkata", "2025-08-15T09:34:01.000Z"],
    ["15 Sep 2025, 15:04:01 BST", "Europe/London", "2025-09-15T14:04:01.000Z"],
  ])("is read: %s", (text, timeZone, instant) => {
    const { watchedAt } = new HtmlTimes(timeZone).read(text, undefined);
    expect(watchedAt === null ? null : new Date(watchedAt).toISOString()).toBe(instant);
  });
});

describe("a month that two languages name alike", () => {
  const read = (...texts: string[]) => {
    const times = new HtmlTimes("Europe/Zagreb");
    return texts.map((text) => times.read(text, undefined).watchedAt);
  };

  it("is told by the punctuation of the language", () => {
    expect(read("15. lip 2025. 11:04:01 CEST")).toEqual([Date.UTC(2025, 5, 15, 9, 4, 1)]);
    expect(read("15 lip 2025, 11:04:01 CEST")).toEqual([Date.UTC(2025, 6, 15, 9, 4, 1)]);
  });

  it("is told by the rows before it", () => {
    // The punctuation is that of neither.
    const [, croatian] = read("15-svi-2025 11:04:01 CEST", "15-lip-2025 11:04:01 CEST");
    expect(croatian).toBe(Date.UTC(2025, 5, 15, 9, 4, 1));
    const [, polish] = read("15-sie-2025 11:04:01 CEST", "15-lip-2025 11:04:01 CEST");
    expect(polish).toBe(Date.UTC(2025, 6, 15, 9, 4, 1));
  });

  it("is not guessed", () => {
    expect(read("15-lip-2025 11:04:01 CEST")).toEqual([null]);
  });
});

describe("a day that may be a month", () => {
  const CST = { timeZone: "America/Chicago" };
  const day = (at: number) => new Date(at).toISOString().slice(0, 10);
  /** Watches of a month, the newest first, ten a day. */
  const stamps = (write: (day: number) => string) =>
    Array.from({ length: 200 }, (_, index) => write(20 - Math.floor(index / 10)));
  const daysOf = async (texts: string[], options = CST) => {
    const { entries } = await read(page(...texts.map((time) => block({ time }))), options);
    return entries.map((entry) => {
      if (!("record" in entry)) throw new Error(entry.skipped);
      const { watchedAt } = entry.record;
      return watchedAt === null ? entry.undatedReason : day(watchedAt);
    });
  };
  const expected = Array.from(
    { length: 200 },
    (_, index) => `2025-11-${String(20 - Math.floor(index / 10)).padStart(2, "0")}`,
  );

  it.each([
    ["of the US", (one: number) => `11/${String(one)}/2025, 10:04:05 AM CST`],
    ["of the US, counting hours to 24", (one: number) => `11/${String(one)}/2025, 15:04:05 CST`],
    ["of Portugal", (one: number) => `${String(one)}/11/2025, 15:04:05 CST`],
  ])("is settled by the other rows of the file, in either order: %s", async (_what, write) => {
    expect(await daysOf(stamps(write))).toEqual(expected);
    expect(await daysOf(stamps(write).reverse())).toEqual([...expected].reverse());
  });

  it("is as ICU writes it where no row tells", async () => {
    expect(await daysOf(["08/11/2025, 15:04:05 WET"])).toEqual(["2025-11-08"]);
    expect(await daysOf(["8/11/2025, 3:04:05 PM CST"])).toEqual(["unreadable-time"]);
  });
});

describe("a word for a part of the day", () => {
  it.each([
    ["2026年8月15日 中午12:04:01 [GMT+8]", "2026-08-15T04:04:01.000Z"],
    ["2026年8月15日 中午1:04:01 [GMT+8]", "2026-08-15T05:04:01.000Z"],
    ["2026年8月15日 晚上23:04:01 [GMT+8]", "2026-08-15T15:04:01.000Z"],
    ["2026年8月15日 凌晨12:04:01 [GMT+8]", "2026-08-14T16:04:01.000Z"],
    ["2026年8月15日 中午11:34:00 [GMT+8]", null],
    ["2026年8月15日 晚上12:04:01 [GMT+8]", null],
    ["2026年8月15日 凌晨11:04:01 [GMT+8]", null],
    ["Aug 15, 2026, 13:04:01 AM GMT+8", null],
    ["Aug 15, 2026, 13:04:01 PM GMT+8", "2026-08-15T05:04:01.000Z"],
  ])("does not contradict the clock: %s", (text, instant) => {
    const { watchedAt } = new HtmlTimes("Asia/Taipei").read(text, undefined);
    expect(watchedAt === null ? null : new Date(watchedAt).toISOString()).toBe(instant);
  });
});

describe("a Persian day", () => {
  it("is the one that ICU has, for thirty years", () => {
    const format = new Intl.DateTimeFormat("fa", { dateStyle: "medium", timeZone: "UTC" });
    const times = new HtmlTimes(undefined);
    for (let at = Date.UTC(2005, 0, 1); at < Date.UTC(2035, 0, 1); at += 24 * HOUR_MS) {
      const text = `${format.format(at)}، ۰:۰۰:۰۰ گرینویچ`;
      expect({ text, ...times.read(text, undefined) }).toEqual({ text, watchedAt: at });
    }
  });
});
