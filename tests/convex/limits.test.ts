import { ConvexError, type Value } from "convex/values";
import { describe, expect, it } from "vitest";
import { api, internal } from "../fixtures/rulesConvex/_generated/api";
import { build, type Recipe } from "../fixtures/rulesConvex/values";
import { makeRulesBackend } from "./rules";

const MIB = 2 ** 20;
/** Half of the two code units of an emoji. */
const LEADING = [0xd83d];
const TRAILING = [0x61, 0xde00, 0x62];
const WHOLE = [0xd83d, 0xde00];

const TOO_LONG = "Array length is too long (8193 > maximum length 8192)";
const TOO_MANY_FIELDS = "Object has too many fields (1025 > maximum number 1024)";
const SURROGATE = "lone leading surrogate in hex escape";

/** A nest of lists, so deep that a document, which is a level itself, is `levels` deep. */
function documentOf(levels: number): Value {
  return build({ depth: levels - 1 });
}

describe("A document", () => {
  it("takes up to 1 MiB, and not a byte more, when inserted or changed", async () => {
    const t = makeRulesBackend();
    const id = await t.mutation(api.values.store, { value: null });
    const room = MIB - (await sizeOverhead());
    for (const value of [build({ bytes: room }), null]) {
      await t.mutation(api.values.grow, { id, value });
    }
    const tooLarge = { value: build({ bytes: room + 1 }) };
    const message = /^Value is too large \(1.00 MiB > maximum size 1 MiB\)$/;
    await expect(t.mutation(api.values.store, tooLarge)).rejects.toThrow(message);
    await expect(t.mutation(api.values.grow, { id, ...tooLarge })).rejects.toThrow(message);
  });

  it("is at most 16 levels deep", async () => {
    const t = makeRulesBackend();
    await t.mutation(api.values.store, { value: documentOf(16) });
    await expect(t.mutation(api.values.store, { value: documentOf(17) })).rejects.toThrow(
      "Document is too nested (nested 17 levels deep > maximum nesting 16)",
    );
  });

  it("has arrays of at most 8,192 elements and objects of at most 1,024 fields", async () => {
    const t = makeRulesBackend();
    for (const recipe of [{ elements: 8_192 }, { fields: 1_024 }]) {
      await t.mutation(api.values.storeBuilt, { recipe });
    }
    const store = (recipe: Recipe) => t.mutation(api.values.storeBuilt, { recipe });
    await expect(store({ elements: 8_193 })).rejects.toThrow(TOO_LONG);
    await expect(store({ fields: 1_025 })).rejects.toThrow(TOO_MANY_FIELDS);
  });

  it("has no field whose name is reserved, or is not plain ASCII", async () => {
    const t = makeRulesBackend();
    const storeUnder = (name: string) => t.mutation(api.values.storeUnder, { name });
    await expect(storeUnder("$price")).rejects.toThrow(/starts with a '\$', which is reserved/);
    await expect(storeUnder("größe")).rejects.toThrow(/only contain non-control ASCII/);
    await expect(storeUnder("n".repeat(1_025))).rejects.toThrow(/maximum field name length/);
    // The schema of the fixture refuses the name first.
    await expect(storeUnder("_secret")).rejects.toThrow(/underscore|Unexpected field/);
  });

  it("has no text with half a surrogate pair", async () => {
    const t = makeRulesBackend();
    await t.mutation(api.values.storeBuilt, { recipe: { text: WHOLE } });
    for (const text of [LEADING, TRAILING]) {
      await expect(t.mutation(api.values.storeBuilt, { recipe: { text } })).rejects.toThrow(
        `Received invalid json: ${SURROGATE}`,
      );
    }
    await t.mutation(api.values.store, { value: "a backslash and \\ud83d are no surrogate" });
  });
});

/** Bytes of a document of `values:store` besides those of its value. */
async function sizeOverhead(): Promise<number> {
  const t = makeRulesBackend();
  return await t.run(async (ctx) => {
    await ctx.db.insert("values", { value: "" });
    return (await ctx.meta.getTransactionMetrics()).bytesWritten.used;
  });
}

