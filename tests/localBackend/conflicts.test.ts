import { describe, expect, it, test } from "vitest";
import {
  add,
  conflictBackend,
  first,
  itemOf,
  look,
  second,
  type Ctx,
  type Reader,
} from "./conflictBackend";

/** Reads of the numbers 10, 20, 30, 40 of group "a", and of one item without a number. */
const inGroup = ({ db }: { db: Reader }) =>
  db.query("items").withIndex("by_group_n", (q) => q.eq("group", "a").gte("n", 0));

const READS: Record<string, (ctx: Ctx) => Promise<unknown>> = {
  first: (ctx) => inGroup(ctx).first(),
  last: (ctx) => inGroup(ctx).order("desc").first(),
  takeTwo: (ctx) => inGroup(ctx).take(2),
  takeTwoDescending: (ctx) => inGroup(ctx).order("desc").take(2),
  takeMore: (ctx) => inGroup(ctx).take(9),
  takeNone: (ctx) => inGroup(ctx).take(0),
  range: (ctx) =>
    ctx.db
      .query("items")
      .withIndex("by_group_n", (q) => q.eq("group", "a").gte("n", 10).lt("n", 30))
      .take(9),
  exclusive: (ctx) =>
    ctx.db
      .query("items")
      .withIndex("by_group_n", (q) => q.eq("group", "a").gt("n", 10).lte("n", 30))
      .take(9),
  prefix: (ctx) =>
    ctx.db
      .query("items")
      .withIndex("by_group_n", (q) => q.eq("group", "a"))
      .take(9),
  withoutNumber: (ctx) =>
    ctx.db
      .query("items")
      .withIndex("by_group_n", (q) => q.eq("group", "a").eq("n", undefined))
      .take(9),
  below: (ctx) =>
    ctx.db
      .query("items")
      .withIndex("by_n", (q) => q.lt("n", 15))
      .take(99),
  filtered: (ctx) =>
    inGroup(ctx)
      .filter((q) => q.eq(q.field("n"), 30))
      .first(),
  iterated: (ctx) => iterate(ctx, "asc"),
  iteratedDescending: (ctx) => iterate(ctx, "desc"),
  page: (ctx) => inGroup(ctx).paginate({ cursor: null, numItems: 2 }),
  pageDescending: (ctx) => inGroup(ctx).order("desc").paginate({ cursor: null, numItems: 2 }),
  fullLastPage: (ctx) => inGroup(ctx).paginate({ cursor: null, numItems: 4 }),
  shortPage: (ctx) => inGroup(ctx).paginate({ cursor: null, numItems: 9 }),
  table: (ctx) => ctx.db.query("items").take(99),
  nothing: () => Promise.resolve(null),
};

async function iterate(ctx: Ctx, order: "asc" | "desc"): Promise<void> {
  const seen: unknown[] = [];
  for await (const item of inGroup(ctx).order(order)) {
    seen.push(item);
    if (seen.length === 2) return;
  }
}

/** How many attempts of a reader are refused if a writer commits while the reader runs. */
async function refusals(
  read: (ctx: Ctx) => Promise<unknown>,
  write: (ctx: Ctx) => Promise<unknown>,
  withIndexes = true,
): Promise<number> {
  const reads = async (ctx: Ctx) => {
    await read(ctx);
    await ctx.db.insert("notes", {});
  };
  const { t, conflicts } = await conflictBackend({ reads, write }, withIndexes);
  await Promise.all([t.mutation(first, { step: "write" }), t.mutation(second, { step: "reads" })]);
  for (const { call, writer } of conflicts)
    expect([call.name, writer]).toEqual(["f:second", "f:first"]);
  return conflicts.length;
}

test.each([
  { read: "first", inside: [5], outside: [10, 15, 45] },
  { read: "last", inside: [45, 40], outside: [35, 5] },
  { read: "takeTwo", inside: [5, 15], outside: [25, 45] },
  { read: "takeTwoDescending", inside: [35, 45], outside: [25, 5] },
  { read: "takeMore", inside: [5, 99], outside: [-1] },
  { read: "takeNone", inside: [], outside: [5, 15] },
  { read: "range", inside: [10, 15, 29], outside: [5, 30, 31] },
  { read: "exclusive", inside: [11, 30], outside: [10, 31] },
  { read: "prefix", inside: [-5, 99, undefined], outside: [] },
  { read: "withoutNumber", inside: [undefined], outside: [5] },
  { read: "below", inside: [undefined, 14], outside: [15] },
  { read: "filtered", inside: [5, 25], outside: [35] },
  { read: "iterated", inside: [5, 15], outside: [25] },
  { read: "iteratedDescending", inside: [35, 45], outside: [25] },
  { read: "page", inside: [5, 15], outside: [25] },
  { read: "pageDescending", inside: [35, 45], outside: [25] },
  { read: "fullLastPage", inside: [5, 35], outside: [45] },
  { read: "shortPage", inside: [5, 45], outside: [-1] },
  { read: "table", inside: [5, undefined], outside: [] },
  { read: "nothing", inside: [], outside: [5, 15] },
])("$read reads an interval with its gaps", async ({ read, inside, outside }) => {
  for (const withIndexes of [true, false]) {
    for (const n of inside) {
      expect(await refusals(READS[read]!, (ctx) => add(ctx, "a", n), withIndexes), `${n}`).toBe(1);
    }
    for (const n of outside) {
      expect(await refusals(READS[read]!, (ctx) => add(ctx, "a", n), withIndexes), `${n}`).toBe(0);
    }
  }
});

