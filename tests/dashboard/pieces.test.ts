import { describe, expect, it } from "vitest";
import { placeNodes, pointAt } from "../../src/dashboard/charts/network";
import { sortChannels, type Channel } from "../../src/dashboard/panels/channelColumns";
import { isWebAddress } from "../../src/dashboard/panels/ChannelLink";
import { createFormats } from "../../src/dashboard/shared/formats";

describe("a network's nodes", () => {
  it("stand once each, evenly on the circle, connected ones side by side", () => {
    const nodes = placeNodes([
      { from: "a", to: "b", weight: 50 },
      { from: "x", to: "y", weight: 90 },
      { from: "b", to: "c", weight: 10 },
    ]);
    expect(nodes.map(({ name }) => name)).toEqual(["a", "b", "c", "x", "y"]);
    expect(nodes.map(({ angle }) => angle)).toEqual(
      [0, 1, 2, 3, 4].map((index) => (index / 5) * 2 * Math.PI),
    );
  });

  it("are counted clockwise from the top", () => {
    expect(pointAt(0, 10)).toEqual({ x: 0, y: -10 });
    expect(pointAt(Math.PI / 2, 10).x).toBeCloseTo(10);
  });
});

describe("formats", () => {
  const HALF_PAST_NINE = Date.UTC(2026, 2, 1, 21, 30);

  it("follow locale and zone", () => {
    const german = createFormats("de-DE", "Asia/Tokyo");
    expect(german.number(1_234.5)).toBe("1.234,5");
    expect(german.dateTime(HALF_PAST_NINE)).toBe("02.03.2026, 06:30");
    expect(german.month("2026-03")).toBe("März 2026");
    expect(german.weekday(1, "long")).toBe("Montag");
    const american = createFormats("en-US", "UTC");
    expect(american.change(12.4)).toBe("+12%");
    expect(american.change(-0.2)).toBe("0%");
    expect(american.percent(12.34)).toBe("12.3%");
    expect(american.weekday(0)).toBe("Sun");
    expect(american.hour(13).replace(/\s/, " ")).toBe("1 PM");
  });

  it.each([
    [59, "1 min"],
    [1_800, "30 min"],
    [5_400, "1.5 hr"],
    [360_000, "100 hr"],
  ])("write %d seconds as %s", (seconds, text) => {
    expect(createFormats("en-US", "UTC").duration(seconds)).toBe(text);
  });
});

describe("addresses", () => {
  it.each(["javascript:alert(1)", "JAVASCRIPT:alert(1)", "data:text/html,x", "vbscript:x", "x"])(
    "of other kinds do not become links: %s",
    (url) => expect(isWebAddress(url)).toBe(false),
  );

  it("of web pages do", () => {
    expect(isWebAddress("https://www.youtube.com/channel/UCa")).toBe(true);
  });
});

describe("the channel table", () => {
  const channel = (name: string, videos: number) => ({ channel: name, videos }) as Channel;
  const channels = [channel("beta", 5), channel("Émile", 9), channel("Alpha", 5)];

  it("sorts numbers both ways, equal ones as they came", () => {
    const down = sortChannels(channels, { key: "videos", isDescending: true });
    expect(down.map((row) => row.channel)).toEqual(["Émile", "beta", "Alpha"]);
    const up = sortChannels(channels, { key: "videos", isDescending: false });
    expect(up.map((row) => row.channel)).toEqual(["beta", "Alpha", "Émile"]);
  });

  it("sorts names by the alphabet, and leaves the data alone", () => {
    const sorted = sortChannels(channels, { key: "channel", isDescending: false });
    expect(sorted.map((row) => row.channel)).toEqual(["Alpha", "beta", "Émile"]);
    expect(channels[0]?.channel).toBe("beta");
  });
});
