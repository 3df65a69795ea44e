import { render } from "@testing-library/react";
import { ConvexProvider } from "convex/react";
import { StrictMode } from "react";
import { renderToString } from "react-dom/server";
import { describe, expect, expectTypeOf, it } from "vitest";
import { localDateOf, type KpiMetrics, type TopicEvolution } from "../../src/engine";
import { mintToken } from "../../scripts/localBackend";
import {
  preloadAggregations,
  useAggregation,
  useAggregations,
  useChannelSearch,
  useFeatureFlag,
  usePrecomputedData,
  type AggregationState,
  type ChannelSearch,
  type FeatureFlag,
} from "../../src/react";
import { api } from "../../convex/_generated/api";
import { DEFAULT_OPTIONS } from "../../src/react/options";
import { filterKey } from "../../src/react/store/filterKey";
import { PageStore } from "../../src/react/store/pageStore";
import { probe } from "./probes";
import {
  ALL,
  expected,
  newUser,
  QUICK,
  reactClient,
  renderWith,
  Seen,
  setFlag,
  userWithHistory,
} from "./support";

/** The same, as arguments of functions. */
const FILTERS = { ...ALL, topics: [], channels: [] };

describe("types", () => {
  it("couple an aggregation's data to its name, without a cast", () => {
    function Typed() {
      const kpi = useAggregation("kpi", ALL);
      if (kpi.status === "success") expectTypeOf(kpi.data).toEqualTypeOf<KpiMetrics>();
      else expectTypeOf(kpi.data).toEqualTypeOf<undefined>();
      const { topic_evolution: evolution } = useAggregations(["kpi", "topic_evolution"], ALL);
      if (evolution.status === "success") {
        expectTypeOf(evolution.data).toEqualTypeOf<TopicEvolution>();
      }
      const stored = usePrecomputedData("kpi", ALL);
      expectTypeOf(stored).toEqualTypeOf<AggregationState<"kpi">>();
      // @ts-expect-error there is no such aggregation
      useAggregation("kpis", ALL);
      return null;
    }
    expect(Typed).toBeTypeOf("function");
  });
});

describe("filters that are not allowed", () => {
  it("are an error with the engine's words, and recover with the filters", async () => {
    const { userId, records } = await userWithHistory(10, true);
    const { seen, Probe } = probe("kpi");
    const tooMany = { ...ALL, topics: Array.from({ length: 51 }, (_, index) => `T${index}`) };
    const { show } = renderWith(reactClient(userId), <Probe filters={tooMany} />);
    expect(seen.last).toMatchObject({ status: "error", error: { code: "INVALID_FILTERS" } });
    expect(seen.last.error?.message).toMatch(/51.*at most 50/);
    show(<Probe filters={ALL} />);
    await seen.until(({ status }) => status === "success");
    expect(seen.last.data).toEqual(expected(records).kpi);
  });

  it("are named where it is the aggregation that does not exist", () => {
    const { seen, Probe } = probe("kpis" as "kpi"); // as from JavaScript
    renderWith(reactClient(newUser()), <Probe filters={ALL} />);
    expect(seen.last.error).toMatchObject({ code: "UNKNOWN_AGGREGATION" });
  });
});

describe("usePrecomputedData", () => {
  it("reads what is stored though the flag is off", async () => {
    const { userId, records } = await userWithHistory(30, false);
    const seen = new Seen<AggregationState<"kpi">>();
    function Probe() {
      seen.push(usePrecomputedData("kpi", ALL));
      return null;
    }
    renderWith(reactClient(userId), <Probe />);
    await seen.until(({ status }) => status === "success");
    expect(seen.last).toMatchObject({ source: "precomputed", data: expected(records).kpi });
  });
});

describe("useFeatureFlag", () => {
  it("is off while loading, then what the database says, at once when that changes", async () => {
    const userId = newUser();
    const seen = new Seen<FeatureFlag>();
    function Probe() {
      seen.push(useFeatureFlag("some_flag"));
      return null;
    }
    renderWith(reactClient(userId), <Probe />);
    expect(seen.last).toMatchObject({ value: false, loading: true });
    await seen.until(({ loading }) => !loading);
    expect(seen.last).toMatchObject({ value: false, variant: "off", reason: "DEFAULT" });
    await setFlag(userId, true, "some_flag");
    await seen.until(({ value }) => value);
    expect(seen.last).toMatchObject({ variant: "on", reason: "TARGETING_MATCH", error: null });
  });
});

describe("useChannelSearch", () => {
  it.each([true, false])("finds the user's own channels, with the flag %s", async (flag) => {
    const { userId } = await userWithHistory(20, flag);
    const seen = new Seen<ChannelSearch>();
    const kpi = probe("kpi");
    function Probe({ text }: { text: string }) {
      seen.push(useChannelSearch(text));
      return null;
    }
    const page = (text: string) => (
      <>
        <kpi.Probe filters={ALL} />
        <Probe text={text} />
      </>
    );
    const { show } = renderWith(reactClient(userId), page(""));
    await kpi.seen.until(({ status }) => status === "success");
    expect(seen.last).toEqual({ channels: [], loading: false });
    show(page("emile"));
    await seen.until(({ channels, loading }) => !loading && channels.length > 0);
    expect(seen.last.channels).toEqual(["Émile's Kitchen"]);
    show(page("a"));
    await seen.until(({ loading }) => !loading);
    expect(seen.last.channels).toEqual(["Alpha", "Beta", "Gamma"]);
  });
});