describe("A result", () => {
  it.each([
    [{ elements: 8_193 }, `return value invalid: ${TOO_LONG}`],
    [{ fields: 1_025 }, `return value invalid: ${TOO_MANY_FIELDS}`],
    [{ depth: 65 }, "return value invalid: Value is too nested (nested 65 levels deep > maximum"],
    [{ bytes: 16 * MIB }, "return value is too large (actual: 16.00 MiB, limit: 16 MiB)"],
    [{ text: LEADING }, `return value invalid: ${SURROGATE}`],
  ] satisfies [Recipe, string][])("%o is refused", async (recipe, message) => {
    const t = makeRulesBackend();
    await expect(t.query(api.values.make, { recipe })).rejects.toThrow(
      `Function values.js:make ${message}`,
    );
    await expect(t.action(api.values.makeInAction, { recipe })).rejects.toThrow(message);
  });

  it("passes up to the limits", async () => {
    const t = makeRulesBackend();
    for (const recipe of [
      { elements: 8_192 },
      { fields: 1_024 },
      { depth: 64 },
      { bytes: 16 * MIB - 2 },
      { text: WHOLE },
    ]) {
      await t.query(api.values.make, { recipe });
    }
  });

  it("that is refused takes back what the mutation wrote", async () => {
    const t = makeRulesBackend();
    const refused = t.mutation(api.values.storeAndReturn, { value: { text: LEADING } });
    await expect(refused).rejects.toThrow(SURROGATE);
    expect(await t.query(api.values.count, {})).toBe(0);
  });
});

describe("Data of a ConvexError", () => {
  it("follows the same rules", async () => {
    const t = makeRulesBackend();
    const fail = (recipe: Recipe) => t.query(api.values.fail, { recipe });
    await expect(fail({ text: WHOLE })).rejects.toThrow(ConvexError);
    await expect(fail({ text: TRAILING })).rejects.toThrow(
      `ConvexError with invalid data: ${SURROGATE}`,
    );
    await expect(fail({ elements: 8_193 })).rejects.toThrow(TOO_LONG);
  });
});

describe("What a function asks of the backend", () => {
  it.each(["run", "schedule"] as const)("follows the rules: %s", async (way) => {
    const t = makeRulesBackend();
    const passOn = (recipe: Recipe) => t.action(api.values.passOn, { recipe, way });
    await passOn({ text: WHOLE });
    await expect(passOn({ text: LEADING })).rejects.toThrow(SURROGATE);
    await expect(passOn({ elements: 8_193 })).rejects.toThrow(TOO_LONG);
    await expect(passOn({ depth: 63 })).rejects.toThrow(
      "nested 65 levels deep > maximum nesting 64",
    );
    await expect(passOn({ bytes: 16 * MIB })).rejects.toThrow(
      /^Arguments for .* are too large \(actual: 16.00 MiB, limit: 16 MiB\)$/,
    );
  });

  it("has no bound with half a surrogate pair", async () => {
    const t = makeRulesBackend();
    await t.mutation(api.values.store, { value: "😀" });
    expect(await t.query(api.values.find, { recipe: { text: WHOLE } })).toBe(1);
    await expect(t.query(api.values.find, { recipe: { text: LEADING } })).rejects.toThrow(
      SURROGATE,
    );
  });

  it("is at most 1,000 functions to schedule, whose arguments take at most 16 MiB", async () => {
    const t = makeRulesBackend();
    const schedule = (times: number, bytes: number) =>
      t.mutation(internal.values.scheduleTimes, { times, bytes });
    await schedule(1_000, 1);
    await expect(schedule(1_001, 1)).rejects.toThrow(/Scheduled too many functions/);
    await expect(schedule(17, MIB)).rejects.toThrow(/Scheduled function arguments too large/);
  });
});

describe("Arguments", () => {
  it("from outside follow the rules", async () => {
    const t = makeRulesBackend();
    const store = (value: Value) => t.mutation(api.values.store, { value });
    await expect(store(build({ elements: 8_193 }))).rejects.toThrow(
      `Invalid arguments for values.js:store: ${TOO_LONG}`,
    );
    await expect(store(build({ text: LEADING }))).rejects.toThrow(SURROGATE);
  });
});
