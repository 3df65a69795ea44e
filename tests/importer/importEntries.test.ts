import { describe, expect, it } from "vitest";
import { importEntries, newTally, type IngestAnswer } from "../../src/importer";
import type { ParsedEntry, TakeoutRecord } from "../../src/takeout";

function entry(index: number, watchedAt: number | null = index): ParsedEntry {
  return {
    record: {
      watchedAt,
      videoId: null,
      videoTitle: `Video ${String(index)}`,
      videoUrl: null,
      channelTitle: null,
      channelUrl: null,
      product: "YouTube",
    },
  };
}

async function* stream(entries: ParsedEntry[], failure?: Error): AsyncGenerator<ParsedEntry> {
  for (const next of entries) yield await Promise.resolve(next);
  if (failure !== undefined) throw failure;
}

/** A backend that holds what it is sent, and refuses titles of "bad". */
function makeBackend() {
  const held = new Set<string | null>();
  const batches: number[] = [];
  const ingest = (records: TakeoutRecord[]): Promise<IngestAnswer> => {
    batches.push(records.length);
    const answer: IngestAnswer = { inserted: 0, duplicates: 0, rejected: [] };
    records.forEach(({ videoTitle }, index) => {
      if (videoTitle === "bad") answer.rejected.push({ index, reason: "a bad title" });
      else if (held.has(videoTitle)) answer.duplicates += 1;
      else {
        held.add(videoTitle);
        answer.inserted += 1;
      }
    });
    return Promise.resolve(answer);
  };
  return { held, batches, ingest };
}

describe("importEntries", () => {
  it("counts every entry exactly once", async () => {
    const { ingest } = makeBackend();
    const bad = entry(7);
    if ("record" in bad) bad.record.videoTitle = "bad";
    const entries = [
      entry(1),
      entry(2, null),
      { skipped: "ad" } as const,
      entry(1),
      bad,
      { skipped: "ad" } as const,
      { skipped: "malformed" } as const,
    ];
    const tally = await importEntries(stream(entries), ingest, () => undefined);
    expect(tally).toEqual({
      entries: 7,
      inserted: 2,
      duplicates: 1,
      undated: 1,
      skipped: { ad: 2, malformed: 1 },
      rejected: { "a bad title": 1 },
    });
  });

  it("sends batches of at most 500 in order, and tells after each", async () => {
    const { batches, ingest } = makeBackend();
    const told: number[] = [];
    const entries = Array.from({ length: 1_201 }, (_, index) => entry(index));
    await importEntries(stream(entries), ingest, ({ inserted }) => told.push(inserted));
    expect(batches).toEqual([500, 500, 201]);
    expect(told).toEqual([500, 1_000, 1_201]);
  });

  it("imports what stood before a break, then says what broke", async () => {
    const { held, ingest } = makeBackend();
    const tally = newTally();
    const broken = stream([entry(1), entry(2)], new Error("the file ends early"));
    await expect(importEntries(broken, ingest, () => undefined, tally)).rejects.toThrow(
      "the file ends early",
    );
    expect([held.size, tally.inserted, tally.entries]).toEqual([2, 2, 2]);
  });

  it("does not count as undated what was refused", async () => {
    const { ingest } = makeBackend();
    const bad = entry(1, null);
    if ("record" in bad) bad.record.videoTitle = "bad";
    const tally = await importEntries(stream([bad]), ingest, () => undefined);
    expect([tally.undated, tally.rejected]).toEqual([0, { "a bad title": 1 }]);
  });
});