describe("a page", () => {
  it("is rendered on a server as pending, without a connection", () => {
    const { Probe } = probe("kpi");
    const client = reactClient(newUser());
    const html = renderToString(
      <ConvexProvider client={client}>
        <Probe filters={ALL} />
      </ConvexProvider>,
    );
    expect(html).toBe("pending");
  });

  it("works without AggregationConfig", async () => {
    const { userId } = await userWithHistory(10, true);
    const { seen, Probe } = probe("kpi");
    const client = reactClient(userId);
    render(
      <StrictMode>
        <ConvexProvider client={client}>
          <Probe filters={ALL} />
        </ConvexProvider>
      </StrictMode>,
    );
    await seen.until(({ status }) => status === "success");
  });

  it("may ask before it renders, and is then complete at once", async () => {
    const { userId, records } = await userWithHistory(10, true);
    const client = reactClient(userId);
    const stored = new Seen<AggregationState<"kpi">>();
    preloadAggregations(client, ["kpi"], ALL);
    const watch = client.watchQuery(api.aggregations.getMany, {
      types: ["kpi"],
      filters: FILTERS,
      asOf: localDateOf(Date.now(), "UTC"),
    });
    await expect.poll(() => watch.localQueryResult()).toBeDefined();
    function Probe() {
      stored.push(useAggregation("kpi", ALL));
      return null;
    }
    render(
      <ConvexProvider client={client}>
        <Probe />
      </ConvexProvider>,
    );
    expect(stored.last).toMatchObject({ status: "success", data: expected(records).kpi });
  });

  it.each([true, false])(
    "never shows one user's data to the next, with the flag %s",
    async (flag) => {
      const ann = await userWithHistory(30, flag);
      const bob = await userWithHistory(12, flag);
      const client = reactClient(ann.userId);
      const { seen, Probe } = probe("kpi");
      renderWith(client, <Probe filters={ALL} />);
      await seen.until((state) => state.status === "success" && state.data.totalVideos === 30);
      seen.clear();
      client.setAuth(() => mintToken(bob.userId));
      await seen.until((state) => state.status === "success" && state.data.totalVideos === 12);
      const shown = seen.values
        .slice(1)
        .map((state) => (state.status === "success" ? state.data.totalVideos : null));
      expect(shown).not.toContain(30);
    },
  );

  it("refuses without signing in, and recovers with it", async () => {
    const { userId } = await userWithHistory(10, true);
    const client = reactClient(null);
    const { seen, Probe } = probe("kpi");
    renderWith(client, <Probe filters={ALL} />);
    const refused = await seen.until(({ status }) => status === "error");
    expect(refused.error).toMatchObject({ code: "UNAUTHENTICATED" });
    client.setAuth(() => mintToken(userId));
    await seen.until(({ status }) => status === "success");
  });
});

describe("a store after 1,000 mounts and unmounts", () => {
  it.each([true, false])("holds nothing, with the flag %s", async (flag) => {
    const { userId } = await userWithHistory(10, flag);
    const client = reactClient(userId);
    const store = new PageStore(client, { ...DEFAULT_OPTIONS, ...QUICK });
    for (let cycle = 0; cycle < 1_000; cycle++) {
      const timeframe = cycle % 2 === 0 ? "All" : "MTD";
      const unlisten = store.listen(() => undefined);
      const release = store.retain("auto", ["kpi", "top_channels"], { ...ALL, timeframe });
      if (cycle % 7 === 0) await Promise.resolve();
      release();
      unlisten();
    }
    const release = store.retain("auto", ["kpi"], ALL);
    const isShown = () => store.stateOf("auto", "kpi", filterKey(ALL))?.status === "success";
    await expect.poll(isShown, { timeout: 10_000 }).toBe(true);
    release();
    await expect.poll(() => store.size).toBe(0);
    await expect.poll(() => subscriptionsOf(client)).toBe(0);
  });
});

describe("a page after 1,000 mounts and unmounts of a component", () => {
  it.each([true, false])("is subscribed to nothing, with the flag %s", async (flag) => {
    const { userId } = await userWithHistory(10, flag);
    const client = reactClient(userId);
    const { seen, Probe } = probe("kpi");
    const { show } = renderWith(client, null);
    for (let cycle = 0; cycle < 1_000; cycle++) {
      show(<Probe filters={ALL} />);
      show(null);
      if (cycle % 100 === 0) await Promise.resolve();
    }
    show(<Probe filters={ALL} />);
    await seen.until(({ status }) => status === "success");
    expect(subscriptionsOf(client)).toBeLessThanOrEqual(3); // flag, revision, rows
    show(null);
    await expect.poll(() => subscriptionsOf(client)).toBe(0);
  });
});

/** Queries the client beneath is subscribed to. */
function subscriptionsOf(client: ReturnType<typeof reactClient>): number {
  const { listeners } = client as unknown as { listeners: Map<string, unknown> };
  return listeners.size;
}
