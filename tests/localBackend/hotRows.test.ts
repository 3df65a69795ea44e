import { join } from "node:path";
import type { JSONValue } from "convex/values";
import { afterEach, describe, expect, it, vi } from "vitest";
import { startBackend, type Backend } from "../../scripts/localBackend/backend";
import type { Caller } from "../../scripts/localBackend/functions";

const CONVEX = join(import.meta.dirname, "../../convex");
const ISSUER = "https://issuer.example";
const ADMIN: Caller = { isAdmin: true, identity: null };
const ANN: Caller = {
  isAdmin: false,
  identity: { issuer: ISSUER, subject: "ann", tokenIdentifier: `${ISSUER}|ann` },
};
/** What an open page subscribes to all the time. */
const LIVE: [string, Record<string, JSONValue>][] = [
  ["flags:evaluate", { key: "precomputed_aggregations" }],
  ["aggregations:status", {}],
  ["watchRecords:revision", {}],
  ["channels:search", { text: "channel" }],
];

const backends: Backend[] = [];

afterEach(async () => {
  for (const backend of backends.splice(0)) await backend.stop();
  vi.unstubAllEnvs();
});

async function call(backend: Backend, caller: Caller, path: string, args: JSONValue) {
  const outcome = await backend.runner.run(caller, path, args, null);
  if (!outcome.isSuccess) throw new Error(`${path}: ${outcome.errorMessage}`);
  return outcome.value;
}

async function ingest(backend: Backend, ...videoIds: string[]): Promise<void> {
  const records = videoIds.map((videoId, index) => ({
    ...{ videoId, videoTitle: "A video", videoUrl: null, channelUrl: null, topics: ["News"] },
    ...{ channelTitle: "Channel", product: "YouTube", durationSeconds: null },
    watchedAt: Date.UTC(2026, 0, 1) + index * 60_000,
  }));
  await call(backend, ANN, "watchRecords:ingest", { records });
}

/** Waits until the stored results cover so many records, and nothing waits. */
async function untilCovered(backend: Backend, recordCount: number): Promise<void> {
  await vi.waitFor(
    async () => {
      const status = await call(backend, ANN, "aggregations:status", {});
      expect(status).toMatchObject({ recordCount, pendingChanges: 0 });
    },
    { timeout: 10_000, interval: 20 },
  );
  await backend.subscriptions.refresh();
}

/** A user with records, a page open, and the flag on for users with enough of them. */
async function openPage(): Promise<Backend> {
  vi.stubEnv("AUTH_ISSUER", ISSUER);
  vi.stubEnv("AUTH_JWKS", "data:application/json;base64,eyJrZXlzIjpbXX0=");
  const options = { adminKey: "key", withCrons: false, onLog: () => undefined };
  const backend = await startBackend({ convexDirectory: CONVEX, ...options });
  backends.push(backend);
  await call(backend, ADMIN, "flags:setSufficientData", { minRecords: 2 });
  await ingest(backend, "a", "b", "c");
  await untilCovered(backend, 3);
  // The first build is validated before the flag counts.
  await vi.waitFor(async () => {
    const key = "precomputed_aggregations";
    expect(await call(backend, ANN, "flags:evaluate", { key })).toMatchObject({ value: true });
  }, 10_000);
  for (const [path, args] of LIVE) backend.subscriptions.subscribe(ANN, path, args, null);
  await backend.subscriptions.refresh();
  backend.subscriptions.executions.clear();
  return backend;
}

function executions({ subscriptions }: Backend): Record<string, number> {
  return Object.fromEntries(LIVE.map(([path]) => [path, subscriptions.executions.get(path) ?? 0]));
}

describe("live queries of an open page", () => {
  it("run once for a change and once for its recompute, at most", async () => {
    const backend = await openPage();
    await ingest(backend, "d");
    await untilCovered(backend, 4);
    const counted = executions(backend);
    // The number of records decides whether the flag is on; the run also moves what is searched.
    expect(counted["flags:evaluate"]).toBeLessThanOrEqual(1);
    expect(counted["channels:search"]).toBeLessThanOrEqual(1);
    // A change shows at once, as pending, and then its recompute.
    expect(counted["aggregations:status"]).toBeLessThanOrEqual(2);
    expect(counted["aggregations:status"]).toBeGreaterThanOrEqual(1);
    expect(counted["watchRecords:revision"]).toBeLessThanOrEqual(2);
  });

  it("do not run because a run begins, goes on or ends", async () => {
    const backend = await openPage();
    const userId = `${ISSUER}|ann`;
    const generation = await call(backend, ADMIN, "quietRuns:begin", { userId, plan: "refresh" });
    const lease = { userId, generation } as Record<string, JSONValue>;
    await call(backend, ADMIN, "recompute:finish", { ...lease, leavesChanges: false });
    await call(backend, ADMIN, "recompute:wake", { userId });
    await backend.subscriptions.refresh();
    expect(executions(backend)).toEqual(Object.fromEntries(LIVE.map(([path]) => [path, 0])));
  });

  it("do not run for what another user does", async () => {
    const backend = await openPage();
    const bob = { issuer: ISSUER, subject: "bob", tokenIdentifier: `${ISSUER}|bob` };
    const records = [{ watchedAt: null, videoId: "x", videoTitle: "y", videoUrl: null }].map(
      (record) => ({ ...record, channelTitle: "Z", channelUrl: null, product: "YouTube" }),
    );
    const caller: Caller = { isAdmin: false, identity: bob };
    await call(backend, caller, "watchRecords:ingest", { records });
    await vi.waitFor(
      async () => {
        const status = await call(backend, caller, "aggregations:status", {});
        expect(status).toMatchObject({ recordCount: 1, pendingChanges: 0 });
      },
      { timeout: 10_000, interval: 20 },
    );
    await backend.subscriptions.refresh();
    expect(executions(backend)).toEqual(Object.fromEntries(LIVE.map(([path]) => [path, 0])));
  });
});
