import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutText, normalizeText, wellFormed } from "../../src/text";

const HIGH = "\uD83D";
const LOW = "\uDE80";
const ROCKET = HIGH + LOW;

/** Texts full of halves, pairs, marks and blanks; fast-check prints the seed of a failure. */
const texts = fc
  .array(fc.constantFrom("a", " ", "é", "e\u0301", "語", HIGH, LOW, ROCKET, "\uFFFD", "\u0301"), {
    maxLength: 40,
  })
  .map((pieces) => pieces.join(""));

function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

describe("cutText", () => {
  it.each([
    ["keeps what fits", ROCKET, 2, ROCKET],
    ["keeps a pair that ends at the cut", `a${ROCKET}b`, 3, `a${ROCKET}`],
    ["drops a pair that the cut would split", `a${ROCKET}b`, 2, "a"],
    ["drops the only pair", ROCKET, 1, ""],
    ["replaces an unpaired half at the cut", `a${HIGH}b`, 2, "a\uFFFD"],
    ["replaces an unpaired half before the cut", `${LOW}abc`, 3, "\uFFFDab"],
    ["replaces an unpaired half of a text that fits", `a${HIGH}`, 5, "a\uFFFD"],
    ["cuts to nothing", ROCKET, 0, ""],
  ])("%s", (_name, text, maxLength, expected) => {
    expect(cutText(text, maxLength)).toBe(expected);
  });

  it("returns a well-formed beginning within the length, and cutting again changes nothing", () => {
    fc.assert(
      fc.property(texts, fc.nat(50), (text, maxLength) => {
        const cut = cutText(text, maxLength);
        expect(isWellFormed(cut)).toBe(true);
        expect(cut.length).toBeLessThanOrEqual(maxLength);
        expect(cut.length).toBeGreaterThanOrEqual(Math.min(text.length, maxLength) - 1);
        expect(wellFormed(text).startsWith(cut)).toBe(true);
        expect(cutText(cut, maxLength)).toBe(cut);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("wellFormed", () => {
  it("replaces unpaired halves one for one, and nothing else", () => {
    expect(wellFormed(`${LOW}${HIGH}${ROCKET}é${HIGH}`)).toBe(`\uFFFD\uFFFD${ROCKET}é\uFFFD`);
    fc.assert(
      fc.property(texts, (text) => {
        const formed = wellFormed(text);
        expect(isWellFormed(formed)).toBe(true);
        expect(formed).toHaveLength(text.length);
        expect(wellFormed(formed)).toBe(formed);
        if (isWellFormed(text)) expect(formed).toBe(text);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("normalizeText", () => {
  it("makes texts well-formed, NFC and trimmed, and doing so again changes nothing", () => {
    expect(normalizeText(` Cafe\u0301${HIGH} `)).toBe("Café\uFFFD");
    fc.assert(
      fc.property(texts, (text) => {
        const normal = normalizeText(text);
        expect(isWellFormed(normal)).toBe(true);
        expect(normal).toBe(normal.normalize("NFC"));
        expect(normalizeText(normal)).toBe(normal);
        expect(normalizeText(wellFormed(text))).toBe(normal);
      }),
      { numRuns: 2_000 },
    );
  });
});
