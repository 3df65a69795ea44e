/**
 * Cases that random histories meet too seldom to rely on, and every failure they ever found, shrunk
 * and kept by name. Each is compared with the reference and says in numbers what it is about.
 */
import { describe, expect, it } from "vitest";
import { aggregate, type FilterOptions, type WatchRecord } from "../../src/engine/index";
import { expectSameResults } from "./reference/compare";
import { referenceAggregate } from "./reference/index";

const EVERYTHING: FilterOptions = { timeframe: "All", product: "All", topics: [], channels: [] };
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

function watch(watchedAt: number | string | null, about: Partial<WatchRecord> = {}): WatchRecord {
  return {
    watchedAt: typeof watchedAt === "string" ? Date.parse(watchedAt) : watchedAt,
    channelTitle: "A",
    channelUrl: null,
    product: "YouTube",
    topics: ["Other"],
    durationSeconds: null,
    ...about,
  };
}

/** The engine's results, after holding all ten against the reference. */
function resultsOf(
  records: readonly WatchRecord[],
  asOf: string,
  { timeZone = "UTC", ...filters }: Partial<FilterOptions> & { timeZone?: string } = {},
) {
  const query = { filters: { ...EVERYTHING, ...filters }, asOf, timeZone };
  const expected = referenceAggregate(records, query);
  expectSameResults(aggregate(records, query), { ...expected });
  return expected;
}

/** Twice: one watch of each title within a few minutes, a day of its own for each round. */
function sharedSessions(titles: readonly string[], startMs: number): WatchRecord[] {
  return [0, 1].flatMap((round) =>
    titles.map((channelTitle, index) =>
      watch(startMs + round * 24 * HOUR_MS + index * MINUTE_MS, { channelTitle }),
    ),
  );
}

describe("the three hundred candidates of channel relationships", () => {
  const start = Date.UTC(2024, 0, 1);
  const fillers = (count: number) =>
    Array.from({ length: count * 3 }, (_, index) =>
      watch(start + index * HOUR_MS, { channelTitle: `Filler ${index % count}` }),
    );
  const pair = sharedSessions(["X", "Y"], Date.UTC(2024, 5, 1));

  it("hold a pair that comes 299th and 300th", () => {
    const { channel_relationships: pairs } = resultsOf([...fillers(298), ...pair], "2024-06-30");
    expect(pairs).toMatchObject([{ channel1: "X", channel2: "Y", coSessions: 2 }]);
  });

  it("leave out the one of two equals whose name comes 301st", () => {
    const { channel_relationships: pairs } = resultsOf([...fillers(299), ...pair], "2024-06-30");
    expect(pairs).toStrictEqual([]);
  });
});

describe("the score at which a relationship begins", () => {
  const sessionsOf = (channelTitle: string, count: number, startMs: number) =>
    Array.from({ length: count }, (_, index) => watch(startMs + index * HOUR_MS, { channelTitle }));
  const shared = sharedSessions(["X", "Y"], Date.UTC(2024, 5, 1));

  it.each([
    { apart: 18, scores: [10] },
    { apart: 19, scores: [] },
  ])("counts $apart sessions apart beside two together as $scores", ({ apart, scores }) => {
    const records = [
      ...shared,
      ...sessionsOf("X", apart, Date.UTC(2024, 0, 1)),
      ...sessionsOf("Y", apart, Date.UTC(2024, 2, 1)),
    ];
    const results = resultsOf(records, "2024-06-30");
    expect(results.channel_relationships.map((pair) => pair.coWatchScore)).toStrictEqual(scores);
    // Partners need no minimum score.
    expect(results.enhanced_channel_metrics[0]!.relatedChannels).toStrictEqual(["Y"]);
  });
});

describe("the loyalty score, where the order of its sum decides how it rounds,", () => {
  const onDays = (days: readonly string[]) => days.map((day) => watch(`${day}T12:00Z`));

  it("adds consistency and frequency before recency", () => {
    const watched = ["2024-01-15", "2024-03-15", "2024-05-15", "2024-07-15", "2024-11-30"];
    const records = onDays([...watched, "2024-01-16", "2024-01-17"]);
    const [metrics] = resultsOf(records, "2024-12-20").enhanced_channel_metrics;
    expect(metrics!.loyaltyScore).toBe(43); // 42 with recency second
  });

  it("does not begin with recency", () => {
    const january = Array.from({ length: 48 }, () => "2024-01-15");
    const [metrics] = resultsOf(
      onDays([...january, "2024-12-20"]),
      "2024-12-20",
    ).enhanced_channel_metrics;
    expect(metrics!.loyaltyScore).toBe(53); // 52 with recency first
  });
});

