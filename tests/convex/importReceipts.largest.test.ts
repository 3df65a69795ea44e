import { ConvexError } from "convex/values";
import { afterEach, describe, expect, test, vi } from "vitest";
import { api } from "../../convex/_generated/api";
import type { ImportReceipt } from "../../src/importer";
import { RECEIPT_LIMITS } from "../../src/importer/receipt";
import { inTables } from "../support/reach";
import { asUser, HALF_LIMITS, makeBackend, makeLenientBackend, NOON, receipt } from "./support";

afterEach(() => vi.useRealTimers());

/** A receipt whose lists are full, with texts of one length, in letters of three bytes. */
function fullReceipt(textLength: number, index = 0): ImportReceipt {
  const text = "語".repeat(textLength);
  const list = Array.from({ length: RECEIPT_LIMITS.maxListLength }, () => text);
  const reasons = list.map((reason) => ({ reason, count: 1 }));
  return receipt({
    importId: `import-${String(index)}`,
    fileName: text,
    message: text,
    finishedAt: NOON + index,
    warnings: list,
    histories: list.map((path) => ({ format: "html", path })),
    skipped: reasons,
    rejected: reasons,
    entries: 6 + 2 * list.length,
  });
}

/** Four full lists, file name and message share what is left beside the id. */
const LONGEST = Math.floor(
  (RECEIPT_LIMITS.maxCharacters - "import-199".length) / (4 * RECEIPT_LIMITS.maxListLength + 2),
);

async function refusalOf(call: Promise<unknown>): Promise<unknown> {
  const error: unknown = await call.catch((reason: unknown) => reason);
  return error instanceof ConvexError ? (error.data as unknown) : error;
}

describe("the largest receipts", () => {
  test("can be saved for ever, and listed", async () => {
    const t = makeBackend(HALF_LIMITS);
    const ann = asUser(t, "https://test|ann");
    // As many as are kept; one by one they would take half a minute.
    for (let start = 0; start < 100; start += 25) {
      await inTables(t, async (ctx) => {
        for (let index = start; index < start + 25; index++) {
          const planted = { userId: "https://test|ann", ...fullReceipt(LONGEST, index) };
          await ctx.db.insert("import_receipts", planted);
        }
      });
    }
    for (const index of [100, 101, 102]) {
      await ann.mutation(api.importReceipts.save, { receipt: fullReceipt(LONGEST, index) });
    }
    const kept = await inTables(t, (ctx) => ctx.db.query("import_receipts").take(200));
    const ids = kept.map(({ importId }) => importId);
    expect(ids).toEqual(Array.from({ length: 100 }, (_, index) => `import-${String(index + 3)}`));
    const listed = await ann.query(api.importReceipts.list);
    expect(listed).toHaveLength(20);
    expect(listed[0]).toEqual(fullReceipt(LONGEST, 102));
  });

  test.each([LONGEST + 1, RECEIPT_LIMITS.maxTextLength])(
    "are no larger: one with texts of %s characters is refused",
    async (length) => {
      const ann = asUser(makeBackend(), "https://test|ann");
      const call = ann.mutation(api.importReceipts.save, { receipt: fullReceipt(length) });
      expect(await refusalOf(call)).toMatchObject({
        code: "INVALID_RECORDS",
        message: expect.stringMatching(
          /The receipt was not kept: its texts have \d+ characters together; at most 20000/,
        ) as string,
      });
      expect(await ann.query(api.importReceipts.list)).toEqual([]);
    },
  );
});

test("half of a surrogate pair in any text of a receipt becomes U+FFFD, and finds it again", async () => {
  const ann = asUser(makeLenientBackend(), "https://test|ann");
  const withText = (text: string) =>
    receipt({
      importId: text,
      fileName: text,
      message: text,
      warnings: [text],
      histories: [{ format: "html", path: text }],
      skipped: [{ reason: text, count: 4 }],
      rejected: [{ reason: text, count: 5 }],
    });
  await ann.mutation(api.importReceipts.save, { receipt: withText("x\uD83D") });
  await ann.mutation(api.importReceipts.save, { receipt: withText("x\uD83D") });
  expect(await ann.query(api.importReceipts.list)).toEqual([withText("x\uFFFD")]);
});
