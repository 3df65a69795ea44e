import { act } from "@testing-library/react";
import { getFunctionName } from "convex/server";
import { describe, expect, it, vi } from "vitest";
import { AGGREGATION_TYPES, type FilterOptions } from "../../src/engine";
import { DEFAULT_OPTIONS } from "../../src/react";
import { Computation } from "../../src/react/fallback/computation";
import { PageStore } from "../../src/react/store/pageStore";
import { groupProbe, probe } from "./probes";
import {
  ALL,
  expected,
  history,
  ingest,
  newUser,
  onCleanup,
  QUICK,
  reactClient,
  renderWith,
  setFlag,
  unreachedUser,
  userWithHistory,
} from "./support";

const MUSIC: FilterOptions = { ...ALL, topics: ["Music"] };
const ALPHA: FilterOptions = { ...ALL, timeframe: "Last12M", channels: ["Alpha"] };
const BETA: FilterOptions = { ...ALL, channels: ["Beta"] };

/** What was asked for over HTTP: pages of records, and the arguments of `aggregations:columns`. */
function watchDownloads() {
  const fetch = vi.spyOn(globalThis, "fetch");
  onCleanup(() => fetch.mockRestore());
  const callsOf = (path: string) =>
    fetch.mock.calls
      .map(([, init]) => (typeof init?.body === "string" ? init.body : ""))
      .filter((body) => body.includes(path))
      .map((body) => (JSON.parse(body) as { args: [{ months?: string[] }] }).args[0]);
  return {
    pages: () => callsOf("watchRecords:page"),
    columns: () => callsOf("aggregations:columns"),
  };
}

