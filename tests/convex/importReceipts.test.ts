import { ConvexError } from "convex/values";
import { afterEach, describe, expect, test, vi } from "vitest";
import { api } from "../../convex/_generated/api";
import type { ImportReceipt } from "../../src/importer";
import { inTables } from "../support/reach";
import { asUser, makeBackend, NOON, receipt } from "./support";

afterEach(() => vi.useRealTimers());

describe("importReceipts", () => {
  test("are kept for their user alone, newest first", async () => {
    const t = makeBackend();
    const ann = asUser(t, "https://test|ann");
    const older = receipt();
    const newer = receipt({ importId: "import-2", finishedAt: NOON + 1 });
    await ann.mutation(api.importReceipts.save, { receipt: newer });
    await ann.mutation(api.importReceipts.save, { receipt: older });
    expect(await ann.query(api.importReceipts.list)).toEqual([newer, older]);
    expect(await asUser(t, "https://test|bob").query(api.importReceipts.list)).toEqual([]);
  });

  test("saved twice are kept once, as they were last", async () => {
    const ann = asUser(makeBackend(), "https://test|ann");
    const last = receipt({ warnings: ["w"] });
    await ann.mutation(api.importReceipts.save, { receipt: receipt() });
    await ann.mutation(api.importReceipts.save, { receipt: last });
    expect(await ann.query(api.importReceipts.list)).toEqual([last]);
  });

  test("are kept up to a hundred; the oldest goes", async () => {
    const t = makeBackend();
    const ann = asUser(t, "https://test|ann");
    for (let index = 0; index < 103; index++) {
      const saved = receipt({ importId: `import-${String(index)}`, finishedAt: NOON + index });
      await ann.mutation(api.importReceipts.save, { receipt: saved });
    }
    const kept = await inTables(t, (ctx) => ctx.db.query("import_receipts").take(200));
    expect(kept.map(({ finishedAt }) => finishedAt - NOON)).toEqual(
      Array.from({ length: 100 }, (_, index) => index + 3),
    );
    const listed = await ann.query(api.importReceipts.list);
    expect(listed.map(({ finishedAt }) => finishedAt - NOON)).toEqual(
      Array.from({ length: 20 }, (_, index) => 102 - index),
    );
  });

  test.each<[string, Partial<ImportReceipt>, RegExp]>([
    ["that does not add up", { entries: 16 }, /16 entries were read and 15 are accounted for/],
    ["with a negative count", { inserted: -1, entries: 13 }, /a count is -1/],
    ["with half an entry", { inserted: 1.5, entries: 15.5 }, /a count is 15.5/],
    ["with a count that is none", { unsent: Number.NaN }, /a count is NaN/],
    ["with a long text", { fileName: "x".repeat(2_001) }, /fileName has 2001 characters; at most/],
    [
      "with a long reason",
      { skipped: [{ reason: "x".repeat(2_001), count: 4 }] },
      /in skipped has/,
    ],
    ["with a long list", { warnings: Array.from({ length: 51 }, () => "w") }, /warnings has 51/],
    ["of more undated than entries", { withoutTime: 99 }, /99 of \d+ entries are without a time/],
    ["without an import id", { importId: "" }, /importId is empty/],
    ["that ends before it starts", { startedAt: 2, finishedAt: 1 }, /startedAt 2 is after/],
    ["that ends at no time", { finishedAt: Number.NaN }, /finishedAt is NaN/],
    ["of watches in no order", { firstWatchedAt: 2, lastWatchedAt: 1 }, /firstWatchedAt 2 is/],
    ["with half a range", { firstWatchedAt: 2, lastWatchedAt: null }, /one is null/],
  ])("%s is refused", async (_what, changes, message) => {
    const t = makeBackend();
    const error: unknown = await asUser(t, "https://test|ann")
      .mutation(api.importReceipts.save, { receipt: receipt(changes) })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConvexError);
    const { data } = error as ConvexError<{ code: string; message: string }>;
    expect(data.code).toBe("INVALID_RECORDS");
    expect(data.message).toMatch(message);
    expect(await asUser(t, "https://test|ann").query(api.importReceipts.list)).toEqual([]);
  });
});
