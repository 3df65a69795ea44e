import { describe, expect, it } from "vitest";
import {
  addDays,
  addMonths,
  canonicalTimeZone,
  influenceStart,
  localDateOf,
  startOfLocalDay,
  timeframeWindow,
} from "../../src/engine";

const utc = (...parts: [number, number, number?, number?, number?]) => Date.UTC(...parts);

describe("dates", () => {
  it("clamp months to their last day", () => {
    expect(addMonths("2026-05-31", -3)).toBe("2026-02-28");
    expect(addMonths("2024-05-31", -3)).toBe("2024-02-29");
    expect(addMonths("2024-02-29", -12)).toBe("2023-02-28");
    expect(addMonths("2026-01-15", -1)).toBe("2025-12-15");
  });

  it("step over leap days and years", () => {
    expect(addDays("2024-02-28", 1)).toBe("2024-02-29");
    expect(addDays("2023-02-28", 1)).toBe("2023-03-01");
    expect(addDays("2026-01-01", -1)).toBe("2025-12-31");
  });

  it.each(["2026-02-30", "2026-13-01", "26-01-01", "today", ""])(
    "are refused where %j is none",
    (date) => {
      expect(() => addDays(date, 1)).toThrow(RangeError);
    },
  );
});

describe("the start of a local day", () => {
  it.each([
    ["UTC", "2026-03-08", utc(2026, 2, 8)],
    // Clocks move at 2:00: the day starts as usual, and is 23 or 25 hours long.
    ["America/New_York", "2026-03-08", utc(2026, 2, 8, 5)],
    ["America/New_York", "2026-03-09", utc(2026, 2, 9, 4)],
    ["America/New_York", "2025-11-03", utc(2025, 10, 3, 5)],
    // Half an hour of summer time.
    ["Australia/Lord_Howe", "2026-04-05", utc(2026, 3, 4, 13)],
    ["Australia/Lord_Howe", "2026-04-06", utc(2026, 3, 5, 13, 30)],
    ["Asia/Kolkata", "2026-01-01", utc(2025, 11, 31, 18, 30)],
    // Apia had no 30 December 2011: the day that was skipped starts with the one after it.
    ["Pacific/Apia", "2011-12-30", utc(2011, 11, 30, 10)],
    ["Pacific/Apia", "2011-12-31", utc(2011, 11, 30, 10)],
    // Kwajalein had no 21 August 1993.
    ["Pacific/Kwajalein", "1993-08-21", utc(1993, 7, 21, 12)],
    ["Pacific/Kwajalein", "1993-08-22", utc(1993, 7, 21, 12)],
    // At 0:01 back to 23:01: 1 November began, gave way to 31 October, and began again.
    ["America/St_Johns", "2009-11-01", utc(2009, 10, 1, 2, 30)],
    // Summer time began at midnight: 0:00 to 0:59 were skipped.
    ["America/Sao_Paulo", "2017-10-15", utc(2017, 9, 15, 3)],
    // At 1:00 back to 0:00: the first of two midnights counts.
    ["America/Havana", "2025-11-02", utc(2025, 10, 2, 4)],
    // At midnight back to 23:00: the day starts when its date comes and stays.
    ["Asia/Beirut", "2025-10-26", utc(2025, 9, 25, 22)],
  ])("in %s on %s", (timeZone, date, expected) => {
    expect(new Date(startOfLocalDay(date, timeZone)).toISOString()).toBe(
      new Date(expected).toISOString(),
    );
  });

  it("is the first instant of its date", () => {
    for (const timeZone of ["America/New_York", "Asia/Kathmandu", "Africa/Casablanca"]) {
      const start = startOfLocalDay("2026-03-30", timeZone);
      expect(localDateOf(start, timeZone)).toBe("2026-03-30");
      expect(localDateOf(start - 1, timeZone)).toBe("2026-03-29");
    }
  });
});

describe("timeframes", () => {
  it.each([
    ["MTD", utc(2026, 4, 1)],
    ["QTD", utc(2026, 3, 1)],
    ["YTD", utc(2026, 0, 1)],
    ["Last6M", utc(2025, 11, 1)],
    ["Last12M", utc(2025, 5, 1)],
    ["All", -Infinity],
  ] as const)("%s ends with the day and starts with whole days", (timeframe, from) => {
    // 31 May − 6 months is 30 November; the day after is 1 December.
    expect(timeframeWindow(timeframe, "2026-05-31", "UTC")).toEqual({ from, to: utc(2026, 5, 1) });
  });

  it("are influenced by nothing before 1 January of the last year, All by everything", () => {
    expect(influenceStart("MTD", "2026-05-31", "UTC")).toBe(utc(2025, 0, 1));
    expect(influenceStart("Last12M", "2026-01-05", "UTC")).toBe(utc(2025, 0, 1));
    expect(influenceStart("All", "2026-05-31", "UTC")).toBe(-Infinity);
  });
});

describe("canonicalTimeZone", () => {
  it.each([
    ["Europe/Berlin", "Europe/Berlin"],
    ["europe/berlin", "Europe/Berlin"],
    ["Asia/Kolkata", "Asia/Kolkata"],
    ["asia/kolkata", "Asia/Kolkata"],
    ["africa/dar_es_salaam", "Africa/Dar_es_Salaam"],
    ["utc", "UTC"],
    ["cet", "CET"],
  ])("takes %s for %s", (name, expected) => {
    expect(canonicalTimeZone(name)?.toLowerCase()).toBe(expected.toLowerCase());
    expect(canonicalTimeZone(name)).toBe(expected);
  });

  it.each(["Mars/Olympus", "+05:30", "Europe", "", " Europe/Berlin", "BST", "cst", "IST"])(
    "does not know %j",
    (name) => {
      expect(canonicalTimeZone(name)).toBeNull();
    },
  );
});
