import { act } from "@testing-library/react";
import type { ConvexReactClient } from "convex/react";
import { getFunctionName } from "convex/server";
import { afterEach, describe, expect, inject, it, vi } from "vitest";
import { startLocalBackend } from "../../scripts/localBackend";
import { AGGREGATION_TYPES } from "../../src/engine";
import { DEFAULT_OPTIONS } from "../../src/react";
import type { ReadSample } from "../../src/react/store/readWatch";
import { Telemetry } from "../../src/react/store/telemetry";
import { startRelay } from "../support/relay";
import { groupProbe, probe } from "./probes";
import {
  ALL,
  FLAG,
  newUser,
  onCleanup,
  QUICK,
  reactClient,
  renderWith,
  setFlag,
  unreachedUser,
  userWithHistory,
} from "./support";

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const REPORTING = { ...QUICK, telemetrySampleRate: 1, telemetryIntervalMs: 20 };

/** The reports a client sends, which the backend takes as they are. */
function watchReports(client: ConvexReactClient) {
  const mutation = vi.spyOn(client, "mutation");
  const reports = () =>
    mutation.mock.calls
      .filter(([name]) => getFunctionName(name) === "telemetry:report")
      .map(([, args]) => (args as { samples: ReadSample[] }).samples);
  const until = async (count: number) => {
    await vi.waitUntil(() => reports().flat().length >= count, { timeout: 20_000 });
    const calls = mutation.mock.results.map(({ value }) => value as Promise<unknown>);
    await Promise.all(calls); // none is refused
    return reports().flat();
  };
  return { reports, until };
}

async function faultyBackend() {
  const backend = await startLocalBackend({
    withCrons: false,
    adminKey: inject("adminKey"),
    convexDirectory: "tests/fixtures/faultyConvex",
  });
  onCleanup(() => backend.close());
  return backend;
}

