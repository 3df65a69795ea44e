import fc from "fast-check";
import { expect, it } from "vitest";
import { conflictBackend, first, look, second, type Ctx, type Item } from "./conflictBackend";

const number = fc.option(
  fc.nat(6).map((n) => 10 * n),
  { nil: undefined },
);

const read = fc.record({
  kind: fc.constantFrom("take", "page", "get", "stream"),
  range: fc.constantFrom("table", "prefix", "from", "between", "above", "equal"),
  order: fc.constantFrom("asc" as const, "desc" as const),
  group: fc.constantFrom("a", "b"),
  n: number,
  limit: fc.nat(5),
});
const change = fc.record({
  kind: fc.constantFrom("insert", "patch", "delete"),
  place: fc.nat(9),
  group: fc.constantFrom("a", "b"),
  n: number,
});
type Read = typeof read extends fc.Arbitrary<infer T> ? T : never;
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

function queryOf({ db }: Ctx, { range, group, n, order }: Read) {
  const items = db.query("items");
  const least = n ?? 0;
  const ordered = {
    table: () => items.order(order),
    prefix: () => items.withIndex("by_group_n", (q) => q.eq("group", group)).order(order),
    from: () => items.withIndex("by_group_n", (q) => q.eq("group", group).gte("n", n)).order(order),
    between: () =>
      items.withIndex("by_n", (q) => q.gte("n", least).lt("n", least + 25)).order(order),
    above: () => items.withIndex("by_n", (q) => q.gt("n", n)).order(order),
    equal: () => items.withIndex("by_group_n", (q) => q.eq("group", group).eq("n", n)).order(order),
  };
  return ordered[range]();
}

async function answer(ctx: Ctx, one: Read, ids: readonly Item["_id"][]): Promise<unknown> {
  const query = queryOf(ctx, one);
  if (one.kind === "take") return await query.take(one.limit);
  if (one.kind === "get") return await ctx.db.get("items", ids[one.limit]!);
  if (one.kind === "page") {
    const page = await query.paginate({ cursor: null, numItems: one.limit + 1 });
    return page.page;
  }
  const seen: Item[] = [];
  for await (const item of query) {
    seen.push(item);
    if (seen.length > one.limit) break;
  }
  return seen;
}

async function apply({ db }: Ctx, { kind, place, group, n }: Change, ids: readonly Item["_id"][]) {
  const id = ids[place]!;
  const value = n === undefined ? {} : { n };
  if (kind === "insert") await db.insert("items", { group, ...value });
  else if ((await db.get("items", id)) === null) return;
  else if (kind === "delete") await db.delete("items", id);
  // Every write shows: a document that was written is a different one.
  else await db.replace("items", id, { group, ...value, version: Math.random() });
}

it("refuses a transaction exactly if its reads would give other answers after the commit", async () => {
  const verdicts = { refused: 0, accepted: 0 };
  // One page at most: Convex allows one in a function.
  const reads = fc
    .array(read, { minLength: 1, maxLength: 4 })
    .filter((all) => all.filter(({ kind }) => kind === "page").length <= 1);
  const changes = fc.array(change, { minLength: 1, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(reads, changes, fc.boolean(), async (wanted, written, withIndexes) => {
      let answers: unknown[] = [];
      let ids: Item["_id"][] = [];
      const ask = async (ctx: Ctx) => {
        answers = [];
        for (const one of wanted) answers.push(await answer(ctx, one, ids));
      };
      const steps = {
        ask,
        reads: async (ctx: Ctx) => {
          await ask(ctx);
          await ctx.db.insert("notes", {});
        },
        write: async (ctx: Ctx) => {
          for (const one of written) await apply(ctx, one, ids);
        },
      };
      const { t, conflicts } = await conflictBackend(steps, withIndexes);
      ids = await t.run(async ({ db }) => (await db.query("items").take(99)).map(({ _id }) => _id));
      await t.query(look, { step: "ask" });
      const before = JSON.stringify(answers);
      await Promise.all([
        t.mutation(first, { step: "write" }),
        t.mutation(second, { step: "reads" }),
      ]);
      await t.query(look, { step: "ask" });
      const isChanged = JSON.stringify(answers) !== before;
      expect(conflicts.length).toBe(isChanged ? 1 : 0);
      verdicts[isChanged ? "refused" : "accepted"] += 1;
    }),
    { numRuns: 300 },
  );
  expect(Math.min(verdicts.refused, verdicts.accepted)).toBeGreaterThan(30);
});
