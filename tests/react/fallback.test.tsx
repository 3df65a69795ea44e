import { act } from "@testing-library/react";
import { inject, describe, expect, it, vi } from "vitest";
import { startLocalBackend } from "../../scripts/localBackend";
import { AGGREGATION_TYPES } from "../../src/engine";
import { Computation } from "../../src/react/fallback/computation";
import { groupProbe, probe } from "./probes";
import { startRelay } from "../support/relay";
import {
  ALL,
  expected,
  FLAG,
  history,
  ingest,
  newUser,
  onCleanup,
  QUICK,
  reactClient,
  renderWith,
  setFlag,
  userWithHistory,
} from "./support";

const SOON = { ...QUICK, fallbackDelayMs: 50 };

function dayBefore(days: number): string {
  return new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
}

/** Calls of `watchRecords:page` over HTTP, by cursor. */
function watchDownloads() {
  const fetch = vi.spyOn(globalThis, "fetch");
  onCleanup(() => fetch.mockRestore());
  return () =>
    fetch.mock.calls
      .map(([, init]) => (typeof init?.body === "string" ? init.body : ""))
      .filter((body) => body.includes("watchRecords:page"));
}

async function relayTo(target = inject("backendUrl")) {
  const relay = await startRelay(target);
  onCleanup(() => relay.close());
  return relay;
}

describe("with the flag off, useAggregation", () => {
  it("computes all ten in the browser, from one download for all hooks", async () => {
    const { userId, records } = await userWithHistory(120, false);
    const downloads = watchDownloads();
    const computations = vi.spyOn(Computation.prototype, "aggregate");
    onCleanup(() => computations.mockRestore());
    const all = groupProbe(AGGREGATION_TYPES);
    const single = probe("kpi");
    renderWith(
      reactClient(userId),
      <>
        <all.Probe filters={ALL} />
        <single.Probe filters={{ ...ALL, timeframe: "MTD" }} />
      </>,
    );
    const states = await all.seen.until((seen) =>
      AGGREGATION_TYPES.every((type) => seen[type].status === "success"),
    );
    const wanted = expected(records);
    for (const type of AGGREGATION_TYPES) {
      expect(states[type]).toMatchObject({ source: "client-side", isStale: false });
      expect(states[type].data).toEqual(wanted[type]);
    }
    await single.seen.until(({ status }) => status === "success");
    expect(single.seen.last.data).toEqual(expected(records, { ...ALL, timeframe: "MTD" }).kpi);
    expect(downloads()).toHaveLength(1);
    expect(computations).toHaveBeenCalledTimes(1);
  });

  it("tells how far the download is", async () => {
    const { userId } = await userWithHistory(25, false);
    const { seen, Probe } = probe("kpi");
    renderWith(reactClient(userId), <Probe filters={ALL} />, { ...QUICK, pageRecords: 10 });
    await seen.until(({ status }) => status === "success");
    const progress = seen.values.map((state) => state.progress).filter((value) => value !== null);
    expect(progress).toEqual([
      { loaded: 0, total: null },
      { loaded: 10, total: 25 },
      { loaded: 20, total: 25 },
      { loaded: 25, total: 25 },
    ]);
    expect(seen.last.progress).toBeNull();
  });

  it("uses what it has when only the filters change", async () => {
    const { userId, records } = await userWithHistory(60, false);
    const downloads = watchDownloads();
    const { seen, Probe } = probe("top_channels");
    const { show } = renderWith(reactClient(userId), <Probe filters={ALL} />);
    await seen.until(({ status }) => status === "success");
    const filters = { ...ALL, channels: ["Émile's Kitchen"] };
    show(<Probe filters={filters} />);
    expect(seen.last).toMatchObject({ status: "success", isStale: true });
    await seen.until(({ isStale }) => !isStale);
    expect(seen.last.data).toEqual(expected(records, filters).top_channels);
    expect(downloads()).toHaveLength(1);
  });

  it("computes any range of days, as of its last", async () => {
    const { userId, records } = await userWithHistory(60, false);
    const [first, last] = [3, 2].map((days) => dayBefore(days));
    const filters = { ...ALL, timeframe: `${first!}/${last!}` as const };
    const { seen, Probe } = groupProbe(AGGREGATION_TYPES);
    renderWith(reactClient(userId), <Probe filters={filters} />);
    const states = await seen.until((all) =>
      AGGREGATION_TYPES.every((type) => all[type].status === "success"),
    );
    const wanted = expected(records, filters);
    for (const type of AGGREGATION_TYPES) expect(states[type].data).toEqual(wanted[type]);
  });

  it("downloads again when the records change elsewhere", async () => {
    const { userId, records } = await userWithHistory(30, false);
    const { seen, Probe } = probe("kpi");
    renderWith(reactClient(userId), <Probe filters={ALL} />);
    await seen.until(({ status }) => status === "success");
    const more = history(1, Date.now() - 5_000);
    await ingest(userId, more);
    await seen.until((state) => state.status === "success" && state.data.totalVideos === 31);
    await seen.until(({ isStale }) => !isStale);
    expect(seen.last.data).toEqual(expected([...records, ...more]).kpi);
  });

  it("stops downloading when nothing is shown any more", async () => {
    const { userId } = await userWithHistory(40, false);
    const downloads = watchDownloads();
    const { seen, Probe } = probe("kpi");
    // What was loaded would be kept for a minute; the rest must not be loaded all the same.
    const options = { ...QUICK, pageRecords: 1, retainMs: 60_000 };
    const { show } = renderWith(reactClient(userId), <Probe filters={ALL} />, options);
    await seen.until(({ progress }) => (progress?.loaded ?? 0) >= 3);
    show(null);
    const begun = downloads().length;
    // Another user's whole download takes longer than one more page of this one.
    const other = await userWithHistory(40, false);
    const second = probe("kpi");
    renderWith(reactClient(other.userId), <second.Probe filters={ALL} />, options);
    await second.seen.until(({ status }) => status === "success");
    expect(downloads().length - begun).toBeLessThanOrEqual(41);
  });

  it("says why when even the browser cannot compute, and recovers", async () => {
    const { userId } = await userWithHistory(10, false);
    const fetch = vi.spyOn(globalThis, "fetch");
    onCleanup(() => fetch.mockRestore());
    const client = reactClient(userId);
    const query = vi.spyOn(client, "query").mockRejectedValueOnce(new Error("no way through"));
    fetch.mockRejectedValueOnce(new TypeError("fetch failed"));
    const { seen, Probe } = probe("kpi");
    renderWith(client, <Probe filters={ALL} />);
    const failure = await seen.until(({ status }) => status === "error");
    expect(failure).toMatchObject({ loading: false, data: undefined });
    expect(failure.error?.message).toMatch(/no way through/);
    await seen.until(({ status }) => status === "success");
    expect(query).toHaveBeenCalledTimes(1);
  });
});