describe("the hooks report", () => {
  it("a hit where the stored result was there, with the time it took", async () => {
    const { userId } = await userWithHistory(20, true);
    const client = reactClient(userId);
    const { until } = watchReports(client);
    const { Probe } = groupProbe(AGGREGATION_TYPES);
    renderWith(client, <Probe filters={ALL} />, REPORTING);
    const samples = await until(10);
    expect(samples).toHaveLength(10);
    for (const sample of samples) {
      expect(sample).toEqual({
        outcome: "hit",
        basis: "results",
        responseMs: expect.any(Number) as number,
      });
      expect(sample.responseMs).toBeGreaterThan(0);
    }
  });

  it("a hit where the first reply was computed from the segments", async () => {
    const { userId } = await userWithHistory(20, true);
    const client = reactClient(userId);
    const { until } = watchReports(client);
    const { Probe } = probe("kpi");
    renderWith(client, <Probe filters={{ ...ALL, topics: ["Music"] }} />, REPORTING);
    expect(await until(1)).toMatchObject([{ outcome: "hit", basis: "segments" }]);
  });

  it("that the flag is off", async () => {
    const { userId } = await userWithHistory(20, false);
    const client = reactClient(userId);
    const { until } = watchReports(client);
    const { Probe } = probe("kpi");
    renderWith(client, <Probe filters={ALL} />, REPORTING);
    expect(await until(1)).toMatchObject([{ outcome: "off" }]);
  });

  it("that the browser computed from the columns, with the flag off or on", async () => {
    const unreached = await unreachedUser(20);
    const offClient = reactClient(unreached.userId);
    const off = watchReports(offClient);
    const first = probe("kpi");
    renderWith(offClient, <first.Probe filters={ALL} />, REPORTING);
    expect(await off.until(1)).toMatchObject([{ outcome: "local" }]);
    const { userId } = await userWithHistory(20, true);
    const client = reactClient(userId);
    const { until } = watchReports(client);
    const { seen, Probe } = probe("kpi");
    const page = (topic: string) => <Probe filters={{ ...ALL, topics: [topic] }} />;
    const { show } = renderWith(client, page("0"), REPORTING);
    for (let topic = 1; seen.values.every(({ source }) => source !== "client-side"); topic++) {
      await seen.until(({ status, isStale }) => status === "success" && !isStale);
      show(page(String(topic)));
    }
    await vi.waitUntil(async () => (await until(1)).at(-1)?.outcome === "local");
    const outcomes = (await until(1)).map(({ outcome }) => outcome);
    expect(new Set(outcomes)).toEqual(new Set(["hit", "local"]));
  });

  it("a fallback, once there is a connection again", async () => {
    const { userId } = await userWithHistory(20, true);
    const relay = await startRelay(inject("backendUrl"));
    onCleanup(() => relay.close());
    relay.setMode("http");
    const client = reactClient(userId, relay.url);
    const { reports, until } = watchReports(client);
    const { seen, Probe } = probe("kpi");
    renderWith(client, <Probe filters={ALL} />, { ...REPORTING, fallbackDelayMs: 100 });
    await seen.until(({ source }) => source === "client-side");
    await vi.waitUntil(() => reports().length === 1);
    relay.setMode("open");
    const [sample] = await until(1);
    expect(sample?.outcome).toBe("fallback");
    expect(sample?.responseMs).toBeGreaterThanOrEqual(100);
    await seen.until(({ source }) => source === "precomputed");
  });

  it("that the server failed, though the browser answered, at first and later", async () => {
    const backend = await faultyBackend();
    const userId = newUser();
    const set = async (key: string, value: boolean) =>
      await setFlag(userId, value, key, backend.url);
    await set(FLAG, true);
    await set("broken", true);
    const client = reactClient(userId, backend.url);
    const { until } = watchReports(client);
    const { seen, Probe } = probe("kpi");
    renderWith(client, <Probe filters={ALL} />, REPORTING);
    expect(await until(1)).toMatchObject([{ outcome: "fallback", hasFailed: true }]);
    await act(() => set("broken", false));
    await seen.until(({ source }) => source === "precomputed");
  });

  it("what begins to fail while it is shown", async () => {
    const backend = await faultyBackend();
    const userId = newUser();
    const set = async (key: string, value: boolean) =>
      await setFlag(userId, value, key, backend.url);
    await set(FLAG, true);
    const client = reactClient(userId, backend.url);
    const { until } = watchReports(client);
    const { seen, Probe } = probe("kpi");
    renderWith(client, <Probe filters={ALL} />, REPORTING);
    await seen.until(({ source }) => source === "precomputed");
    expect(await until(1)).toMatchObject([{ outcome: "hit" }]);
    await act(() => set("broken", true));
    await seen.until(({ source }) => source === "client-side");
    const [, later] = await until(2);
    expect(later).toMatchObject({ outcome: "fallback", hasFailed: true });
  });

  it("each wish once, however many components show it and however often they render", async () => {
    const { userId } = await userWithHistory(20, true);
    const client = reactClient(userId);
    const { reports, until } = watchReports(client);
    const { seen, Probe } = probe("kpi");
    const both = (filters: typeof ALL) => (
      <>
        <Probe filters={filters} />
        <Probe filters={filters} />
      </>
    );
    const view = renderWith(client, both(ALL), { ...REPORTING, retainMs: 60_000 });
    await until(1);
    view.show(both(ALL));
    for (const timeframe of ["YTD", "Last6M"] as const) {
      view.show(both({ ...ALL, timeframe }));
      await seen.until(({ status, isStale }) => status === "success" && !isStale);
    }
    const samples = await until(3);
    expect(samples.map(({ outcome }) => outcome)).toEqual(["hit", "hit", "hit"]);
    expect(reports().flat()).toHaveLength(3);
  });

  it("nothing of what is refused rightly", async () => {
    const client = reactClient(null);
    const { reports } = watchReports(client);
    const { seen, Probe } = probe("kpi");
    renderWith(client, <Probe filters={ALL} />, { ...REPORTING, telemetryIntervalMs: 0 });
    await seen.until(({ status }) => status === "error");
    expect(reports()).toEqual([]);
  });
});

