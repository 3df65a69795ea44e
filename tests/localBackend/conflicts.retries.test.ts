import { describe, expect, it } from "vitest";
import {
  add,
  callSecond,
  conflictBackend,
  first,
  itemOf,
  look,
  part,
  second,
  type Ctx,
  type Steps,
} from "./conflictBackend";

const readAll = (ctx: Ctx) => ctx.db.query("items").take(99);
const note = (ctx: Ctx) => ctx.db.insert("notes", {});

/** How often a mutation is refused if another one commits meanwhile, and how many notes it leaves. */
async function refusals(steps: Steps): Promise<{ refused: string[]; notes: number }> {
  const { t, conflicts } = await conflictBackend(steps);
  await Promise.all([t.mutation(first, { step: "write" }), t.mutation(second, { step: "reads" })]);
  const notes = await t.run(async ({ db }) => (await db.query("notes").take(9)).length);
  return { refused: conflicts.map(({ call }) => call.name), notes };
}

describe("a nested call belongs to the transaction of its caller:", () => {
  it("what a nested query reads refuses the outer mutation, which runs again as a whole", async () => {
    const reads = async (ctx: Ctx) => {
      await ctx.runMutation(first, { step: "note" });
      await ctx.runQuery(look, { step: "all" });
    };
    const write = (ctx: Ctx) => add(ctx, "a", 15);
    const steps = { reads, write, note, all: readAll };
    expect(await refusals(steps)).toEqual({ refused: ["f:second"], notes: 1 });
  });

  it("what a component's function reads counts, within the tables of the component", async () => {
    const reads = async (ctx: Ctx) => {
      await ctx.runQuery(part.look, { step: "all" });
      await note(ctx);
    };
    const steps = { reads, note, all: readAll, add: (ctx: Ctx) => add(ctx, "a", 15) };
    const inPart = (ctx: Ctx) => ctx.runMutation(part.first, { step: "add" });
    expect(await refusals({ ...steps, write: inPart })).toEqual({
      refused: ["f:second"],
      notes: 1,
    });
    expect(await refusals({ ...steps, write: steps.add })).toEqual({ refused: [], notes: 1 });
  });

  it("except a query on a stale snapshot, which adds nothing to what was read", async () => {
    const reads = async (ctx: Ctx) => {
      await ctx.runQuery(look, { step: "all" }, { useStaleSnapshot: true });
      await note(ctx);
    };
    const write = (ctx: Ctx) => add(ctx, "a", 15);
    expect((await refusals({ reads, write, all: readAll })).refused).toEqual([]);
    // What follows the stale query counts again.
    const later = async (ctx: Ctx) => {
      await reads(ctx);
      await readAll(ctx);
    };
    expect((await refusals({ reads: later, write, all: readAll })).refused).toEqual(["f:second"]);
  });
});

/** A backend in which something is committed during every attempt and delay, so many times. */
async function disturbed(times: number) {
  let left = times;
  let disturb = () => Promise.resolve();
  const delaysMs: number[] = [];
  const steps: Steps = {
    async reads(ctx) {
      await readAll(ctx);
      await note(ctx);
    },
    write: (ctx) => add(ctx, "a", 15),
    schedule: (ctx) => ctx.scheduler.runAfter(0, second, { step: "reads" }),
    scheduleAction: (ctx) => ctx.scheduler.runAfter(0, callSecond, { step: "reads" }),
  };
  const backend = await conflictBackend(steps, true, {
    durationMsOf: ({ name }) => (name === "f:second" ? 1 : 0),
    random: () => 1,
    async sleep(delayMs) {
      if (delayMs > 1) delaysMs.push(delayMs);
      else await disturb();
    },
  });
  disturb = async () => {
    left -= 1;
    if (left >= 0) await backend.t.mutation(first, { step: "write" });
  };
  const attempts = () => backend.attempts.filter(({ name }) => name === "f:second");
  return { ...backend, delaysMs, attempts };
}

describe("a mutation that is refused", () => {
  it("is tried five times in all, after delays that double, then its caller fails", async () => {
    const { t, attempts, delaysMs } = await disturbed(99);
    const call = t.mutation(second, { step: "reads" });
    await expect(call).rejects.toThrow(
      /^Documents read from or written to the "items" table changed while this mutation was being run and on every subsequent retry\. A call to "f:first" changed the document with ID "\w+"\. See https:\/\/docs\.convex\.dev\/error#1$/,
    );
    expect(attempts()).toHaveLength(5);
    expect(delaysMs).toEqual([100, 200, 400, 800]);
    expect(await t.run(({ db }) => db.query("notes").take(1))).toEqual([]);
  });

  it("says so if the other one is the same function", async () => {
    const { t } = await conflictBackend(
      { increment: async (ctx) => ctx.db.patch("items", (await itemOf(ctx, "a", 10))._id, {}) },
      true,
      { sleep: () => Promise.resolve() },
    );
    const calls = Array.from({ length: 20 }, () => t.mutation(first, { step: "increment" }));
    const reasons = (await Promise.allSettled(calls)).flatMap((end) =>
      end.status === "rejected" ? [String(end.reason)] : [],
    );
    expect(reasons[0]).toMatch("Another call to this mutation changed the document");
  });

  it("succeeds at the fifth try", async () => {
    const { t, attempts } = await disturbed(4);
    await t.mutation(second, { step: "reads" });
    expect(attempts()).toHaveLength(5);
  });

  it("is tried until it succeeds if the scheduler called it", async () => {
    const { t, attempts, delaysMs } = await disturbed(12);
    await t.mutation(first, { step: "schedule" });
    await expect.poll(() => attempts().length).toBe(13);
    await t.finishInProgressScheduledFunctions();
    expect(attempts().every(({ isScheduled }) => isScheduled)).toBe(true);
    expect(delaysMs.at(-1)).toBe(60_000);
    expect(await t.run(({ db }) => db.query("notes").take(9))).toHaveLength(1);
  });

  it("is tried five times if an action called it that the scheduler had called", async () => {
    const { t, attempts, conflicts } = await disturbed(99);
    await t.mutation(first, { step: "scheduleAction" });
    await expect.poll(() => conflicts.at(-1)?.isFinal).toBe(true);
    await t.finishInProgressScheduledFunctions();
    expect(attempts().map(({ isScheduled }) => isScheduled)).toEqual(Array(5).fill(false));
  });
});