describe("with the flag on but no answer, useAggregation", () => {
  it("computes after the delay, and recovers by itself when the socket gets through", async () => {
    const { userId, records } = await userWithHistory(30, true);
    const relay = await relayTo();
    relay.setMode("http");
    const { seen, Probe } = probe("kpi");
    renderWith(reactClient(userId, relay.url), <Probe filters={ALL} />, SOON);
    const computed = await seen.until(({ status }) => status === "success");
    expect(computed).toMatchObject({ source: "client-side", data: expected(records).kpi });
    relay.setMode("open");
    const stored = await seen.until(({ source }) => source === "precomputed");
    expect(stored.data).toBe(computed.data);
    expect(seen.values.filter(({ status }) => status === "error")).toEqual([]);
  });

  it("computes though the socket is open, where it never answers", async () => {
    const { userId, records } = await userWithHistory(30, true);
    const relay = await relayTo();
    relay.setMode("mute");
    const { seen, Probe } = probe("kpi");
    renderWith(reactClient(userId, relay.url), <Probe filters={ALL} />, SOON);
    const computed = await seen.until(({ status }) => status === "success");
    expect(computed).toMatchObject({ source: "client-side", data: expected(records).kpi });
    relay.setMode("open");
    relay.drop();
    await seen.until(({ source }) => source === "precomputed");
  });

  it("says that there is no connection where nothing gets through, and recovers", async () => {
    const { userId, records } = await userWithHistory(30, true);
    const relay = await relayTo();
    relay.setMode("none");
    const { seen, Probe } = probe("kpi");
    renderWith(reactClient(userId, relay.url), <Probe filters={ALL} />, SOON);
    const failure = await seen.until(({ status }) => status === "error");
    expect(failure.error).toMatchObject({ code: "NO_CONNECTION" });
    expect(failure.error?.message).toMatch(/cannot be reached.*keeps trying/);
    relay.setMode("open");
    await seen.until(({ source }) => source === "precomputed");
    expect(seen.last.data).toEqual(expected(records).kpi);
  });

  it("does not compute before the delay is over", async () => {
    const { userId } = await userWithHistory(10, true);
    const downloads = watchDownloads();
    const { seen, Probe } = probe("kpi");
    renderWith(reactClient(userId), <Probe filters={ALL} />, { ...QUICK, fallbackDelayMs: 60_000 });
    await seen.until(({ source }) => source === "precomputed");
    expect(downloads()).toEqual([]);
  });

  it("computes at once when the read fails, until it works again", async () => {
    const backend = await startLocalBackend({
      withCrons: false,
      adminKey: inject("adminKey"),
      convexDirectory: "tests/fixtures/faultyConvex",
    });
    onCleanup(() => backend.close());
    const userId = newUser();
    const set = async (key: string, value: boolean) =>
      await setFlag(userId, value, key, backend.url);
    await set(FLAG, true);
    await set("broken", true);
    const { seen, Probe } = probe("kpi");
    const options = { ...QUICK, fallbackDelayMs: 60_000 };
    renderWith(reactClient(userId, backend.url), <Probe filters={ALL} />, options);
    const state = await seen.until(({ status }) => status === "success");
    expect(state).toMatchObject({ source: "client-side", data: { totalVideos: 0 } });
    await set("broken", false);
    await seen.until(({ source }) => source === "precomputed");
    expect(seen.values.filter(({ status }) => status === "error")).toEqual([]);
  });
});

describe("flipping the user's flag in the database", () => {
  it("flips a mounted page both ways, without reload or an empty panel", async () => {
    const { userId, records } = await userWithHistory(80, true);
    const { seen, Probe } = groupProbe(AGGREGATION_TYPES);
    renderWith(reactClient(userId), <Probe filters={ALL} />);
    const isAllFrom = (source: string) => (states: (typeof seen)["last"]) =>
      AGGREGATION_TYPES.every((type) => states[type].source === source);
    await seen.until(isAllFrom("precomputed"));
    seen.clear();
    const before = seen.last;
    await act(() => setFlag(userId, false));
    const computed = await seen.until(isAllFrom("client-side"));
    await act(() => setFlag(userId, true));
    const stored = await seen.until(isAllFrom("precomputed"));
    for (const type of AGGREGATION_TYPES) {
      expect(computed[type].data).toBe(before[type].data);
      expect(stored[type].data).toEqual(expected(records)[type]);
      expect(seen.values.every((states) => states[type].status === "success")).toBe(true);
    }
  });
});
