import { convexTest, type TestConvex } from "convex-test";
import {
  anyApi,
  componentsGeneric,
  defineSchema,
  defineTable,
  internalActionGeneric,
  internalMutationGeneric,
  internalQueryGeneric,
  type DataModelFromSchemaDefinition,
  type FunctionReference,
  type GenericDatabaseReader,
  type GenericMutationCtx,
} from "convex/server";
import { v } from "convex/values";
import {
  ConflictChecker,
  type ConflictOptions,
} from "../../scripts/localBackend/conflicts/conflictChecker";
import type { Call, Conflict } from "../../scripts/localBackend/conflicts/retries";
import { convexTestState } from "../../scripts/localBackend/convexTestState";
import { installIndexes } from "../../scripts/localBackend/indexes";

const schema = defineSchema({
  items: defineTable({
    group: v.string(),
    n: v.optional(v.number()),
    version: v.optional(v.number()),
  })
    .index("by_n", ["n"])
    .index("by_group_n", ["group", "n"]),
  notes: defineTable({}),
});

type DataModel = DataModelFromSchemaDefinition<typeof schema>;
export type Reader = GenericDatabaseReader<DataModel>;
export type Ctx = GenericMutationCtx<DataModel>;
export type Item = DataModel["items"]["document"];

/** What a function of a test does, by the name that its arguments carry. */
export type Steps = Record<string, (ctx: Ctx) => Promise<unknown>>;

interface Arguments {
  step: string;
}
type Mutation = FunctionReference<"mutation", "internal", { step: string }, null>;
type Query = FunctionReference<"query", "internal", { step: string }, null>;

type Action = FunctionReference<"action", "internal", { step: string }, null>;
interface Functions {
  first: Mutation;
  second: Mutation;
  look: Query;
  callSecond: Action;
}

// There is no generated API for modules that exist only in a test.
export const { first, second, look, callSecond } = (anyApi as unknown as { f: Functions }).f;
/** The same functions in a component. */
export const part = (componentsGeneric() as unknown as { part: { f: Functions } }).part.f;

export interface ConflictBackend {
  t: TestConvex<typeof schema>;
  conflicts: Conflict[];
  attempts: Call[];
}

const EMPTY_MODULE = () => Promise.resolve({});

/** A backend with two mutations and a query that do what the test says, and ten items. */
export async function conflictBackend(
  steps: Steps,
  withIndexes = true,
  options: Partial<ConflictOptions> = {},
): Promise<ConflictBackend> {
  const run = async (ctx: unknown, { step }: Arguments) => {
    await steps[step]!(ctx as Ctx); // the schema of this backend
    return null;
  };
  const args = { step: v.string() };
  const module = {
    first: internalMutationGeneric({ args, handler: run }),
    second: internalMutationGeneric({ args, handler: run }),
    look: internalQueryGeneric({ args, handler: run }),
    callSecond: internalActionGeneric({
      args,
      handler: async (ctx, { step }): Promise<null> => ctx.runMutation(second, { step }),
    }),
  };
  const modules = {
    "./_generated/api.ts": EMPTY_MODULE,
    "./f.ts": () => Promise.resolve(module),
  };
  const t = convexTest({ schema, modules });
  const component = {
    "./_generated/api.ts": EMPTY_MODULE,
    "./f.ts": () => Promise.resolve(module),
  };
  t.registerComponent("part", schema, component);
  if (withIndexes) {
    for (const { db } of Object.values(convexTestState(t).components)) installIndexes(db);
  }
  const conflicts: Conflict[] = [];
  const attempts: Call[] = [];
  new ConflictChecker(t, {
    sleep: (delayMs) => new Promise((resolve) => void setTimeout(resolve, delayMs)),
    random: () => 0,
    onConflict: (conflict) => conflicts.push(conflict),
    onAttempt: (call) => attempts.push(call),
    ...options,
  });
  await t.run(async ({ db }) => {
    for (const group of ["a", "b"]) {
      for (const n of [10, 20, 30, 40]) await db.insert("items", { group, n });
      await db.insert("items", { group });
    }
  });
  return { t, conflicts, attempts };
}

export async function add(ctx: Ctx, group: string, n?: number): Promise<void> {
  await ctx.db.insert("items", { group, ...(n === undefined ? {} : { n }) });
}

/** The item of a group with a number. */
export async function itemOf(ctx: Ctx, group: string, n?: number): Promise<Item> {
  const item = await ctx.db
    .query("items")
    .withIndex("by_group_n", (q) => q.eq("group", group).eq("n", n))
    .first();
  if (item === null) throw new Error(`no item ${group} ${String(n)}`);
  return item;
}
