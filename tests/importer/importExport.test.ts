import { describe, expect, it } from "vitest";
import {
  hasTimes,
  importExport,
  receiptLines,
  type ImportReceipt,
  type Ingest,
} from "../../src/importer";
import type { TakeoutSource } from "../../src/takeout";
import { part, zipOf } from "../takeout/archives";
import { block, page } from "../takeout/htmlSupport";
import { watch } from "../takeout/support";
import { makeBackend } from "./support";

const NOW = Date.UTC(2026, 2, 15, 12);
const DAY_MS = 86_400_000;

async function run(
  source: TakeoutSource,
  ingest: Ingest = makeBackend().ingest,
  signal?: AbortSignal,
): Promise<ImportReceipt> {
  let time = NOW;
  const options = { importId: "i1", fileName: "history", timeZone: "America/Chicago" };
  const now = () => (time += 1_000);
  return await importExport(source, { ...options, ingest, now, ...(signal && { signal }) });
}

/** Watches so many days before now. */
function watchesBefore(days: readonly number[]): string {
  return JSON.stringify(
    days.map((day) =>
      watch({ title: `Watched ${String(day)}`, time: new Date(NOW - day * DAY_MS).toISOString() }),
    ),
  );
}

const range = (from: number, to: number, step = 1) =>
  Array.from({ length: Math.ceil((to - from) / step) }, (_, index) => from + index * step);

/** What the lines of a receipt come to. */
function sumOfLines(receipt: ImportReceipt): number {
  return receiptLines(receipt).reduce((sum, [, count]) => sum + count, 0);
}

describe("a receipt", () => {
  it("says where every entry went", async () => {
    const ad = watch({ details: [{ name: "From Google Ads" }] });
    const entries = [
      watch({ title: "Watched A" }),
      watch({ title: "Watched A" }),
      watch({ title: "Watched B", time: "yesterday" }),
      watch({ title: "Watched bad", time: "2024-03-10T08:00:00Z" }),
      ad,
      ad,
      null,
    ];
    const receipt = await run(JSON.stringify(entries));
    expect(receipt).toEqual({
      importId: "i1",
      fileName: "history",
      histories: [{ format: "json", path: null }],
      startedAt: NOW + 1_000,
      finishedAt: NOW + 2_000,
      outcome: "complete",
      message: null,
      warnings: [expect.stringMatching(/^1 of 4 watches have no time .* “yesterday”: .* as JSON/)],
      entries: 7,
      inserted: 1,
      alreadyThere: 0,
      repeated: 1,
      undated: 1,
      skipped: [
        { reason: "ad", count: 2 },
        { reason: "malformed", count: 1 },
      ],
      rejected: [{ reason: "a bad title", count: 1 }],
      unsent: 0,
      withoutTime: 1,
      firstWatchedAt: Date.UTC(2024, 2, 10, 7, 59, 59, 123),
      lastWatchedAt: Date.UTC(2024, 2, 10, 8),
    });
    expect(sumOfLines(receipt)).toBe(receipt.entries);
  });

  it.each([
    [
      "a list cut off",
      watchesBefore(range(0, 20)).slice(0, -200),
      "ended-early",
      /middle of the list/,
    ],
    ["a page cut off", page(block(), block()).slice(0, -30), "ended-early", /middle of the page/],
    [
      "a zip cut off",
      zipOf([part("a", watchesBefore(range(0, 40)), { isStored: true })]).subarray(0, 5_000),
      "ended-early",
      /archive/,
    ],
    [
      "a search history",
      JSON.stringify([
        {
          header: "YouTube",
          title: "Searched for a",
          titleUrl: "https://www.youtube.com/results?search_query=a",
        },
      ]),
      "refused",
      /No watch/,
    ],
    ["a photo", "\u0089PNG", "refused", /not JSON/],
    ["nothing", "", "refused", /empty/],
  ] as const)(
    "of %s says how it ended, and still adds up",
    async (_what, source, outcome, message) => {
      const receipt = await run(source);
      expect(receipt.outcome).toBe(outcome);
      expect(receipt.message).toMatch(message);
      expect(sumOfLines(receipt)).toBe(receipt.entries);
      expect(receipt.entries > 0 && receipt.inserted > 0).toBe(outcome === "ended-early");
      const warnsOfEnd = receipt.warnings.some((warning) =>
        /older watches may be missing/.test(warning),
      );
      expect(warnsOfEnd).toBe(outcome === "ended-early");
    },
  );

  it("of a backend that fails counts what was not answered", async () => {
    const receipt = await run(watchesBefore(range(0, 30)), () => Promise.reject(new Error("gone")));
    expect(receipt).toMatchObject({ outcome: "failed", message: "gone", entries: 30, unsent: 30 });
  });

  it("of an import that was stopped says how to go on", async () => {
    const receipt = await run(watchesBefore(range(0, 30)), undefined, AbortSignal.abort());
    expect(receipt.outcome).toBe("stopped");
    expect(receipt.message).toMatch(/nothing is added twice/);
    expect(sumOfLines(receipt)).toBe(receipt.entries);
  });

  it("names the place in an archive", async () => {
    const path = "Takeout/Verlauf/Wiedergabeverlauf.json";
    const receipt = await run(zipOf([part("x.csv", ""), part(path, watchesBefore([1]))]));
    expect(receipt.histories).toEqual([{ format: "json", path }]);
  });
});

