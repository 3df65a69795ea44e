import { afterEach, expect, it, vi } from "vitest";
import { SCHEDULER_PLACES } from "../../scripts/localBackend/places";
import { api } from "../fixtures/rulesConvex/_generated/api";
import { holding } from "../fixtures/rulesConvex/calls";
import { makeRulesBackend } from "./rules";

afterEach(() => {
  vi.useRealTimers();
  for (const { release } of holding.values()) release();
  holding.clear();
});

/** Scheduled actions wait at their end for `release`. */
function hold(name: string): void {
  let release: () => void = () => undefined;
  const promise = new Promise<void>((resolve) => (release = resolve));
  holding.set(name, { promise, release });
}

/** Schedules 12 actions, named by the milliseconds after which they are due. */
async function scheduleTwelve() {
  vi.useFakeTimers();
  const t = makeRulesBackend();
  const names = Array.from({ length: 12 }, (_, index) => String(index + 1));
  names.forEach(hold);
  await t.mutation(api.calls.scheduleMany, { count: 12 });
  vi.advanceTimersByTime(1_000);
  const begun = async () =>
    (await t.query(api.calls.list, {})).map((note) => note.replace("scheduler: ", ""));
  return { t, names, begun };
}

it("Eight scheduled functions run at a time, and the others begin in order of their time", async () => {
  const { names, begun } = await scheduleTwelve();
  await vi.waitFor(async () => expect(await begun()).toEqual(names.slice(0, SCHEDULER_PLACES)));
  holding.get("5")?.release();
  await vi.waitFor(async () => expect(await begun()).toEqual(names.slice(0, 9)));
  holding.get("9")?.release();
  holding.get("1")?.release();
  await vi.waitFor(async () => expect(await begun()).toEqual(names.slice(0, 11)));
  for (const { release } of holding.values()) release();
  await vi.waitFor(async () => expect(await begun()).toEqual(names));
});

it("A scheduled function that waits for a place is pending, and can be cancelled", async () => {
  const { t, names, begun } = await scheduleTwelve();
  await vi.waitFor(async () => expect(await begun()).toHaveLength(SCHEDULER_PLACES));
  const kinds = async () =>
    await t.run(async (ctx) => {
      const jobs = await ctx.db.system.query("_scheduled_functions").take(20);
      jobs.sort((a, b) => a.scheduledTime - b.scheduledTime);
      return jobs.map(({ _id, state }) => ({ _id, kind: state.kind }));
    });
  const jobs = await kinds();
  expect(jobs.map(({ kind }) => kind)).toEqual([
    ...Array.from({ length: 8 }, () => "inProgress"),
    ...Array.from({ length: 4 }, () => "pending"),
  ]);
  await t.run(async (ctx) => {
    const waiting = jobs[8];
    if (waiting !== undefined) await ctx.scheduler.cancel(waiting._id);
  });
  for (const { release } of holding.values()) release();
  await vi.waitFor(async () =>
    expect(await begun()).toEqual([...names.slice(0, 8), ...names.slice(9)]),
  );
});

it("A scheduled function that fails gives its place back", async () => {
  vi.useFakeTimers();
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  const t = makeRulesBackend();
  await t.mutation(api.calls.scheduleFailures, { count: 3 * SCHEDULER_PLACES });
  await t.mutation(api.calls.scheduleMany, { count: 1 });
  await t.finishAllScheduledFunctions(vi.runAllTimers);
  expect(await t.query(api.calls.list, {})).toEqual(["scheduler: 1"]);
});
