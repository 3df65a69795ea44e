import type { FunctionReference } from "convex/server";
import { afterEach, expect, test, vi } from "vitest";
import type { Doc } from "../../convex/_generated/dataModel";
import crons from "../../convex/crons";
import { jobKindValidator } from "../../convex/jobTables";
import { cronJobsOf, startCrons, type CronJob } from "../../scripts/localBackend/crons";
import { inTables, internal } from "../support/reach";
import { Meter, type Cost } from "../../scripts/localBackend/meter";
import {
  adopt,
  DAY_MS,
  makeBackend,
  modules,
  NOON,
  plant,
  settle,
  stateOf,
  watches,
  type Backend,
} from "./support";

/**
 * What an idle deployment reads and writes by itself in a month: 1,000 users of 10,000 records whom
 * nobody has seen for a week, with the rollout on.
 *
 * One user's history is real; the others have what crons look at (state, validation). Every cron of
 * convex/crons.ts then runs as often as it does in an hour, with all it schedules, and each is scaled
 * to a month. Should a job take up users meanwhile, each counts with what that job reads of the real
 * one: the others have no records that would show in the measurement.
 */
const USERS = 1_000;
const RECORDS = 10_000;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const HOURS_A_MONTH = 30 * 24;
const MAX_BYTES_A_MONTH = 100e6;
/** `npm run test:scale` prints the figure for the README. */
const IS_WHOLE = import.meta.env["VITE_SCALE"] === "whole";

afterEach(() => vi.useRealTimers());

/** Settings, telemetry, and as many runs of each kind as are kept. */
async function leaveTraces(t: Backend): Promise<void> {
  await t.mutation(internal.flags.setDefault, { key: "precomputed_aggregations", value: true });
  await t.mutation(internal.monitoring.setThresholds, { minSamples: 60 });
  vi.setSystemTime(Date.now() + MINUTE_MS);
  await t.action(internal.monitoring.tick, {});
  await inTables(t, async (ctx) => {
    const [run] = await ctx.db.query("job_runs").order("desc").take(1);
    const { _id, _creationTime, marks, ...row } = run!;
    const manyMarks = Array.from({ length: 12 }, () => marks[0]!);
    for (const { value: kind } of jobKindValidator.members) {
      for (let index = 0; index < 20; index++) {
        await ctx.db.insert("job_runs", { ...row, kind, marks: manyMarks });
      }
    }
  });
}

/**
 * Users like the real one. The hourly sample has not come to anybody since they last read their
 * results, and everybody's turn to be compared with their records comes within the day.
 */
async function listOthers(t: Backend): Promise<void> {
  const { _id, _creationTime, ...read } = await stateOf(t, "https://test|ann");
  const state = { ...read, isUnvalidated: true };
  await inTables(t, async (ctx) => {
    await ctx.db.patch("aggregation_state", _id, state);
    const [row] = await ctx.db.query("user_validations").take(1);
    const { _id: _, _creationTime: __, ...validation } = row!;
    for (let index = 1; index < USERS; index++) {
      const userId = `https://test|user${String(index)}`;
      const sampleKey = index / USERS;
      await ctx.db.insert("aggregation_state", { ...state, userId, sampleKey });
      await ctx.db.insert("user_validations", { ...validation, userId });
    }
  });
}

/** Runs each cron whenever it is due, for some hours of the backend's clock. */
async function passHours(t: Backend, hours: number): Promise<Map<string, number>> {
  const runs = new Map<string, number>();
  const stop = startCrons(cronJobsOf(crons), async (job) => {
    runs.set(job.name, (runs.get(job.name) ?? 0) + 1);
    await runCron(t, job);
  });
  for (let minute = 0; minute < hours * 60; minute++) {
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    await t.finishInProgressScheduledFunctions();
  }
  stop();
  await settle(t);
  return runs;
}

async function runCron(t: Backend, { name }: CronJob): Promise<void> {
  const [file = "", exported = ""] = name.split(":");
  const module = (await modules[`../../convex/${file}.ts`]?.()) as Record<string, Registered>;
  const tree = internal as unknown as Record<string, Record<string, unknown>>;
  const reference = tree[file]?.[exported];
  // The types of the tree cannot be told by name; what is registered says what it is.
  if (module[exported]?.isAction) {
    await t.action(reference as FunctionReference<"action", "internal">, {});
  } else await t.mutation(reference as FunctionReference<"mutation", "internal">, {});
}

interface Registered {
  isAction?: boolean;
}

/** What the users that jobs took up would have cost, had each the history of the real one. */
async function costOfTaken(t: Backend, meter: Meter, runs: Doc<"job_runs">[]): Promise<number> {
  let bytes = 0;
  for (const { kind, total } of runs) {
    if (kind === "adoption" || total === 0) continue;
    meter.take();
    await t.mutation(internal[kind].start, { userIds: ["https://test|ann"] });
    await settle(t);
    const ofOne = bytesOf(meter.take());
    expect(ofOne).toBeGreaterThan(300 * RECORDS);
    bytes += total * ofOne;
  }
  return bytes;
}

function bytesOf({ bytesRead, bytesWritten }: Cost): number {
  return bytesRead + bytesWritten;
}

async function runsSince(t: Backend, since: number): Promise<Doc<"job_runs">[]> {
  const runs = await inTables(t, (ctx) => ctx.db.query("job_runs").take(1_000));
  return runs.filter(({ startedAt }) => startedAt >= since);
}

test("an idle deployment reads and writes less than 100 MB a month by itself", async () => {
  const t = makeBackend();
  await plant(t, "https://test|ann", watches(RECORDS, NOON - DAY_MS, HOUR_MS));
  await adopt(t);
  await t.action(internal.recompute.user, { userId: "https://test|ann" });
  await settle(t);
  await leaveTraces(t);
  await listOthers(t);
  vi.setSystemTime(NOON + 8 * DAY_MS);
  // The first hour notices that all have left; from then on it stays like this.
  await passHours(t, 1);
  const meter = Meter.of(t);
  const since = Date.now();
  const runs = await passHours(t, 1);
  const byCrons = bytesOf(meter.take());
  expect([...runs.keys()].sort()).toEqual(namesOfCrons());
  const byUsers = await costOfTaken(t, meter, await runsSince(t, since));
  const bytesAMonth = HOURS_A_MONTH * (byCrons + byUsers);
  if (IS_WHOLE) console.log(`${Math.round(bytesAMonth / 1e6)} MB a month`);
  expect(bytesAMonth).toBeLessThan(MAX_BYTES_A_MONTH);
}, 120_000);

function namesOfCrons(): string[] {
  return cronJobsOf(crons)
    .map(({ name }) => name)
    .sort();
}