describe("days that do not begin once, at midnight,", () => {
  it("begin at their first instant where clocks go back just after it", () => {
    // St John's, 7 November 2010: the clock shows 00:00, at 00:01 goes back to 23:01 of the 6th.
    const firstMinute = Date.parse("2010-11-07T02:30Z");
    const backOnThe6th = firstMinute + 30 * MINUTE_MS;
    const results = resultsOf([watch(firstMinute), watch(backOnThe6th)], "2010-11-06", {
      timeZone: "America/St_Johns",
    });
    expect(results.kpi.totalVideos).toBe(0);
  });

  it("let a month begin, give way to the one before and begin again", () => {
    // St John's, 1 November 2009: at 00:01 back to 23:01 of 31 October.
    const novemberForAMinute = Date.parse("2009-11-01T02:30:30Z");
    const october = novemberForAMinute + 20 * MINUTE_MS;
    const november = october + HOUR_MS;
    const times = [novemberForAMinute, october, november];
    const results = resultsOf(
      times.map((time) => watch(time)),
      "2009-11-30",
      { timeZone: "America/St_Johns" },
    );
    expect(results.monthly_trend).toMatchObject([
      { month: "2009-10", videos: 1, uniqueChannels: 1 },
      { month: "2009-11", videos: 2, uniqueChannels: 1 },
    ]);
    // Two active months of two: counted from the month of the first watch it would be two of one.
    expect(results.enhanced_channel_metrics[0]).toMatchObject({
      averageVideosPerMonth: 1.5,
      viewingPattern: { consistencyScore: 100 },
    });
  });

  it("begin with the next one where the zone skips them", () => {
    const lastOfThe29th = Date.parse("2011-12-30T09:59:59.999Z");
    const asked = (asOf: string) =>
      resultsOf([watch(lastOfThe29th), watch(lastOfThe29th + 1)], asOf, {
        timeZone: "Pacific/Apia",
      }).kpi.totalVideos;
    expect([asked("2011-12-29"), asked("2011-12-30"), asked("2011-12-31")]).toStrictEqual([
      1, 1, 2,
    ]);
  });

  it("begin at one o'clock where summer time begins at midnight", () => {
    const oneOClock = Date.parse("2017-10-15T03:00Z");
    const results = resultsOf([watch(oneOClock - 1), watch(oneOClock)], "2017-10-15", {
      timeZone: "America/Sao_Paulo",
      timeframe: "MTD",
    });
    expect(results.day_time_heatmap.videos[0]!.slice(0, 2)).toStrictEqual([0, 1]);
  });
});

describe("month ends", () => {
  it("compare 29 February with the 28th of the year before", () => {
    const results = resultsOf(
      [watch("2023-02-28T23:59Z"), watch("2023-03-01T00:00Z"), watch("2024-02-29T00:00Z")],
      "2024-02-29",
      { timeframe: "MTD" },
    );
    expect(results.kpi).toMatchObject({ mtdVideos: 1, mtdYoyDelta: 0 });
  });

  it("meet without gap or overlap where two months back has fewer days", () => {
    const days = ["2024-02-28", "2024-02-29", "2024-03-01", "2024-03-31", "2024-04-30"];
    const records = [...days.map((day) => watch(`${day}T12:00Z`)), watch("2024-01-31T12:00Z")];
    const [topic] = resultsOf(records, "2024-04-30").topics_leaderboard;
    expect(topic).toMatchObject({ recentVideos: 2, previousVideos: 1 });
    const [afterMarch] = resultsOf(records, "2024-03-31").topics_leaderboard;
    expect(afterMarch).toMatchObject({ recentVideos: 2, previousVideos: 2 });
  });
});

describe("a history as it is read at a date in its middle", () => {
  it("knows no URL and no first watch from after that date", () => {
    const records = [
      watch("2024-01-10T12:00Z", { channelUrl: "b" }),
      watch("2024-02-10T12:00Z", { channelUrl: "a" }),
    ];
    const [channel] = resultsOf(records, "2024-01-31").top_channels;
    expect(channel).toMatchObject({ channelUrl: "b", videos: 1 });
  });

  it("keeps the first watch of a channel that a filter hides", () => {
    const records = [
      watch("2023-05-10T12:00Z", { product: "YouTube Music" }),
      watch("2024-01-10T12:00Z"),
    ];
    const [channel] = resultsOf(records, "2024-01-31", {
      product: "YouTube",
      timeframe: "MTD",
    }).enhanced_channel_metrics;
    expect(channel!.discovery).toMatchObject({
      discoveredAt: Date.parse("2023-05-10T12:00Z"),
      isNew: false,
      recentShare: 1,
    });
  });
});
