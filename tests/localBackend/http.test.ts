import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeFunctionReference } from "convex/server";
import { ConvexError } from "convex/values";
import { afterEach, describe, expect, it, vi } from "vitest";
import { api, internal } from "../../convex/_generated/api";
import { runAsAdmin } from "../../scripts/adminClient";
import { developmentKey, signToken } from "../../scripts/localBackend/auth";
import { httpClient, makeBackend, record } from "./support";

afterEach(() => vi.unstubAllEnvs());

const ALL = { timeframe: "All", product: "All", topics: [], channels: [] };

async function post(url: string, body: string, authorization?: string) {
  return await fetch(url, {
    method: "POST",
    body,
    headers: {
      "Content-Type": "application/json",
      ...(authorization === undefined ? {} : { Authorization: authorization }),
    },
  });
}

describe("Convex's HTTP API, through the real client,", () => {
  it("runs mutations and queries as the signed-in user", async () => {
    const backend = await makeBackend();
    const ann = await httpClient(backend, "ann");
    expect(await ann.mutation(api.watchRecords.ingest, { records: [record()] })).toEqual({
      inserted: 1,
      duplicates: 0,
      rejected: [],
    });
    expect(await ann.query(api.aggregations.status, {})).toMatchObject({ pendingChanges: 1 });
    const bob = await httpClient(backend, "bob");
    expect(await bob.query(api.aggregations.status, {})).toMatchObject({ pendingChanges: 0 });
  });

  it("runs an action that reads page after page", async () => {
    const backend = await makeBackend();
    const ann = await httpClient(backend, "ann");
    const count = 4_200; // more than a page
    for (let start = 0; start < count; start += 500) {
      const records = Array.from({ length: Math.min(500, count - start) }, (_, index) =>
        record({ watchedAt: Date.UTC(2025, 0, 1) + (start + index) * 60_000 }),
      );
      await ann.mutation(api.watchRecords.ingest, { records });
    }
    const admin = { url: backend.url, adminKey: backend.adminKey };
    await runAsAdmin(admin, internal.recompute.user, { userId: "ann" });
    const report = await runAsAdmin(admin, internal.validation.checkUser, { userId: "ann" });
    expect(report).toMatchObject({
      outcome: "passed",
      compared: 60,
      equal: 60,
      differing: 0,
      differences: [],
      layers: { recordsToSegments: "equal", segmentsToResults: "equal" },
    });
  });

  it("passes a ConvexError on with its data", async () => {
    const backend = await makeBackend();
    const ann = await httpClient(backend, "ann");
    const error: unknown = await ann
      .query(api.aggregations.get, { type: "sums", filters: ALL })
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConvexError);
    expect(error).toMatchObject({ data: { code: "UNKNOWN_AGGREGATION" } });
  });

  it("refuses arguments that do not validate, functions of another type and unknown ones", async () => {
    const backend = await makeBackend();
    const ann = await httpClient(backend, "ann");
    const wrong = { records: "none" } as unknown as { records: [] };
    await expect(ann.mutation(api.watchRecords.ingest, wrong)).rejects.toThrow(
      /ArgumentValidation/,
    );
    const records = [null] as never; // what a client without types may send
    await expect(ann.mutation(api.watchRecords.ingest, { records })).rejects.toThrow(
      /ArgumentValidation/,
    );
    const status = api.aggregations.status as unknown as typeof api.watchRecords.ingest;
    await expect(ann.mutation(status, { records: [] })).rejects.toThrow(/defined as query/);
    const nothing = makeFunctionReference<"query">("nothing:here");
    await expect(ann.query(nothing, {})).rejects.toThrow(/Could not find public/);
  });

  it("keeps internal functions for the admin key", async () => {
    const backend = await makeBackend();
    const url = `${backend.url}/api/function`;
    const body = JSON.stringify({ path: "recompute:user", args: [{ userId: "ann" }] });
    const client = await httpClient(backend, "ann");
    await client.mutation(api.watchRecords.ingest, { records: [record()] });
    const ann = await backend.mintToken("ann");
    for (const authorization of [undefined, `Bearer ${ann}`]) {
      const response = await post(url, body, authorization);
      expect(response.status).toBe(560);
      expect(await response.json()).toMatchObject({
        errorMessage: expect.stringMatching(/Could not find public function/) as string,
      });
    }
    expect((await post(url, body, "Convex wrong-key")).status).toBe(401);
    const admitted = await post(url, body, `Convex ${backend.adminKey}`);
    expect(await admitted.json()).toMatchObject({
      status: "success",
      value: { status: "done", recordCount: 1 },
    });
    expect(internal.recompute.user).toBeDefined();
  });

  it("lets the admin act as a user", async () => {
    const backend = await makeBackend();
    const acting = Buffer.from(JSON.stringify({ subject: "ann" })).toString("base64");
    const body = JSON.stringify({ path: "aggregations:status", args: {} });
    const response = await post(
      `${backend.url}/api/query`,
      body,
      `Convex ${backend.adminKey}:${acting}`,
    );
    expect(await response.json()).toMatchObject({ status: "success", value: { timeZone: "UTC" } });
  });

  it("answers what is no call with a status and a reason", async () => {
    const backend = await makeBackend();
    const bad = await post(`${backend.url}/api/query`, "{");
    expect([bad.status, await bad.json()]).toEqual([
      400,
      expect.objectContaining({ code: "BadJson" }),
    ]);
    expect((await post(`${backend.url}/api/query`, "{}")).status).toBe(400);
    expect((await fetch(`${backend.url}/nothing`)).status).toBe(404);
    const deploy = await post(`${backend.url}/api/deploy2/start_push`, "{}");
    expect(await deploy.json()).toMatchObject({
      message: expect.stringMatching(/restart it/) as string,
    });
  });

  it("says that there are no HTTP actions where there is no convex/http.ts", async () => {
    const convexDirectory = join(import.meta.dirname, "../fixtures/faultyConvex");
    const backend = await makeBackend({ convexDirectory });
    const response = await fetch(`${backend.siteUrl}/health`);
    expect([response.status, await response.text()]).toEqual([404, "No HTTP actions here."]);
  });

  it("serves the HTTP actions of convex/http.ts, whose tokens are no sign-in", async () => {
    const backend = await makeBackend();
    const health = await fetch(`${backend.siteUrl}/health`);
    expect([health.status, await health.json()]).toEqual([
      200,
      expect.objectContaining({ alerts: [] }),
    ]);
    vi.stubEnv("METRICS_TOKEN", "not-a-secret");
    const metricsAs = async (token: string) =>
      await fetch(`${backend.siteUrl}/metrics`, { headers: { Authorization: `Bearer ${token}` } });
    expect((await metricsAs("another")).status).toBe(401);
    const metrics = await metricsAs("not-a-secret");
    expect(metrics.status).toBe(200);
    expect(await metrics.text()).toContain("watch_aggregations_queue_depth 0");
  });

  it("listens on this machine only", async () => {
    const backend = await makeBackend();
    expect(new URL(backend.url).hostname).toBe("127.0.0.1");
    expect(new URL(backend.siteUrl).hostname).toBe("127.0.0.1");
  });
});

describe("identity", () => {
  const expectRefused = async (token: string, reason: RegExp) => {
    const backend = await makeBackend();
    const body = JSON.stringify({ path: "aggregations:status", args: [{}] });
    const response = await post(`${backend.url}/api/query`, body, `Bearer ${token}`);
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({
      message: expect.stringMatching(reason) as string,
    });
  };

  it("refuses a token of another key", async () => {
    const other = {
      ...(await developmentKey(mkdtempSync(join(tmpdir(), "keys-")))),
      kid: "development",
    };
    await expectRefused(await signToken(other, "ann"), /signature verification failed/);
  });

  it("refuses a token that has expired, one of another audience, and one without a user", async () => {
    const key = await developmentKey(".convex/local-backend");
    await expectRefused(await signToken(key, "ann", {}, -60), /"exp" claim timestamp check failed/);
    await expectRefused("e30.e30.e30", /issuer none and audience none/);
    await expectRefused("", /./);
  });
});
