import { act } from "@testing-library/react";
import { getFunctionName } from "convex/server";
import { describe, expect, it, vi } from "vitest";
import { AGGREGATION_TYPES, TIMEFRAMES, type WatchRecord } from "../../src/engine";
import { groupProbe, probe } from "./probes";
import {
  ALL,
  DAY_MS,
  expected,
  history,
  ingest,
  isStored,
  newUser,
  QUICK,
  reactClient,
  renderWith,
  setFlag,
  settled,
  userWithHistory,
} from "./support";

describe("with the flag on, useAggregation", () => {
  it("goes from pending to the stored result", async () => {
    const { userId, records } = await userWithHistory(120, true);
    const { seen, Probe } = probe("kpi");
    renderWith(reactClient(userId), <Probe filters={ALL} />);
    expect(seen.last).toMatchObject({ status: "pending", data: undefined, loading: true });
    const state = await seen.until(({ status }) => status === "success");
    expect(state).toMatchObject({
      data: expected(records).kpi,
      source: "precomputed",
      isStale: false,
      loading: false,
      error: null,
    });
    expect(state.computedAt).toBeLessThanOrEqual(Date.now());
    expect(seen.values.map(({ status }) => status)).toEqual(["pending", "success"]);
  });

  it("gets a filter that is not stored by the first reply, for all hooks of the page", async () => {
    const { userId, records } = await userWithHistory(120, true);
    const client = reactClient(userId);
    const filters = { ...ALL, topics: ["Music"], channels: ["Beta", "Alpha"] };
    const all = groupProbe(AGGREGATION_TYPES);
    const single = probe("kpi");
    renderWith(
      client,
      <>
        <all.Probe filters={filters} />
        <single.Probe filters={{ ...filters, channels: ["Alpha", " Beta"] }} />
      </>,
    );
    const states = await all.seen.until((seen) =>
      AGGREGATION_TYPES.every((type) => seen[type].status === "success"),
    );
    const wanted = expected(records, filters);
    for (const type of AGGREGATION_TYPES) {
      expect(states[type]).toMatchObject({
        source: "precomputed",
        basis: "segments",
        isStale: false,
        data: wanted[type],
      });
    }
    expect(single.seen.last.data).toEqual(wanted.kpi);
    expect(await isStored(userId, filters)).toBe(false);
  });

  it("tells the server once that somebody is here, however many filters there are", async () => {
    const { userId } = await userWithHistory(20, true);
    const client = reactClient(userId);
    const mutation = vi.spyOn(client, "mutation");
    const probes = Array.from({ length: 60 }, (_, index) => ({
      filters: {
        ...ALL,
        timeframe: TIMEFRAMES[index % TIMEFRAMES.length]!,
        topics: [`Topic ${String(Math.floor(index / TIMEFRAMES.length))}`],
      },
      ...probe("kpi"),
    }));
    const page = (count: number) => (
      <>
        {probes.slice(0, count).map(({ filters, Probe }) => (
          <Probe key={JSON.stringify(filters)} filters={filters} />
        ))}
      </>
    );
    const { show } = renderWith(client, page(2));
    await Promise.all(
      probes.slice(0, 2).map(({ seen }) => seen.until(({ status }) => status === "success")),
    );
    show(page(60));
    await Promise.all(probes.map(({ seen }) => seen.until(({ status }) => status === "success")));
    await settled(userId);
    const requests = mutation.mock.calls.filter(
      ([name]) => getFunctionName(name) === "aggregations:request",
    );
    expect(requests).toHaveLength(1);
    expect(requests[0]?.[1]).not.toHaveProperty("keep");
  });

  it("has a filter stored that the server computed three times", async () => {
    const { userId, records } = await userWithHistory(20, true);
    const { seen, Probe } = probe("kpi");
    const filters = { ...ALL, topics: ["Music"] };
    renderWith(reactClient(userId), <Probe filters={filters} />);
    await seen.until(({ status }) => status === "success");
    const added: WatchRecord[] = [];
    for (let change = 0; seen.last.basis !== "results" && change < 10; change++) {
      if (change < 2) expect(await isStored(userId, filters)).toBe(false);
      const more = history(1, Date.now() - change * 1_000);
      added.push(...more);
      await act(() => ingest(userId, more));
      await seen.until(
        (state) =>
          state.status === "success" &&
          state.data.totalVideos === expected([...records, ...added], filters).kpi?.totalVideos,
      );
      await settled(userId);
    }
    expect(await isStored(userId, filters)).toBe(true);
    expect(seen.last.basis).toBe("results");
  });

  it("turns with the day, before anything was recomputed", async () => {
    const { userId, records } = await userWithHistory(50, true);
    let ahead = 0;
    const options = { ...QUICK, now: () => Date.now() + ahead };
    const { seen, Probe } = probe("kpi");
    const { show } = renderWith(reactClient(userId), <Probe filters={ALL} />, options);
    const today = await seen.until(({ status }) => status === "success");
    expect(today).toMatchObject({ basis: "results" });
    ahead = 40 * DAY_MS;
    show(<Probe filters={{ ...ALL }} key="again" />);
    const later = await seen.until(({ basis, isStale }) => basis === "segments" && !isStale);
    expect(later.data).toEqual(expected(records, ALL, Date.now() + ahead).kpi);
  });

  it("shows what is stored where the server does not answer for the day of this clock", async () => {
    const { userId, records } = await userWithHistory(50, true);
    const options = { ...QUICK, now: () => Date.now() + 3 * 366 * DAY_MS };
    const { seen, Probe } = probe("kpi");
    renderWith(reactClient(userId), <Probe filters={ALL} />, options);
    const state = await seen.until(({ status }) => status !== "pending");
    expect(state).toMatchObject({ source: "precomputed", isStale: true });
    expect(state.data).toEqual(expected(records).kpi);
  });

  it("subscribes once, however often it renders with filters written inline", async () => {
    const { userId } = await userWithHistory(20, true);
    const client = reactClient(userId);
    const watchQuery = vi.spyOn(client, "watchQuery");
    const { seen, Probe } = probe("kpi");
    const { show } = renderWith(client, <Probe filters={ALL} />);
    await seen.until(({ status }) => status === "success");
    const before = seen.last;
    for (let render = 0; render < 20; render++) show(<Probe filters={{ ...ALL }} />);
    expect(seen.last).toBe(before);
    const rows = watchQuery.mock.calls.filter(
      ([query]) => getFunctionName(query) === "aggregations:getMany",
    );
    expect(rows).toHaveLength(1);
  });

  it("shows a change made elsewhere, stale first, then current", async () => {
    const { userId, records } = await userWithHistory(50, true);
    const { seen, Probe } = probe("kpi");
    renderWith(reactClient(userId), <Probe filters={ALL} />);
    await seen.until(({ status }) => status === "success");
    seen.clear();
    const more = history(1, Date.now() - 5_000);
    await ingest(userId, more);
    await seen.until((state) => state.status === "success" && state.data.totalVideos === 51);
    await seen.until(({ isStale }) => !isStale);
    expect(seen.last.data).toEqual(expected([...records, ...more]).kpi);
    const outdated = seen.values.filter(({ isStale }) => isStale);
    expect(outdated.length).toBeGreaterThan(0);
    expect(outdated.every(({ loading, data }) => loading && data !== undefined)).toBe(true);
  });

  it("keeps the same data object while a change leaves the result equal", async () => {
    const { userId } = await userWithHistory(50, true);
    const { seen, Probe } = probe("kpi");
    const music = { ...ALL, topics: ["Music"] };
    renderWith(reactClient(userId), <Probe filters={music} />);
    const { data } = await seen.until(({ status, isStale }) => status === "success" && !isStale);
    seen.clear();
    await ingest(userId, [{ ...history(1, Date.now() - 5_000)[0]!, topics: ["Gaming"] }]);
    await seen.until(({ isStale }) => isStale);
    await seen.until(({ isStale }) => !isStale);
    expect(seen.values.every((state) => state.data === data)).toBe(true);
  });

  it("shows the earlier data, stale, until that of changed filters arrives", async () => {
    const { userId, records } = await userWithHistory(50, true);
    const { seen, Probe } = probe("monthly_trend");
    const { show } = renderWith(reactClient(userId), <Probe filters={ALL} />);
    const before = await seen.until(({ status }) => status === "success");
    seen.clear();
    for (const timeframe of TIMEFRAMES) {
      show(<Probe filters={{ ...ALL, timeframe }} />);
      await seen.until(({ isStale }) => !isStale);
      const wanted = expected(records, { ...ALL, timeframe }).monthly_trend;
      expect(seen.last.data).toEqual(wanted);
    }
    expect(seen.values[1]).toMatchObject({ data: before.data, isStale: true, loading: true });
    expect(seen.values.every(({ status }) => status === "success")).toBe(true);
  });

  it("shows an empty history as results of nothing, not as an error", async () => {
    const userId = newUser();
    await setFlag(userId, true);
    const { seen, Probe } = probe("top_channels");
    renderWith(reactClient(userId), <Probe filters={ALL} />);
    const state = await seen.until(({ status }) => status === "success");
    expect(state).toMatchObject({ data: [], source: "precomputed" });
  });

  it("follows each change without asking for it", async () => {
    const { userId } = await userWithHistory(20, true);
    const client = reactClient(userId);
    const { seen, Probe } = probe("kpi");
    renderWith(client, <Probe filters={ALL} />);
    await seen.until(({ status }) => status === "success");
    const mutation = vi.spyOn(client, "mutation");
    for (const total of [21, 22]) {
      await act(() => ingest(userId, history(1, Date.now() - total * 1_000)));
      await seen.until(
        (state) => state.status === "success" && state.data.totalVideos === total && !state.isStale,
      );
      await settled(userId);
    }
    expect(mutation).not.toHaveBeenCalled();
  });
});
