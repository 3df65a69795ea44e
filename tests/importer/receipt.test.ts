import { describe, expect, it } from "vitest";
import { newTally } from "../../src/importer";
import { Coverage } from "../../src/importer/coverage";
import { RECEIPT_LIMITS, receiptOf, type ImportReceipt } from "../../src/importer/receipt";

function makeReceipt(text: string, listLength = 60): ImportReceipt {
  const indexes = Array.from({ length: listLength }, (_, index) => index);
  const tally = newTally();
  for (const index of indexes.slice(0, 21)) {
    tally.skipped[`${String(index)} ${text}`] = 1;
    tally.rejected[`${String(index)} ${text}`] = 1;
  }
  const histories = indexes.map((index) => {
    return { format: "json" as const, path: `${String(index)} ${text}` };
  });
  return receiptOf(
    { importId: crypto.randomUUID(), fileName: text, histories, startedAt: 1, finishedAt: 2 },
    { outcome: "failed", message: text },
    tally,
    new Coverage(),
  );
}

function textsIn({ importId, fileName, message, warnings, ...receipt }: ImportReceipt): string[] {
  const reasons = [...receipt.skipped, ...receipt.rejected].map(({ reason }) => reason);
  const paths = receipt.histories.map(({ path }) => path ?? "");
  return [importId, fileName, message ?? "", ...warnings, ...reasons, ...paths];
}

describe("a receipt of long texts and many histories", () => {
  it.each([
    ["x", "x".repeat(5_000)],
    ["emoji", "🚀".repeat(2_500)],
    ["emoji, one off", `x${"🚀".repeat(2_500)}`],
    ["halves", "\uD83D".repeat(5_000)],
  ])("is one the backend keeps, in %s", (_name, text) => {
    const receipt = makeReceipt(text);
    const texts = textsIn(receipt);
    expect(receipt.histories).toHaveLength(RECEIPT_LIMITS.maxListLength);
    const { maxTextLength } = RECEIPT_LIMITS;
    expect(texts.every(({ length }) => length <= maxTextLength)).toBe(true);
    expect(receipt.message?.length).toBeGreaterThanOrEqual(maxTextLength - 1);
    // The warnings of a real import, of some 700 characters, fit as well.
    const characters = texts.reduce((total, { length }) => total + length, 0);
    expect(characters).toBeLessThan(RECEIPT_LIMITS.maxCharacters - 700);
    expect(texts.join("\n")).not.toMatch(/\p{Surrogate}/u);
  });

  it("keeps short texts as they are", () => {
    const receipt = makeReceipt("a file 🚀", 2);
    expect(receipt).toMatchObject({
      fileName: "a file 🚀",
      message: "a file 🚀",
      histories: [{ path: "0 a file 🚀" }, { path: "1 a file 🚀" }],
    });
  });
});
