import parsePrometheusTextFormat from "parse-prometheus-text-format";
import { afterEach, describe, expect, test, vi } from "vitest";
import { api } from "../../convex/_generated/api";
import { carriesToken } from "../../convex/model/bearer";
import { histogramOf } from "../../convex/model/histogram";
import { prometheusText } from "../../convex/model/prometheus";
import { emptyRollup } from "../../convex/model/rollups";
import { internal } from "../support/reach";
import { wake } from "../support/runs";
import { asUser, makeBackend, settle, watches, type Backend } from "./support";

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

const MINUTE_MS = 60_000;
const TOKEN = "not-a-secret";

async function health(t: Backend) {
  const response = await t.fetch("/health");
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function runCrons(t: Backend): Promise<void> {
  await t.action(internal.monitoring.tick, {});
  await t.mutation(internal.jobs.watch, {});
}

async function scrape(t: Backend, authorization: string | null = `Bearer ${TOKEN}`) {
  const headers: Record<string, string> =
    authorization === null ? {} : { Authorization: authorization };
  return await t.fetch("/metrics", { headers });
}

describe("GET /health", () => {
  test("answers 200 while all is well, and names nobody", async () => {
    const t = makeBackend();
    expect(await health(t)).toEqual({
      status: 200,
      body: { status: "starting", alerts: [], evaluatedAt: null },
    });
    await asUser(t, "https://test|ann").mutation(api.watchRecords.ingest, { records: watches(3) });
    await settle(t);
    await runCrons(t);
    expect(await health(t)).toEqual({
      status: 200,
      body: { status: "ok", alerts: [], evaluatedAt: Date.now() },
    });
  });

  test("answers 503 while an alert is open, and says which", async () => {
    const t = makeBackend();
    const samples = Array.from({ length: 60 }, () => ({
      outcome: "error" as const,
      responseMs: 5,
    }));
    await asUser(t, "https://test|ann").mutation(api.telemetry.report, { samples });
    vi.setSystemTime(Date.now() + MINUTE_MS);
    await runCrons(t);
    expect(await health(t)).toMatchObject({
      status: 503,
      body: { status: "failing", alerts: ["errorRate"] },
    });
  });

  test("answers 503 once the crons are silent, though they can no longer say so", async () => {
    const t = makeBackend();
    await runCrons(t);
    vi.setSystemTime(Date.now() + 5 * MINUTE_MS);
    expect((await health(t)).status).toBe(200);
    vi.setSystemTime(Date.now() + MINUTE_MS);
    expect(await health(t)).toMatchObject({
      status: 503,
      body: { alerts: ["monitoring-silent", "sweep-silent"] },
    });
  });

  test("answers 503 where the crons have never run, though there are users", async () => {
    const t = makeBackend();
    await asUser(t, "https://test|ann").mutation(api.watchRecords.ingest, { records: watches(1) });
    await wake(t, "https://test|ann");
    expect((await health(t)).status).toBe(200);
    vi.setSystemTime(Date.now() + 6 * MINUTE_MS);
    expect(await health(t)).toMatchObject({ status: 503, body: { alerts: ["monitoring-silent"] } });
  });
});

describe("GET /metrics", () => {
  test("is for who brings the token of the environment, and for nobody where there is none", async () => {
    const t = makeBackend();
    const unset = await scrape(t);
    expect(unset.status).toBe(401);
    expect(await unset.text()).toContain("METRICS_TOKEN is not set");
    vi.stubEnv("METRICS_TOKEN", TOKEN);
    for (const wrong of [null, "", TOKEN, "Bearer", "Bearer ", `Bearer ${TOKEN}x`, "Basic eA=="]) {
      const refused = await scrape(t, wrong);
      expect(refused.status, String(wrong)).toBe(401);
      expect(refused.headers.get("WWW-Authenticate")).toBe("Bearer");
      expect(await refused.text()).not.toContain(TOKEN);
    }
    const answer = await scrape(t);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("Content-Type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  });

  test("tells in Prometheus's format what has happened so far", async () => {
    const t = makeBackend();
    vi.stubEnv("METRICS_TOKEN", TOKEN);
    await asUser(t, "https://test|ann").mutation(api.watchRecords.ingest, { records: watches(20) });
    await settle(t);
    const samples = [
      { outcome: "hit" as const, responseMs: 40 },
      { outcome: "hit" as const, responseMs: 60 },
      { outcome: "late" as const, responseMs: 700 },
    ];
    await asUser(t, "https://test|ann").mutation(api.telemetry.report, { samples });
    await t.mutation(internal.flags.kill, { why: "a test" });
    vi.setSystemTime(Date.now() + MINUTE_MS);
    await runCrons(t);
    const families = new Map(
      parsePrometheusTextFormat(await (await scrape(t)).text()).map((family) => [
        family.name,
        family,
      ]),
    );
    const valuesOf = (name: string) => families.get(`watch_aggregations_${name}`)?.metrics;
    expect(valuesOf("reads_total")).toEqual([
      { value: "2", labels: { outcome: "hit" } },
      { value: "1", labels: { outcome: "late" } },
      { value: "0", labels: { outcome: "fallback" } },
      { value: "0", labels: { outcome: "error" } },
      { value: "0", labels: { outcome: "local" } },
      { value: "0", labels: { outcome: "off" } },
    ]);
    expect(families.get("watch_aggregations_response_seconds")).toMatchObject({
      type: "HISTOGRAM",
      metrics: [
        {
          count: "3",
          sum: "0.8",
          buckets: { "0.025": "0", "0.05": "1", "0.1": "2", "0.5": "2", "1": "3", "+Inf": "3" },
        },
      ],
    });
    expect(valuesOf("results_compared_total")).toEqual([{ value: "60" }]);
    expect(valuesOf("results_differing_total")).toEqual([{ value: "0" }]);
    expect(valuesOf("flag_killed")).toEqual([{ value: "1" }]);
    expect(valuesOf("recomputes_total")?.[0]).toMatchObject({ labels: { end: "done" } });
    expect(valuesOf("evaluated_timestamp_seconds")).toEqual([
      { value: String(Date.now() / 1_000) },
    ]);
  });

  test("is well formed whatever stands in it", () => {
    const text = prometheusText({
      totals: { ...emptyRollup(), lagMs: histogramOf([0, 5e8]) },
      figures: [
        {
          metric: "errorRate",
          value: 1e-7,
          samples: 1,
          threshold: 0.001,
          status: "breach",
          windowMs: 1,
        },
        {
          metric: "hitRate",
          value: null,
          samples: 0,
          threshold: null,
          status: "inconclusive",
          windowMs: 1,
        },
      ],
      queueDepth: 3,
      evaluatedAt: null,
      alerts: ['odd "cause"\n\\'],
      isKilled: false,
    });
    const families = parsePrometheusTextFormat(text);
    const names = families.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, type, help, metrics } of families) {
      expect(type, name).toMatch(/^(COUNTER|GAUGE|HISTOGRAM)$/);
      expect(help, name).not.toBe("");
      if (type === "COUNTER") expect(name).toMatch(/_total$/);
      if (name.endsWith("alert_open")) {
        expect(metrics).toEqual([{ value: "1", labels: { cause: 'odd "cause"\n\\' } }]);
      }
      if (name.endsWith("_figure")) {
        expect(metrics).toEqual([{ value: "1e-7", labels: { metric: "errorRate" } }]);
      }
    }
    expect(text.endsWith("\n")).toBe(true);
  });
});

test("a token is compared as a whole, by whatever case of the scheme", () => {
  expect(carriesToken("bearer secret", "secret")).toBe(true);
  expect(carriesToken("Bearer  secret ", "secret")).toBe(true);
  for (const header of [null, "secret", "Bearer secre", "Bearer secrets", "Bearer Secret"]) {
    expect(carriesToken(header, "secret"), String(header)).toBe(false);
  }
  // Every byte counts: among so many, some share any one of them.
  for (let number = 0; number < 2_000; number += 1) {
    expect(carriesToken(`Bearer ${String(number)}`, "secret")).toBe(false);
  }
});
