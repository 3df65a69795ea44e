import { afterEach, describe, expect, it, vi } from "vitest";
import { api } from "../../convex/_generated/api";
import { asUser, makeBackend, settle, watch, watches } from "./support";

afterEach(() => vi.useRealTimers());

describe("watchRecords.revision", () => {
  it("differs after every change of a record, and stays through the recompute of it", async () => {
    const t = makeBackend();
    const ann = asUser(t, "https://test|ann");
    const read = async () => await ann.query(api.watchRecords.revision, {});
    expect(await read()).toEqual({
      userId: "https://test|ann",
      lastChange: null,
      recordCount: 0,
      timeZone: "UTC",
      changesPending: false,
      columns: null,
    });
    const seen = new Set<string | null>();
    for (const videoId of ["aaaaaaaaaa1", "aaaaaaaaaa2"]) {
      await ann.mutation(api.watchRecords.ingest, { records: [watch({ videoId })] });
      const { lastChange, changesPending } = await read();
      expect(changesPending).toBe(true);
      await settle(t);
      expect(await read()).toMatchObject({ lastChange, changesPending: false });
      seen.add(lastChange);
    }
    expect(seen.size).toBe(2);
    expect(seen).not.toContain(null);
    expect((await read()).recordCount).toBe(2);
  });

  it("does not change with a call that changes nothing, or with another user", async () => {
    const t = makeBackend();
    const ann = asUser(t, "https://test|ann");
    await ann.mutation(api.watchRecords.ingest, { records: [watch()] });
    const before = await ann.query(api.watchRecords.revision, {});
    await ann.mutation(api.watchRecords.ingest, { records: [watch()] });
    await asUser(t, "https://test|bob").mutation(api.watchRecords.ingest, { records: [watch()] });
    expect(await ann.query(api.watchRecords.revision, {})).toEqual(before);
  });

  it("refuses who is not signed in", async () => {
    await expect(makeBackend().query(api.watchRecords.revision, {})).rejects.toMatchObject({
      data: { code: "UNAUTHENTICATED" },
    });
  });
});

describe("channels.search", () => {
  it("finds the user's own channels only, once they are aggregated", async () => {
    const t = makeBackend();
    const ann = asUser(t, "https://test|ann");
    const search = async (text: string) => await ann.query(api.channels.search, { text });
    expect(await search("channel")).toEqual([]);
    await ann.mutation(api.watchRecords.ingest, { records: watches(20) });
    await asUser(t, "https://test|bob").mutation(api.watchRecords.ingest, {
      records: [watch({ channelTitle: "Bob's channel" })],
    });
    await settle(t);
    expect(await search("channel 3")).toEqual(["Channel 3"]);
    expect(await search("CHANNEL")).toHaveLength(7);
    expect(await search("https://test|bob")).toEqual([]);
    expect(await search("  ")).toEqual([]);
  });

  it("returns at most 20", async () => {
    const t = makeBackend();
    const ann = asUser(t, "https://test|ann");
    const records = watches(60).map((record, index) => ({
      ...record,
      channelTitle: `Channel ${String(index)}`,
    }));
    await ann.mutation(api.watchRecords.ingest, { records });
    await settle(t);
    expect(await ann.query(api.channels.search, { text: "channel" })).toHaveLength(20);
  });
});
