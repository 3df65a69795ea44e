import {
  defineSchema,
  defineTable,
  mutationGeneric,
  queryGeneric,
  type DataModelFromSchemaDefinition,
  type GenericMutationCtx,
  type GenericQueryCtx,
} from "convex/server";
import { v, type GenericId, type JSONValue } from "convex/values";
import { expect, it } from "vitest";
import { Engine } from "../../scripts/localBackend/engine";
import { FunctionRunner, type Caller } from "../../scripts/localBackend/functions";
import { Subscriptions, type LiveQuery } from "../../scripts/localBackend/subscriptions";

const schema = defineSchema({
  items: defineTable({ group: v.string(), n: v.number() }).index("by_group_n", ["group", "n"]),
});
type DataModel = DataModelFromSchemaDefinition<typeof schema>;
type Ctx = GenericMutationCtx<DataModel>;
type ReadCtx = GenericQueryCtx<DataModel>;

const inGroup = ({ db }: ReadCtx, group: string, least = 0) =>
  db.query("items").withIndex("by_group_n", (q) => q.eq("group", group).gte("n", least));

const grouped = { group: v.string(), n: v.number() };

const functions = {
  insert: mutationGeneric({
    args: grouped,
    handler: (ctx: Ctx, item) => ctx.db.insert("items", item),
  }),
  remove: mutationGeneric({
    args: { id: v.id("items") },
    handler: (ctx: Ctx, { id }) => ctx.db.delete("items", id),
  }),
  first: queryGeneric({
    args: grouped,
    handler: (ctx: ReadCtx, { group, n }) => inGroup(ctx, group, n).first(),
  }),
  get: queryGeneric({
    args: { id: v.id("items") },
    handler: (ctx: ReadCtx, { id }) => ctx.db.get("items", id),
  }),
  page: queryGeneric({
    args: { group: v.string() },
    handler: (ctx: ReadCtx, { group }) =>
      inGroup(ctx, group).paginate({ cursor: null, numItems: 2 }),
  }),
  nested: queryGeneric({
    args: grouped,
    handler: (ctx: ReadCtx, { group }) => inGroup(ctx, group).take(9),
  }),
};

const ADMIN: Caller = { isAdmin: true, identity: null };

class Server {
  readonly subscriptions: Subscriptions;
  private readonly runner: FunctionRunner;

  constructor() {
    const modules = {
      "./_generated/api.ts": () => Promise.resolve({}),
      "./f.ts": () => Promise.resolve(functions),
    };
    const engine = Engine.start(schema, modules, []);
    const load = (path: string) => Promise.resolve(path === "f" ? functions : null);
    this.runner = new FunctionRunner(engine, load, () => undefined);
    this.subscriptions = new Subscriptions(engine, this.runner);
  }

  async mutate(name: string, args: Record<string, JSONValue>): Promise<JSONValue> {
    const outcome = await this.runner.run(ADMIN, `f:${name}`, args, "mutation");
    if (!outcome.isSuccess) throw new Error(outcome.errorMessage);
    return outcome.value;
  }

  async subscribe(path: string, args: Record<string, JSONValue>): Promise<LiveQuery> {
    const query = this.subscriptions.subscribe(ADMIN, path, args, null);
    await this.subscriptions.refresh();
    return query;
  }

  /** How often a query has run, all commits so far considered. */
  async runsOf(path: string): Promise<number> {
    await this.subscriptions.refresh();
    return this.subscriptions.executions.get(path) ?? 0;
  }
}

function valueOf({ outcome }: LiveQuery): JSONValue {
  if (outcome?.isSuccess !== true) throw new Error(`no value: ${JSON.stringify(outcome)}`);
  return outcome.value;
}

it("runs a query again if a document appears in a gap it read, and not if one does elsewhere", async () => {
  const server = new Server();
  await server.mutate("insert", { group: "a", n: 20 });
  const query = await server.subscribe("f:first", { group: "a", n: 10 });
  expect(await server.runsOf("f:first")).toBe(1);
  await server.mutate("insert", { group: "a", n: 30 });
  await server.mutate("insert", { group: "a", n: 5 });
  await server.mutate("insert", { group: "b", n: 15 });
  expect(await server.runsOf("f:first")).toBe(1);
  await server.mutate("insert", { group: "a", n: 15 });
  expect(await server.runsOf("f:first")).toBe(2);
  expect(valueOf(query)).toMatchObject({ n: 15 });
  // What lies behind the new first document is not read any more.
  await server.mutate("insert", { group: "a", n: 18 });
  expect(await server.runsOf("f:first")).toBe(2);
});

it("runs a query again when the document it got by id changes, is deleted, or another is", async () => {
  const server = new Server();
  const id = (await server.mutate("insert", { group: "a", n: 1 })) as GenericId<"items">;
  const other = (await server.mutate("insert", { group: "a", n: 2 })) as GenericId<"items">;
  const query = await server.subscribe("f:get", { id });
  await server.mutate("remove", { id: other });
  expect(await server.runsOf("f:get")).toBe(1);
  await server.mutate("remove", { id });
  expect(await server.runsOf("f:get")).toBe(2);
  expect(valueOf(query)).toBeNull();
});

it("runs a query that found nothing again when something appears there", async () => {
  const server = new Server();
  const query = await server.subscribe("f:first", { group: "a", n: 10 });
  expect(valueOf(query)).toBeNull();
  await server.mutate("insert", { group: "a", n: 9 });
  expect(await server.runsOf("f:first")).toBe(1);
  await server.mutate("insert", { group: "a", n: 10 });
  expect(await server.runsOf("f:first")).toBe(2);
  expect(valueOf(query)).toMatchObject({ n: 10 });
});

it("keeps a page between its ends: what is inserted there makes it longer, the rest is not read", async () => {
  const server = new Server();
  for (const n of [10, 20, 30]) await server.mutate("insert", { group: "a", n });
  const query = await server.subscribe("f:page", { group: "a" });
  await server.mutate("insert", { group: "a", n: 25 });
  expect(await server.runsOf("f:page")).toBe(1);
  await server.mutate("insert", { group: "a", n: 15 });
  expect(await server.runsOf("f:page")).toBe(2);
  expect(valueOf(query)).toMatchObject({ page: [{ n: 10 }, { n: 15 }, { n: 20 }] });
  await server.mutate("insert", { group: "a", n: 26 });
  expect(await server.runsOf("f:page")).toBe(2);
});

it("runs a query once for all who subscribe to it, and lists tables as a whole", async () => {
  const server = new Server();
  const args = { table: "items", paginationOpts: { cursor: null, numItems: 9 } };
  await server.subscribe("f:nested", { group: "a", n: 0 });
  await server.subscribe("f:nested", { group: "a", n: 0 });
  const listed = await server.subscribe("_system/cli/tableData:default", args);
  await server.mutate("insert", { group: "b", n: 1 });
  expect(await server.runsOf("f:nested")).toBe(1);
  expect(await server.runsOf("_system/cli/tableData:default")).toBe(2);
  expect(valueOf(listed)).toMatchObject({ page: [{ group: "b" }] });
});

it("runs a query again if a commit comes while it runs", async () => {
  const server = new Server();
  const query = server.subscriptions.subscribe(ADMIN, "f:first", { group: "a", n: 0 }, null);
  const refreshed = server.subscriptions.refresh();
  await Promise.all([refreshed, server.mutate("insert", { group: "a", n: 1 })]);
  await server.subscriptions.refresh();
  expect(valueOf(query)).toMatchObject({ n: 1 });
});