it("a receipt warns of entries that begin in the file and cannot be read", async () => {
  const entry = block();
  // The tag is cut off within an attribute, and takes the entry behind it into its value.
  const html = page(block(), `<div data-a="${entry.replaceAll('"', "'")}">`, block());
  const { warnings, entries } = await run(html);
  expect(entries).toBe(2);
  expect(warnings[0]).toMatch(/^1 entry begins in the file and could not be read/);
  expect((await run(page(block(), block()))).warnings).toEqual([]);
});

describe("a receipt warns of watches without a time", () => {
  const history = (undated: number) =>
    JSON.stringify(
      range(0, 100).map((index) =>
        watch({
          title: `Watched ${String(index)}`,
          titleUrl: undefined,
          time: index < undated ? "yesterday" : new Date(NOW - index * 60_000).toISOString(),
        }),
      ),
    );

  it("from more than two in a hundred on", async () => {
    expect((await run(history(2))).warnings).toEqual([]);
    expect((await run(history(3))).warnings).toEqual([
      expect.stringMatching(/^3 of 100 watches have no time/),
    ]);
  });
});

describe("a receipt warns of what was not there", () => {
  const fileOf = (path: string, content: string | Uint8Array<ArrayBuffer>) => ({
    path,
    open: () => new Blob([content]).stream(),
  });

  it.each([
    ["an empty list", "[]"],
    ["likes alone", JSON.stringify([watch({ title: "Liked A walk" })])],
    ["ads alone", JSON.stringify([watch({ details: [{ name: "From Google Ads" }] })])],
  ])("no watch: %s", async (_what, source) => {
    const receipt = await run(source);
    expect(receipt).toMatchObject({
      outcome: "complete",
      warnings: [expect.stringMatching(/^No watch is in the file/)],
    });
    expect(hasTimes(receipt)).toBe(false);
  });

  it("a time in JSON, where no JSON is to be asked for", async () => {
    const { warnings } = await run(JSON.stringify([watch({ time: undefined })]));
    expect(warnings).toEqual([
      expect.stringMatching(/^1 of 1 watches .* ask for the history again/),
    ]);
  });

  it("some of the files, by name, and reads the others", async () => {
    const rar = Uint8Array.of(0x52, 0x61, 0x72, 0x21, 0x1a, 0x07, 1, 0);
    const zip = zipOf([part("w.json", watchesBefore(range(0, 100)))]).slice(0, 60);
    const files = [
      fileOf("a.rar", rar),
      fileOf("b.zip", zip),
      fileOf("c.gz", Uint8Array.of(0x1f, 0x8b, 8, 9)),
      fileOf("d.json", watchesBefore(range(0, 5))),
      fileOf("e.rar", rar),
      fileOf("f.rar", rar),
    ];
    const receipt = await run(files);
    expect(receipt).toMatchObject({ outcome: "complete", inserted: 5, message: null });
    expect(receipt.warnings).toEqual([
      expect.stringMatching(/^a\.rar: The file is a \.rar archive, .* Unpack it/),
      expect.stringMatching(/^b\.zip: The file ends in the middle of the archive/),
      expect.stringMatching(/^c\.gz: The file ends in the middle of the archive/),
      "2 more files could not be read.",
    ]);
    expect(await run(files.slice(0, 1))).toMatchObject({
      outcome: "refused",
      message: expect.stringMatching(/^a\.rar: The file is a \.rar archive/) as string,
    });
  });

  it("the end of one history, by its name, and reads the others", async () => {
    const files = [
      fileOf("a.json", watchesBefore(range(0, 5)).slice(0, -1)),
      fileOf("b.json", watchesBefore(range(10, 14))),
    ];
    expect(await run(files)).toMatchObject({
      outcome: "ended-early",
      inserted: 9,
      message: expect.stringMatching(
        /^a\.json: The file ends in the middle of the list, after 5 entries/,
      ) as string,
    });
  });
});

describe("a receipt warns of what an export does not cover", () => {
  it.each([
    [
      "two years apart with nothing between",
      [...range(0, 30), ...range(700, 730)],
      /4 of the 25 months/,
    ],
    ["ten watches in ten years", range(0, 3_650, 400), /10 of the \d+ months/],
    ["weeks without any", [...range(0, 5), ...range(95, 100)], /\d of the 1\d weeks/],
  ])("%s", async (_what, days, share) => {
    const { warnings } = await run(watchesBefore(days));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(share);
    expect(warnings[0]).toMatch(/ask Takeout for it again/);
  });

  it("with the longest gap by its days", async () => {
    const { warnings } = await run(watchesBefore([...range(0, 10), 300, ...range(900, 905)]));
    expect(warnings[0]).toContain("none between 2023-09-27 and 2025-05-19");
  });

  it.each([
    ["every day", range(0, 800)],
    ["once a week", range(0, 800, 7)],
    ["twice a week within a year", range(0, 300, 3)],
    ["a pause of a third", [...range(0, 300, 5), ...range(500, 900, 5)]],
    ["a month in all", [0, 30]],
    ["a single one", [0]],
  ])("but not where there is: %s", async (_what, days) => {
    expect((await run(watchesBefore(days))).warnings).toEqual([]);
  });

  it("and of zones that nothing settles", async () => {
    const unsettled = block({ title: "Other", time: "Aug 15, 2025, 11:04:01 AM IST" });
    const { warnings, undated, inserted } = await run(page(unsettled, block()));
    expect([undated, inserted]).toEqual([1, 1]);
    expect(warnings).toEqual([
      expect.stringMatching(
        /^1 watch names its time zone by letters .*“Aug 15, 2025, 11:04:01 AM IST”.*--time-zone/,
      ),
    ]);
  });
});
