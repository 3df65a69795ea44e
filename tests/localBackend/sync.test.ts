import type { FunctionReturnType } from "convex/server";
import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { api } from "../../convex/_generated/api";
import { httpClient, makeBackend, record, syncClient, Updates } from "./support";

const ALL = { timeframe: "All", product: "All", topics: [], channels: [] };
type KpiRow = FunctionReturnType<typeof api.aggregations.get>;
type Status = FunctionReturnType<typeof api.aggregations.status>;

function totalVideos(row: KpiRow): number | null {
  return row !== null && "totalVideos" in row.data ? row.data.totalVideos : null;
}

describe("Convex's sync protocol, through the real client,", () => {
  it("pushes a subscribed result when another client's records have been recomputed", async () => {
    const backend = await makeBackend();
    const updates = new Updates<KpiRow>();
    const watching = syncClient(backend, "ann");
    watching.onUpdate(api.aggregations.get, { type: "kpi", filters: ALL }, updates.push);
    await updates.until((row) => row === null);
    const elsewhere = await httpClient(backend, "ann");
    await elsewhere.mutation(api.watchRecords.ingest, { records: [record()] });
    await updates.until((row) => totalVideos(row) === 1 && row?.changesPending === false);
    await elsewhere.mutation(api.watchRecords.ingest, {
      records: [record({ videoId: "another" })],
    });
    await updates.until((row) => totalVideos(row) === 1 && row?.changesPending === true);
    await updates.until((row) => totalVideos(row) === 2 && row?.changesPending === false);
  });

  it("does not push what did not change", async () => {
    const backend = await makeBackend();
    const updates = new Updates<Status>();
    syncClient(backend, "ann").onUpdate(api.aggregations.status, {}, updates.push);
    await updates.until(() => true);
    const bob = await httpClient(backend, "bob");
    await bob.mutation(api.watchRecords.ingest, { records: [record()] });
    const ann = await httpClient(backend, "ann");
    await ann.mutation(api.settings.setTimeZone, { timeZone: "Asia/Tokyo" });
    await updates.until((status) => status.timeZone === "Asia/Tokyo");
    expect(updates.seen.filter((status) => status.timeZone === "UTC")).toHaveLength(1);
  });

  it("resolves a mutation after its effect is visible, in the order of the calls", async () => {
    const backend = await makeBackend();
    const client = syncClient(backend, "ann");
    const updates = new Updates<Status>();
    client.onUpdate(api.aggregations.status, {}, updates.push);
    const zones = ["Asia/Tokyo", "Europe/Berlin", "America/New_York"];
    await Promise.all(
      zones.map((timeZone) => client.mutation(api.settings.setTimeZone, { timeZone })),
    );
    expect(updates.seen.at(-1)?.timeZone).toBe("America/New_York");
    // Nothing anybody subscribed to changes; the promise must resolve all the same.
    await client.mutation(api.watchRecords.remove, { recordKeys: [] });
  });

  it("brings errors with their data, and goes on", async () => {
    const backend = await makeBackend();
    const client = syncClient(backend, "ann");
    const bad = client.mutation(api.settings.setTimeZone, { timeZone: "Mars/Olympus" });
    await expect(bad).rejects.toMatchObject({ data: { code: "INVALID_TIME_ZONE" } });
    expect(await client.query(api.aggregations.status, {})).toMatchObject({ timeZone: "UTC" });
  });

  it("changes what a subscription sees with the identity", async () => {
    const backend = await makeBackend();
    const ann = await httpClient(backend, "ann");
    await ann.mutation(api.settings.setTimeZone, { timeZone: "Asia/Tokyo" });
    const client = syncClient(backend, "bob");
    const updates = new Updates<Status>();
    client.onUpdate(api.aggregations.status, {}, updates.push);
    await updates.until((status) => status.timeZone === "UTC");
    client.setAuth(() => backend.mintToken("ann"));
    await updates.until((status) => status.timeZone === "Asia/Tokyo");
  });

  it("recovers subscriptions after the backend was away and came back empty", async () => {
    const first = await makeBackend();
    const { port } = new URL(first.url);
    const client = syncClient(first, "ann");
    const updates = new Updates<Status>();
    client.onUpdate(api.aggregations.status, {}, updates.push);
    await client.mutation(api.settings.setTimeZone, { timeZone: "Asia/Tokyo" });
    await updates.until((status) => status.timeZone === "Asia/Tokyo");
    await first.close();
    updates.seen.length = 0;
    await makeBackend({ port: Number(port) });
    await updates.until((status) => status.timeZone === "UTC");
  });

  it("ends a session that speaks nonsense with a reason", async () => {
    const backend = await makeBackend();
    const socket = new WebSocket(`${backend.url.replace("http", "ws")}/api/1.0.0/sync`);
    const answer = new Promise<string>((resolve) => {
      socket.once("message", (data: Buffer) => resolve(data.toString()));
    });
    socket.once("open", () => socket.send("not json"));
    expect(JSON.parse(await answer)).toMatchObject({ type: "FatalError" });
  });
});