describe("where the rollout has not reached the user, useAggregation", () => {
  it("computes all ten from the columns, and downloads no record", async () => {
    const { userId, records } = await unreachedUser(200);
    const downloads = watchDownloads();
    const { seen, Probe } = groupProbe(AGGREGATION_TYPES);
    const { show } = renderWith(reactClient(userId), <Probe filters={ALL} />);
    for (const filters of [ALL, MUSIC, ALPHA]) {
      show(<Probe filters={filters} />);
      const states = await seen.until((all) =>
        AGGREGATION_TYPES.every((type) => all[type].status === "success" && !all[type].isStale),
      );
      const wanted = expected(records, filters);
      for (const type of AGGREGATION_TYPES) {
        expect(states[type]).toMatchObject({
          ...{ source: "client-side", basis: "segments" },
          data: wanted[type],
        });
      }
    }
    expect(downloads.pages()).toEqual([]);
    // The list, and all bytes at once.
    expect(downloads.columns()).toHaveLength(2);
  });

  it("brings one month for a change, stale first, then current", async () => {
    const { userId, records } = await unreachedUser(1_500);
    const downloads = watchDownloads();
    const { seen, Probe } = probe("kpi");
    renderWith(reactClient(userId), <Probe filters={ALL} />);
    await seen.until(({ status }) => status === "success");
    const before = downloads.columns();
    expect(before.flatMap(({ months = [] }) => months).length).toBeGreaterThan(1);
    seen.clear();
    const more = history(1, Date.now() - 5_000);
    await act(() => ingest(userId, more));
    await seen.until((state) => state.status === "success" && state.data.totalVideos === 1_501);
    await seen.until(({ isStale }) => !isStale);
    expect(seen.last.data).toEqual(expected([...records, ...more]).kpi);
    expect(seen.values.some(({ isStale }) => isStale)).toBe(true);
    const month = new Date(Date.now() - 5_000).toISOString().slice(0, 7);
    const later = downloads.columns().slice(before.length);
    expect(later.map(({ months }) => months).filter((months) => months !== undefined)).toEqual([
      [month],
    ]);
    expect(downloads.pages()).toEqual([]);
  });

  it("tells how far the download is", async () => {
    const { userId } = await unreachedUser(25);
    const { seen, Probe } = probe("kpi");
    renderWith(reactClient(userId), <Probe filters={ALL} />);
    await seen.until(({ status }) => status === "success");
    const progress = seen.values.map((state) => state.progress).filter((value) => value !== null);
    expect(progress).toEqual([
      { loaded: 0, total: null },
      { loaded: 0, total: 25 },
      { loaded: 25, total: 25 },
    ]);
  });

  it("computes from the records before the first build, and from the columns after it", async () => {
    const userId = newUser();
    const { seen, Probe } = probe("kpi");
    renderWith(reactClient(userId), <Probe filters={ALL} />);
    await seen.until(({ status }) => status === "success");
    expect(seen.last).toMatchObject({ source: "client-side", basis: "records" });
    const records = history(30);
    await act(() => ingest(userId, records));
    await seen.until(({ basis, isStale }) => basis === "segments" && !isStale);
    expect(seen.last.data).toEqual(expected(records).kpi);
  });

  it("computes from the records once the user was rolled back, and never goes blank", async () => {
    const { userId, records } = await unreachedUser(60);
    const downloads = watchDownloads();
    const { seen, Probe } = probe("kpi");
    renderWith(reactClient(userId), <Probe filters={ALL} />);
    const before = await seen.until(({ status }) => status === "success");
    seen.clear();
    await act(() => setFlag(userId, false));
    const after = await seen.until(({ basis }) => basis === "records");
    expect(after).toMatchObject({ source: "client-side", data: expected(records).kpi });
    expect(after.data).toBe(before.data);
    expect(seen.values.every(({ status }) => status === "success")).toBe(true);
    expect(downloads.pages()).toHaveLength(1);
  });

  it("computes from the records where the columns cannot be read", async () => {
    const { userId, records } = await unreachedUser(60);
    const broken = vi.spyOn(Computation.prototype, "commitColumns").mockImplementation(() => {
      throw new Error("a segment names number 7 of 3");
    });
    onCleanup(() => broken.mockRestore());
    const { seen, Probe } = probe("kpi");
    renderWith(reactClient(userId), <Probe filters={ALL} />);
    const state = await seen.until(({ status }) => status === "success");
    expect(state).toMatchObject({ basis: "records", data: expected(records).kpi });
    expect(seen.values.filter(({ status }) => status === "error")).toEqual([]);
    expect(broken).toHaveBeenCalledTimes(1);
  });
});

