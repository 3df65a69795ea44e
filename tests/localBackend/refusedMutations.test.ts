import {
  defineSchema,
  defineTable,
  mutationGeneric,
  type DataModelFromSchemaDefinition,
  type GenericMutationCtx,
} from "convex/server";
import { v } from "convex/values";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate } from "node:timers/promises";
import { afterEach, expect, it, vi } from "vitest";
import type { Backend } from "../../scripts/localBackend/backend";
import { Engine } from "../../scripts/localBackend/engine";
import { ANONYMOUS, FunctionRunner, RefusedMutation } from "../../scripts/localBackend/functions";
import { serveApi } from "../../scripts/localBackend/httpServer";
import { MutationMemory } from "../../scripts/localBackend/mutationMemory";
import { OriginPolicy } from "../../scripts/localBackend/origins";
import { Subscriptions } from "../../scripts/localBackend/subscriptions";
import { SyncSession } from "../../scripts/localBackend/syncSession";

const schema = defineSchema({ counters: defineTable({ count: v.number() }) });
type Ctx = GenericMutationCtx<DataModelFromSchemaDefinition<typeof schema>>;

const functions = {
  increment: mutationGeneric({
    args: {},
    async handler(ctx: Ctx): Promise<number> {
      const counter = await ctx.db.query("counters").first();
      const count = (counter?.count ?? 0) + 1;
      if (counter === null) await ctx.db.insert("counters", { count });
      else await ctx.db.patch("counters", counter._id, { count });
      return count;
    },
  }),
};

/** As many as are admitted at a time: all of them take their snapshots together. */
const CALLS = 16;

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Lets all losers of a round try again together, until every call has ended. */
async function settleInRounds<T>(calls: readonly Promise<T>[]): Promise<PromiseSettledResult<T>[]> {
  let ended = 0;
  const count = () => void (ended += 1);
  for (const call of calls) call.then(count, count);
  while (ended < calls.length) {
    if (vi.getTimerCount() === calls.length - ended) vi.runOnlyPendingTimers();
    await setImmediate();
  }
  return await Promise.allSettled(calls);
}

function makeRunner() {
  // Without delays, calls that come together lose again and again.
  vi.spyOn(Math, "random").mockReturnValue(0);
  const modules = {
    "./_generated/api.ts": () => Promise.resolve({}),
    "./f.ts": () => Promise.resolve(functions),
  };
  const engine = Engine.start(schema, modules, []);
  const load = () => Promise.resolve({ ...functions, increment: functions.increment });
  return { engine, runner: new FunctionRunner(engine, load, () => undefined) };
}

it("loses no update of mutations that overlap, and says which ones it gave up on", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  const { runner } = makeRunner();
  const calls = Array.from({ length: CALLS }, () =>
    runner.run(ANONYMOUS, "f:increment", {}, "mutation"),
  );
  const ends = await settleInRounds(calls);
  const values = ends.flatMap((end) =>
    end.status === "fulfilled" && end.value.isSuccess ? [Number(end.value.value)] : [],
  );
  const sorted = [...values].sort((a, b) => a - b);
  expect(sorted).toEqual(sorted.map((_, index) => index + 1));
  const refused = ends.flatMap((end) => (end.status === "rejected" ? [end.reason as unknown] : []));
  // Each round has one winner, and after five the others give up.
  expect([values.length, refused.length]).toEqual([5, CALLS - 5]);
  expect(refused.every((reason) => reason instanceof RefusedMutation)).toBe(true);
});

const refuse = () => Promise.reject(new RefusedMutation("Documents changed"));

/** A backend that refuses every mutation. */
function refusingBackend(): Backend {
  const { engine, runner } = makeRunner();
  const subscriptions = new Subscriptions(engine, runner);
  vi.spyOn(runner, "run").mockImplementation(refuse);
  return {
    ...{ engine, runner, subscriptions, providers: [], adminKey: "key" },
    functionSpec: () => Promise.resolve([]),
    stop: () => engine.stop(),
  };
}

it("answers a refused mutation over HTTP with 503", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  serveApi(server, refusingBackend(), new OriginPolicy());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // a server that listens on a port has one
  const response = await fetch(`http://127.0.0.1:${String(port)}/api/mutation`, {
    method: "POST",
    body: JSON.stringify({ path: "f:increment", args: {} }),
  });
  server.close();
  expect(response.status).toBe(503);
  expect(await response.json()).toEqual({
    code: "OptimisticConcurrencyControlFailure",
    message: "Documents changed",
  });
});

it("closes a session whose mutation is refused, and answers nothing", async () => {
  const sent: unknown[] = [];
  const memory = new MutationMemory();
  const closed = new Promise<void>((resolve) => {
    const session = new SyncSession(
      refusingBackend(),
      () => Promise.resolve(ANONYMOUS),
      memory,
      (message) => sent.push(message),
      resolve,
    );
    session.receive({ type: "Mutation", requestId: 1, udfPath: "f:increment", args: [{}] });
  });
  await closed;
  expect(sent).toEqual([]);
});