describe("telemetry", () => {
  const hit: ReadSample = { outcome: "hit", responseMs: 30 };

  /** On a clock of the test's own; the client is never connected. */
  function offline(options: Partial<typeof DEFAULT_OPTIONS> = {}) {
    vi.useFakeTimers({ now: 0 });
    const client = reactClient(null);
    const sent: { at: number; count: number }[] = [];
    vi.spyOn(client, "mutation").mockImplementation((_name, ...[args]) => {
      const { samples } = args as { samples: ReadSample[] };
      sent.push({ at: Date.now(), count: samples.length });
      return Promise.reject(new Error("not connected"));
    });
    const telemetry = new Telemetry(client, { ...DEFAULT_OPTIONS, random: () => 0.5, ...options });
    return { telemetry, sent };
  }

  it("is left out without an error where the client is closed before it is due", async () => {
    vi.useFakeTimers({ now: 0 });
    const client = reactClient(null);
    const telemetry = new Telemetry(client, { ...DEFAULT_OPTIONS, random: () => 0.5 });
    telemetry.note(hit);
    await client.close();
    expect(() => vi.advanceTimersByTime(60_000)).not.toThrow();
  });

  it("is at most one mutation a minute, and none where nothing is read", async () => {
    const { telemetry, sent } = offline();
    for (let second = 0; second < 300; second += 1) {
      telemetry.note(hit);
      await vi.advanceTimersByTimeAsync(1_000);
    }
    expect(sent.map(({ at }) => at)).toEqual([10_000, 70_000, 130_000, 190_000, 250_000]);
    expect(sent.map(({ count }) => count)).toEqual([10, 60, 60, 60, 60]);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(sent).toHaveLength(6);
  });

  it("holds what one report may, and leaves out the rest", async () => {
    const { telemetry, sent } = offline();
    for (let count = 0; count < 500; count += 1) telemetry.note(hit);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sent).toEqual([{ at: 10_000, count: 200 }]);
  });

  it("is off at a share of 0, and sent by the share of pages that is set", async () => {
    for (const [telemetrySampleRate, reports] of [
      [0, 0],
      [0.4, 0],
      [0.6, 1],
      [1, 1],
    ] as const) {
      const { telemetry, sent } = offline({ telemetrySampleRate });
      telemetry.note(hit);
      await vi.advanceTimersByTimeAsync(60_000);
      expect(sent).toHaveLength(reports);
    }
  });

  it("leaves out what a sleeping or hidden page waited for", async () => {
    const { telemetry, sent } = offline();
    telemetry.note({ outcome: "hit", responseMs: 3_600_000 });
    const visibility = vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
    telemetry.note(hit);
    visibility.mockReturnValue("visible");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sent).toEqual([]);
  });

  it("is sent when the page goes into the background, but never more often", async () => {
    const { telemetry, sent } = offline();
    const visibility = vi.spyOn(document, "visibilityState", "get");
    const hide = () => {
      visibility.mockReturnValue("hidden");
      document.dispatchEvent(new Event("visibilitychange"));
      visibility.mockReturnValue("visible");
      document.dispatchEvent(new Event("visibilitychange"));
    };
    telemetry.note(hit);
    hide();
    expect(sent).toEqual([{ at: 0, count: 1 }]);
    telemetry.note(hit);
    hide();
    expect(sent).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sent).toHaveLength(2);
    hide();
    expect(sent).toHaveLength(2);
  });

  it("of a user who has left is dropped", async () => {
    const { telemetry, sent } = offline();
    telemetry.note(hit);
    telemetry.forget();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sent).toEqual([]);
  });
});
