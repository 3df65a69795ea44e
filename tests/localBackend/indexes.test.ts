import { convexTest } from "convex-test";
import { defineSchema, defineTable } from "convex/server";
import { v, type GenericId } from "convex/values";
import fc from "fast-check";
import { expect, it } from "vitest";
import { convexTestState } from "../../scripts/localBackend/convexTestState";
import { installIndexes } from "../../scripts/localBackend/indexes";

const X_VALUES = [undefined, null, 1, 2, 3, "a", "b"];

const schema = defineSchema({
  items: defineTable({
    x: v.optional(v.union(v.number(), v.string(), v.null())),
    y: v.number(),
  })
    .index("by_x_y", ["x", "y"])
    .index("by_y", ["y"]),
});

type Backend = ReturnType<typeof makeBackend>;
type Item = { _id: GenericId<"items">; x?: number | string | null; y: number };

function makeBackend() {
  return convexTest(schema, { "./_generated/api.ts": () => Promise.resolve({}) });
}

function makeIndexedBackend(): Backend {
  const backend = makeBackend();
  const state = convexTestState(backend);
  installIndexes(state.components[""]!.db);
  return backend;
}

const place = fc.nat(29);
const xValue = fc.constantFrom(...X_VALUES);
const change = fc.oneof(
  fc.record({ kind: fc.constant("insert" as const), x: xValue, y: fc.nat(4) }),
  fc.record({ kind: fc.constant("patch" as const), place, x: xValue, y: fc.nat(4) }),
  fc.record({ kind: fc.constant("delete" as const), place }),
);
const query = fc.record({
  kind: fc.constantFrom("scan", "equal", "above", "range", "upTo", "filtered"),
  x: xValue,
  y: fc.nat(4),
  order: fc.constantFrom("asc" as const, "desc" as const),
  limit: fc.option(fc.integer({ min: 1, max: 4 })),
});
const round = fc.record({
  changes: fc.array(change, { maxLength: 8 }),
  queries: fc.array(query, { maxLength: 6 }),
  isAborted: fc.boolean(),
});

type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;
type Query = typeof query extends fc.Arbitrary<infer T> ? T : never;
type Round = typeof round extends fc.Arbitrary<infer T> ? T : never;
type Ctx = Parameters<Parameters<Backend["run"]>[0]>[0];

it("answers every query as convex-test does alone, in and after each transaction", async () => {
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(round, { minLength: 1, maxLength: 12 }), async (rounds) => {
      const stock = makeBackend();
      const indexed = makeIndexedBackend();
      for (const each of rounds) {
        const expected = await play(stock, each);
        expect(await play(indexed, each)).toEqual(expected);
        compared += expected.length;
      }
    }),
    { numRuns: 120 },
  );
  expect(compared).toBeGreaterThan(1_800);
});

/** Makes the changes in one transaction, and asks the queries inside it and after it. */
async function play(backend: Backend, { changes, queries, isAborted }: Round): Promise<unknown[]> {
  const answers: unknown[] = [];
  const aborted = new Error("aborted on purpose");
  try {
    await backend.run(async (ctx) => {
      const items = await ctx.db.query("items").take(100);
      for (const each of changes) await apply(ctx, items, each);
      for (const each of queries) answers.push(await ask(ctx, each));
      if (isAborted) throw aborted;
    });
  } catch (error) {
    if (!(error instanceof Error) || error.message !== aborted.message) throw error;
  }
  await backend.run(async (ctx) => {
    for (const each of queries) answers.push(await ask(ctx, each));
  });
  return answers;
}

async function apply(ctx: Ctx, items: Item[], each: Change): Promise<void> {
  if (each.kind === "insert") {
    await ctx.db.insert("items", { y: each.y, ...(each.x === undefined ? {} : { x: each.x }) });
    return;
  }
  const item = items[each.place];
  if (item === undefined || (await ctx.db.get("items", item._id)) === null) return;
  if (each.kind === "delete") await ctx.db.delete("items", item._id);
  else
    await ctx.db.replace("items", item._id, {
      y: each.y,
      ...(each.x === undefined ? {} : { x: each.x }),
    });
}

async function ask(ctx: Ctx, { kind, x, y, order, limit }: Query): Promise<string[]> {
  const table = ctx.db.query("items");
  const ordered = {
    scan: () => table.order(order),
    equal: () => table.withIndex("by_x_y", (q) => q.eq("x", x)).order(order),
    above: () => table.withIndex("by_x_y", (q) => q.eq("x", x).gt("y", y)).order(order),
    range: () => table.withIndex("by_y", (q) => q.gte("y", y).lt("y", y + 2)).order(order),
    upTo: () => table.withIndex("by_x_y", (q) => q.lte("x", x)).order(order),
    filtered: () =>
      table
        .withIndex("by_y")
        .order(order)
        .filter((f) => f.eq(f.field("x"), 1)),
  }[kind]();
  const items = await ordered.take(limit ?? 100);
  return items.map((item) => JSON.stringify([item._id, item.x ?? null, item.y]));
}