describe("a read is changed by", () => {
  const move = (from: number, to: number) => async (ctx: Ctx) => {
    await ctx.db.patch("items", (await itemOf(ctx, "a", from))._id, { n: to });
  };

  test.each([
    { name: "a document that leaves", write: move(10, 99), expected: 1 },
    { name: "a document that arrives", write: move(40, 15), expected: 1 },
    { name: "a document that moves inside", write: move(10, 11), expected: 1 },
    { name: "a document that is patched and stays", write: move(10, 10), expected: 1 },
    { name: "no document that moves outside", write: move(30, 31), expected: 0 },
    {
      name: "a document that is deleted",
      write: async (ctx: Ctx) => ctx.db.delete("items", (await itemOf(ctx, "a", 20))._id),
      expected: 1,
    },
    { name: "no document of another group", write: (ctx: Ctx) => add(ctx, "b", 15), expected: 0 },
    {
      name: "no document that was deleted again",
      write: async (ctx: Ctx) => {
        await add(ctx, "a", 15);
        await ctx.db.delete("items", (await itemOf(ctx, "a", 15))._id);
      },
      expected: 0,
    },
  ])("$name", async ({ write, expected }) => {
    expect(await refusals(READS["range"]!, write)).toBe(expected);
  });
});

describe("pages", () => {
  it("start after their cursor, and end at an end cursor", async () => {
    const cursors: string[] = [];
    const reads = async (ctx: Ctx) => {
      const options = { cursor: cursors[0]!, endCursor: cursors[1]!, numItems: 1 };
      await inGroup(ctx).paginate(options);
      await ctx.db.insert("notes", {});
    };
    const counts: number[] = [];
    for (const n of [15, 25, 35, 45]) {
      const { t, conflicts } = await conflictBackend({ reads, write: (ctx) => add(ctx, "a", n) });
      await t
        .run(async (ctx) => {
          for (const numItems of [2, 3]) {
            const page = await inGroup(ctx).paginate({ cursor: null, numItems });
            cursors[numItems - 2] = page.continueCursor;
          }
        })
        .catch(() => undefined);
      await Promise.all([
        t.mutation(first, { step: "write" }),
        t.mutation(second, { step: "reads" }),
      ]);
      counts.push(conflicts.length);
    }
    expect(counts).toEqual([0, 1, 0, 0]);
  });
});

it("counts a document that was read by id, and one that was looked for and is not there", async () => {
  const { t, conflicts } = await conflictBackend({
    async change(ctx) {
      await ctx.db.patch("items", (await itemOf(ctx, "a", 10))._id, { n: 11 });
    },
    async remove(ctx) {
      await ctx.db.delete("items", (await itemOf(ctx, "b", 10))._id);
    },
    async get(ctx) {
      await ctx.db.get("items", ids.a);
      await ctx.db.insert("notes", {});
    },
    async getOther(ctx) {
      await ctx.db.get("items", ids.b);
      await ctx.db.insert("notes", {});
    },
  });
  const ids = await t.run(async (ctx) => ({
    a: (await itemOf(ctx, "a", 10))._id,
    b: (await itemOf(ctx, "b", 10))._id,
  }));
  const both = async (write: string, read: string) => {
    conflicts.length = 0;
    await Promise.all([t.mutation(first, { step: write }), t.mutation(second, { step: read })]);
    return conflicts.map(({ index, table }) => `${table}.${index}`);
  };
  expect(await both("change", "getOther")).toEqual([]);
  expect(await both("remove", "getOther")).toEqual(["items.by_id"]);
  expect(await t.run((ctx) => ctx.db.get("items", ids.b))).toBeNull();
});

it("never refuses a query, nor a mutation that writes nothing", async () => {
  const { t, conflicts } = await conflictBackend({
    write: (ctx) => add(ctx, "a", 15),
    read: READS["table"]!,
  });
  await Promise.all([
    t.mutation(first, { step: "write" }),
    t.mutation(second, { step: "read" }),
    t.query(look, { step: "read" }),
  ]);
  expect(conflicts).toEqual([]);
});