describe("with the flag on, a page that goes from filter to filter", () => {
  /** Two filters that the server computes, then the columns are here. */
  async function browsingPage(count: number) {
    const { userId, records } = await userWithHistory(count, true);
    const downloads = watchDownloads();
    const client = reactClient(userId);
    const watchQuery = vi.spyOn(client, "watchQuery");
    const commits = vi.spyOn(Computation.prototype, "commitColumns");
    onCleanup(() => commits.mockRestore());
    const fixed = probe("kpi");
    const { seen, Probe } = groupProbe(AGGREGATION_TYPES);
    const page = (filters: FilterOptions) => (
      <>
        <fixed.Probe filters={ALL} />
        <Probe filters={filters} />
      </>
    );
    const { show } = renderWith(client, page(ALL));
    const until = async (basis: string) =>
      await seen.until((all) =>
        AGGREGATION_TYPES.every((type) => all[type].basis === basis && !all[type].isStale),
      );
    await until("results");
    show(page(MUSIC));
    await until("segments");
    expect(downloads.columns()).toEqual([]);
    show(page(ALPHA));
    await vi.waitUntil(() => commits.mock.results.length > 0, { timeout: 20_000 });
    const asked = () =>
      watchQuery.mock.calls
        .filter(([query]) => getFunctionName(query) === "aggregations:getMany")
        .map(([, args]) => (args as { filters: FilterOptions }).filters);
    return { userId, records, downloads, asked, fixed, seen, until, show, page };
  }

  it("computes from the third on by itself, while the default stays the server's", async () => {
    const { records, downloads, asked, fixed, seen, until, show, page } = await browsingPage(120);
    const before = asked().length;
    for (const filters of [BETA, MUSIC, { ...BETA, timeframe: "2026-01-01/2026-06-30" as const }]) {
      show(page(filters));
      await seen.until((all) => AGGREGATION_TYPES.every((type) => !all[type].isStale));
      const states = await until("segments");
      const wanted = expected(records, filters);
      for (const type of AGGREGATION_TYPES) {
        expect(states[type]).toMatchObject({ source: "client-side", data: wanted[type] });
      }
    }
    expect(asked()).toHaveLength(before);
    expect(fixed.seen.last).toMatchObject({ source: "precomputed", basis: "results" });
    show(page({ ...ALL, timeframe: "Last6M" }));
    await until("results");
    expect(downloads.pages()).toEqual([]);
    for (const { status } of fixed.seen.values.slice(1)) expect(status).not.toBe("error");
  });

  it("follows changes, and numbers computed here equal those of the server", async () => {
    const { userId, records, fixed, seen, show, page } = await browsingPage(120);
    show(page(BETA));
    await seen.until(({ kpi }) => kpi.source === "client-side");
    const more = history(8, Date.now() - 5_000);
    await act(() => ingest(userId, more));
    const wanted = expected([...records, ...more], BETA);
    await seen.until((all) =>
      AGGREGATION_TYPES.every((type) => all[type].source === "client-side" && !all[type].isStale),
    );
    await seen.until(
      ({ kpi }) => kpi.status === "success" && kpi.data.totalVideos === wanted.kpi?.totalVideos,
    );
    await seen.until(({ kpi }) => !kpi.isStale);
    for (const type of AGGREGATION_TYPES) expect(seen.last[type].data).toEqual(wanted[type]);
    await fixed.seen.until((state) => state.status === "success" && state.data.totalVideos === 128);
  });

  it("goes back to the server, or to the records, when the columns are no longer trusted", async () => {
    const { userId, records, seen, show, page } = await browsingPage(120);
    show(page(BETA));
    await seen.until(({ kpi }) => kpi.source === "client-side");
    seen.clear();
    await act(() => setFlag(userId, false));
    await seen.until((all) => AGGREGATION_TYPES.every((type) => all[type].basis === "records"));
    const wanted = expected(records, BETA);
    for (const type of AGGREGATION_TYPES) {
      expect(seen.last[type].data).toEqual(wanted[type]);
      expect(seen.values.every((states) => states[type].status === "success")).toBe(true);
    }
  });

  it("lets the columns go when nothing is shown any more", async () => {
    const { userId } = await userWithHistory(20, true);
    const commits = vi.spyOn(Computation.prototype, "commitColumns");
    onCleanup(() => commits.mockRestore());
    const store = new PageStore(reactClient(userId), { ...DEFAULT_OPTIONS, ...QUICK });
    const releases = [MUSIC, ALPHA].map((filters) => store.retain("auto", ["kpi"], filters));
    await vi.waitUntil(() => commits.mock.results.length > 0, { timeout: 20_000 });
    for (const release of releases) release();
    await vi.waitUntil(() => store.size === 0, { timeout: 20_000 });
  });
});

it("fetches nothing for a page that shows two filters of the defaults", async () => {
  const { userId } = await userWithHistory(20, true);
  const downloads = watchDownloads();
  const { seen, Probe } = probe("kpi");
  const { show } = renderWith(reactClient(userId), <Probe filters={ALL} />, QUICK);
  for (const timeframe of ["MTD", "Last6M", "Last12M"] as const) {
    show(<Probe filters={{ ...ALL, timeframe }} />);
    await seen.until(({ isStale, status }) => status === "success" && !isStale);
  }
  expect(downloads.columns()).toEqual([]);
});
