import { describe, expect, it, vi } from "vitest";
import {
  accountedFor,
  importEntries,
  newTally,
  type ImportTally,
  type IngestAnswer,
} from "../../src/importer";
import { deferred, entryOf, makeBackend, streamOf } from "./support";

const NOTHING: IngestAnswer = { inserted: 0, duplicates: 0, rejected: [] };

describe("importEntries", () => {
  it("counts every entry exactly once", async () => {
    const { ingest } = makeBackend();
    const entries = [
      entryOf(1),
      entryOf(2, { watchedAt: null }),
      { skipped: "ad" } as const,
      entryOf(1),
      entryOf(7, { videoTitle: "bad" }),
      entryOf(8, { videoTitle: "bad", watchedAt: null }),
      entryOf(2, { watchedAt: null }),
      { skipped: "ad" } as const,
      { skipped: "malformed" } as const,
    ];
    const tally = await importEntries(streamOf(entries), { ingest });
    expect(tally).toEqual({
      entries: 9,
      inserted: 1,
      alreadyThere: 0,
      repeated: 2,
      undated: 1,
      skipped: { ad: 2, malformed: 1 },
      rejected: { "a bad title": 2 },
      unsent: 0,
    });
  });

  it("sends a watch that stands in the file twice once, and tells undated ones by their stamps", async () => {
    const { batches, ingest } = makeBackend();
    const undated = (undatedStamp: string) => entryOf(1, { watchedAt: null, undatedStamp });
    const entries = [undated("a"), undated("b"), undated("a"), entryOf(1), entryOf(1)];
    const tally = await importEntries(streamOf(entries), { ingest });
    expect(tally).toMatchObject({ entries: 5, repeated: 2 });
    expect(batches.flat()).toHaveLength(3);
  });

  it("adds up at every moment", async () => {
    const { ingest } = makeBackend();
    const entries = Array.from({ length: 2_100 }, (_, index) =>
      index % 7 === 0 ? ({ skipped: "ad" } as const) : entryOf(index % 1_500),
    );
    let moments = 0;
    const onTally = (tally: ImportTally) => {
      moments += 1;
      expect(accountedFor(tally)).toBe(tally.entries);
    };
    await importEntries(streamOf(entries), { ingest, onTally });
    expect(moments).toBe(3);
  });

  it("sends batches of at most 500, in order", async () => {
    const { batches, ingest } = makeBackend();
    const entries = Array.from({ length: 1_201 }, (_, index) => entryOf(index));
    await importEntries(streamOf(entries), { ingest });
    expect(batches.map((batch) => batch.length)).toEqual([500, 500, 201]);
    expect(batches.flat().map(({ watchedAt }) => watchedAt)).toEqual(
      Array.from({ length: 1_201 }, (_, index) => index),
    );
  });

  it("sends no batch of more than a million characters, unless one record has them", async () => {
    const { batches, ingest } = makeBackend();
    const long = (index: number, length: number) =>
      entryOf(index, { videoTitle: `${String(index)}${"x".repeat(length)}` });
    const entries = [long(1, 600_000), long(2, 300_000), long(3, 300_000), long(4, 3_000_000)];
    await importEntries(streamOf([...entries, long(5, 10)]), { ingest });
    expect(batches.map((batch) => batch.length)).toEqual([2, 1, 1, 1]);
  });

  it("keeps three calls under way, no more, and stops reading meanwhile", async () => {
    const calls: ReturnType<typeof deferred<IngestAnswer>>[] = [];
    const ingest = () => {
      const call = deferred<IngestAnswer>();
      calls.push(call);
      return call.promise;
    };
    let read = 0;
    const entries = function* () {
      for (; read < 5_000; read++) yield entryOf(read);
    };
    const importing = importEntries(streamOf(entries()), { ingest });
    await vi.waitFor(() => expect(calls).toHaveLength(3));
    await vi.waitFor(() => expect(read).toBe(2_000));
    calls[1]!.resolve(NOTHING);
    await vi.waitFor(() => expect(calls).toHaveLength(4));
    await vi.waitFor(() => expect(read).toBe(2_500));
    let answered = 0;
    const answerAll = setInterval(
      () =>
        calls.slice(answered).forEach((call) => {
          answered += 1;
          call.resolve(NOTHING);
        }),
      1,
    );
    await importing;
    clearInterval(answerAll);
    expect(calls).toHaveLength(10);
  });

  it("imports what stood before a break, then says what broke", async () => {
    const { held, ingest } = makeBackend();
    const tally = newTally();
    const broken = streamOf([entryOf(1), entryOf(2)], new Error("the file ends early"));
    await expect(importEntries(broken, { ingest, tally })).rejects.toThrow("the file ends early");
    expect([held.size, tally.inserted, tally.entries, tally.unsent]).toEqual([2, 2, 2, 0]);
  });

  it("waits for what is under way where a call fails, and reads no further", async () => {
    const backend = makeBackend();
    const tally = newTally();
    const slow = deferred<undefined>();
    let calls = 0;
    const ingest = async (records: Parameters<typeof backend.ingest>[0]) => {
      calls += 1;
      if (calls === 2) throw new Error("refused");
      await slow.promise;
      return await backend.ingest(records);
    };
    let read = 0;
    const entries = function* () {
      for (; read < 10_000; read++) yield entryOf(read);
    };
    const importing = importEntries(streamOf(entries()), { ingest, tally });
    const outcome = importing.catch((error: unknown) => error);
    await vi.waitFor(() => expect(calls).toBe(2));
    slow.resolve(undefined);
    expect(await outcome).toMatchObject({ message: "refused" });
    expect(tally.inserted).toBe(500);
    expect(read).toBeLessThan(2_100);
    expect(accountedFor(tally)).toBe(tally.entries);
    expect(tally.unsent).toBe(tally.entries - 500);
  });

  it("ends at a stop: what is under way is counted, the rest is left unsent", async () => {
    const backend = makeBackend();
    const tally = newTally();
    const controller = new AbortController();
    const ingest = (records: Parameters<typeof backend.ingest>[0]) => {
      controller.abort(new Error("stopped"));
      return backend.ingest(records);
    };
    const entries = Array.from({ length: 5_000 }, (_, index) => entryOf(index));
    const importing = importEntries(streamOf(entries), {
      ingest,
      tally,
      signal: controller.signal,
    });
    await expect(importing).rejects.toThrow("stopped");
    expect(tally.inserted).toBe(500);
    expect(backend.batches).toHaveLength(1);
    expect(accountedFor(tally)).toBe(tally.entries);
  });

  it("names at most twenty reasons of refusal, and counts the others together", async () => {
    const ingest = (records: readonly unknown[]) =>
      Promise.resolve({
        ...NOTHING,
        rejected: records.map((_, index) => ({ index, reason: `reason ${String(index)}` })),
      });
    const entries = Array.from({ length: 50 }, (_, index) => entryOf(index));
    const { rejected } = await importEntries(streamOf(entries), { ingest });
    expect(Object.keys(rejected)).toHaveLength(21);
    expect(rejected["other reasons"]).toBe(30);
  });

  it("tells which records were refused", async () => {
    const { ingest } = makeBackend();
    const refused: unknown[] = [];
    const bad = entryOf(2, { videoTitle: "bad" });
    await importEntries(streamOf([entryOf(1), bad]), {
      ingest,
      onRejected: (record, reason) => void refused.push([record.watchedAt, reason]),
    });
    expect(refused).toEqual([[2, "a bad title"]]);
  });
});
