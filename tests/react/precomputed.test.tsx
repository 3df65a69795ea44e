import { act } from "@testing-library/react";
import { getFunctionName } from "convex/server";
import { describe, expect, it, vi } from "vitest";
import { api } from "../../convex/_generated/api";
import { AGGREGATION_TYPES, TIMEFRAMES } from "../../src/engine";
import { groupProbe, probe } from "./probes";
import {
  ALL,
  expected,
  history,
  ingest,
  newUser,
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

  it("asks for a filter that is not stored, once for all hooks of the page", async () => {
    const { userId, records } = await userWithHistory(120, true);
    const client = reactClient(userId);
    const mutation = vi.spyOn(client, "mutation");
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
      expect(states[type]).toMatchObject({ source: "precomputed", data: wanted[type] });
    }
    expect(single.seen.last.data).toEqual(wanted.kpi);
    expect(mutation.mock.calls.map(([name]) => getFunctionName(name))).toEqual([
      "aggregations:request",
    ]);
  });

  it("does not ask again when further hooks join while the answer is awaited", async () => {
    const { userId } = await userWithHistory(20, true);
    const client = reactClient(userId);
    const mutation = vi.spyOn(client, "mutation").mockReturnValue(new Promise(() => undefined));
    const filters = { ...ALL, topics: ["Music"] };
    const first = probe("kpi");
    const second = probe("top_channels");
    const { show } = renderWith(client, <first.Probe filters={filters} />);
    await expect.poll(() => mutation.mock.calls.length).toBe(1);
    show(
      <>
        <first.Probe filters={filters} />
        <second.Probe filters={filters} />
      </>,
    );
    const joined = { types: ["top_channels"], filters: { ...filters, channels: [] } };
    const watch = client.watchQuery(api.aggregations.getMany, joined);
    await expect.poll(() => watch.localQueryResult()).toBeDefined();
    expect(mutation).toHaveBeenCalledTimes(1);
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

  it("asks again when a later change makes its filter stale", async () => {
    const { userId } = await userWithHistory(20, true);
    const client = reactClient(userId);
    const mutation = vi.spyOn(client, "mutation");
    const { seen, Probe } = probe("kpi");
    renderWith(client, <Probe filters={ALL} />);
    await seen.until(({ status }) => status === "success");
    for (const total of [21, 22]) {
      mutation.mockClear();
      await act(() => ingest(userId, history(1, Date.now() - total * 1_000)));
      await seen.until(
        (state) => state.status === "success" && state.data.totalVideos === total && !state.isStale,
      );
      expect(mutation).toHaveBeenCalledTimes(1);
      await settled(userId);
    }
  });
});
