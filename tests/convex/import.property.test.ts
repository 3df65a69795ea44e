import fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import { api } from "../../convex/_generated/api";
import { importExport, type Ingest } from "../../src/importer";
import { part, zipOf } from "../takeout/archives";
import { block, page } from "../takeout/htmlSupport";
import { asUser, makeBackend, NOON } from "./support";

afterEach(() => vi.useRealTimers());

const ZONE = "America/New_York";

interface Watched {
  seconds: number;
  fraction: number;
  /** Null for a removed video. */
  id: string | null;
  isMusic: boolean;
  isAd: boolean;
  title: string;
}

const watched: fc.Arbitrary<Watched> = fc.record({
  seconds: fc.integer({ min: 1_200_000_000, max: NOON / 1_000 }),
  fraction: fc.nat(999),
  id: fc.option(fc.stringMatching(/^[A-Za-z0-9_-]{11}$/), { freq: 8 }),
  isMusic: fc.boolean(),
  isAd: fc.boolean(),
  title: fc.constantFrom("A & B", "<b>bold</b>", "“Quotes” 🎈", "à la carte", "x".repeat(300)),
});

/** One way or another to export a history, newest first. */
const EXPORTS = { json: jsonOf, html: htmlOf, zip: zippedOf };
type Form = keyof typeof EXPORTS;

function jsonOf(history: readonly Watched[]): string {
  const entries = history.map(({ seconds, fraction, id, isMusic, isAd, title }) => ({
    header: isMusic ? "YouTube Music" : "YouTube",
    title: id === null ? "Watched a video that has been removed" : `Watched ${title}`,
    ...(id !== null && { titleUrl: `https://www.youtube.com/watch?v=${id}` }),
    ...(isAd && { details: [{ name: "From Google Ads" }] }),
    time: new Date(seconds * 1_000 + fraction).toISOString(),
  }));
  return JSON.stringify(entries);
}

function htmlOf(history: readonly Watched[]): string {
  const format = new Intl.DateTimeFormat("en-US", {
    dateStyle: "medium",
    timeStyle: "long",
    timeZone: ZONE,
  });
  const blocks = history.map(({ seconds, id, isMusic, isAd, title }) =>
    block({
      header: isMusic ? "YouTube Music" : "YouTube",
      title: id === null ? "Watched a video that has been removed" : escaped(title),
      url: id === null ? null : `https://www.youtube.com/watch?v=${id}`,
      channel: null,
      details: isAd ? "From Google Ads" : null,
      time: format.format(seconds * 1_000),
    }),
  );
  return page(...blocks);
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function zippedOf(history: readonly Watched[]): Uint8Array {
  return zipOf([part("Takeout/a.csv", "a"), part("Takeout/w.html", htmlOf(history))]);
}

/** A history, and exports of it: each up to some moment, in some form, in any order. */
const exported = fc.record({
  history: fc
    .array(watched, { minLength: 1, maxLength: 12 })
    .map((list) => list.sort((a, b) => b.seconds - a.seconds)),
  forms: fc.array(
    fc.record({
      form: fc.constantFrom<Form>("json", "html", "zip"),
      // How many of the newest watches had not been when it was made.
      missing: fc.nat(12),
    }),
    { minLength: 1, maxLength: 4 },
  ),
});

test("exports imported again, in any form and order, overlapping, add nothing twice", async () => {
  const t = makeBackend();
  let users = 0;
  await fc.assert(
    fc.asyncProperty(exported, async ({ history, forms }) => {
      const ann = asUser(t, `https://test|user-${String((users += 1))}`);
      const ingest: Ingest = (records) => ann.mutation(api.watchRecords.ingest, { records });
      let inserted = 0;
      const imports = [
        ...forms,
        { form: "json", missing: 0 },
        { form: "html", missing: 0 },
      ] as const;
      for (const { form, missing } of imports) {
        const receipt = await importExport(EXPORTS[form](history.slice(missing)), {
          importId: "i",
          fileName: form,
          ingest,
          timeZone: ZONE,
          now: () => NOON,
        });
        // An archive without a single watch holds no history.
        if (receipt.outcome !== "refused") expect(receipt.outcome).toBe("complete");
        expect(receipt.undated).toBe(0);
        inserted += receipt.inserted;
      }
      const watches = history.filter(({ isAd }) => !isAd);
      const distinct = new Set(
        watches.map(({ seconds, isMusic, id }) => `${seconds} ${String(isMusic)} ${String(id)}`),
      );
      const stored = await ann.query(api.watchRecords.page, {
        paginationOpts: { numItems: 100, cursor: null },
      });
      expect(stored.page).toHaveLength(distinct.size);
      expect(inserted).toBe(distinct.size);
    }),
    { numRuns: 60 },
  );
});
