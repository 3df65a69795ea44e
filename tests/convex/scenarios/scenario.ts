import { makeFunctionReference } from "convex/server";
import { onTestFinished, vi } from "vitest";
import crons from "../../../convex/crons";
import { ConflictChecker } from "../../../scripts/localBackend/conflicts/conflictChecker";
import type { Call, Conflict } from "../../../scripts/localBackend/conflicts/retries";
import { cronJobsOf, startCrons, type CronJob } from "../../../scripts/localBackend/crons";
import { modules, newBackend, NOON, type Backend } from "../support";

/** How long a transaction takes, in milliseconds: at least, and at most. */
type Duration = readonly [number, number];

/**
 * Assumed durations, from the 1.6 ms that one read takes on the real backend when a function awaits
 * its reads one after the other. They are a model, not a measurement.
 */
export const COSTS: Readonly<Record<string, Duration>> = {
  "watchRecords:ingest": [300, 900],
  "recompute:advance": [100, 400],
  "monitoring:look": [100, 300],
  "account:eraseStep": [100, 300],
  "maintenance:sweep": [50, 150],
};
const OTHER_MUTATION: Duration = [20, 60];
const QUERY: Duration = [5, 15];

const STEP_MS = 50;

/** One run of a cron, from when it was due to when it ended. */
export interface CronRun {
  name: string;
  startedAt: number;
  endedAt: number | null;
}

/** A backend on a clock of its own, where transactions take time, overlap and conflict. */
export interface Scenario {
  t: Backend;
  random: () => number;
  conflicts: Conflict[];
  /** How many attempts there were of each function. */
  attempts: Map<string, number>;
  cronRuns: CronRun[];
  startCrons: () => void;
}

const ofComponents = import.meta.glob([
  "../../../node_modules/@convex-dev/{workpool,batch-worker}/src/component/**/*.ts",
  "!**/*.test.ts",
  "!**/setup.test.ts",
  "!**/convex.config.ts",
]);

/** Loading a module takes real time, which on the clock of a scenario would be minutes. */
async function loadModules(): Promise<void> {
  for (const load of Object.values({ ...modules, ...ofComponents })) await load();
}

/** Everything that is random follows the seed: the same scenario runs the same way again. */
export async function makeScenario(seed: number, costs = COSTS): Promise<Scenario> {
  vi.useFakeTimers({ now: NOON });
  onTestFinished(() => {
    vi.restoreAllMocks();
    vi.useRealTimers();
  });
  await loadModules();
  const random = seeded(seed);
  vi.spyOn(Math, "random").mockImplementation(random);
  // Functions that fail on purpose fill the output otherwise; the tests look at the outcome.
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  const conflicts: Conflict[] = [];
  const attempts = new Map<string, number>();
  const jobs = cronJobsOf(crons);
  const names = new Set(jobs.map(({ name }) => name));
  const durationMsOf = ({ name, kind }: Call) =>
    between(kind === "query" ? QUERY : (costs[name] ?? OTHER_MUTATION), random);
  const t = newBackend(true, (backend) => {
    new ConflictChecker(backend, {
      ...{ sleep, random, durationMsOf },
      isCron: ({ name }) => names.has(name),
      onAttempt: ({ name }) => attempts.set(name, (attempts.get(name) ?? 0) + 1),
      onConflict: (conflict) => conflicts.push(conflict),
    });
  });
  const cronRuns: CronRun[] = [];
  const start = () => {
    onTestFinished(startCrons(jobs, (job) => runCron(t, job, cronRuns)));
  };
  return { t, random, conflicts, attempts, cronRuns, startCrons: start };
}

async function runCron(t: Backend, { name, args }: CronJob, runs: CronRun[]): Promise<void> {
  const run: CronRun = { name, startedAt: Date.now(), endedAt: null };
  runs.push(run);
  const [file = "", exported = ""] = name.split(":");
  const module = (await modules[`../../convex/${file}.ts`]!()) as Record<string, object>;
  const isAction = "isAction" in module[exported]!;
  const values = (args[0] ?? {}) as Record<string, never>; // convex/crons.ts type-checks them
  if (isAction) await t.action(makeFunctionReference<"action">(name), values);
  else await t.mutation(makeFunctionReference<"mutation">(name), values);
  run.endedAt = Date.now();
}

/** Waits on the clock of the scenario. */
export function sleep(delayMs: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, delayMs));
}

/** Moves the clock until something is the case. @returns how long that took, at most `maxMs`. */
export async function runFor(maxMs: number, isOver: () => boolean = () => false): Promise<number> {
  const start = Date.now();
  while (Date.now() - start < maxMs && !isOver()) await vi.advanceTimersByTimeAsync(STEP_MS);
  return Date.now() - start;
}

/** Moves the clock until a promise has settled. */
export async function drive<T>(promise: Promise<T>): Promise<T> {
  const progress = { isOver: false };
  const end = () => {
    progress.isOver = true;
  };
  promise.then(end, end);
  while (!progress.isOver) await vi.advanceTimersByTimeAsync(STEP_MS);
  return await promise;
}

/** Calls until the call succeeds, as clients do after a conflict. @returns how often it failed. */
export async function persist(call: () => Promise<unknown>): Promise<number> {
  for (let failures = 0; ; failures++) {
    try {
      await call();
      return failures;
    } catch (error) {
      if (!String(error).includes("changed while this mutation was being run")) throw error;
    }
  }
}

/** How often each function lost against each other one, and where: the most frequent first. */
export function report({ conflicts }: Pick<Scenario, "conflicts">): string[] {
  const groups = new Map<string, { count: number; final: number }>();
  for (const { call, writer, table, index, isFinal } of conflicts) {
    const key = `${call.name} × ${writer} on ${table}.${index}`;
    const group = groups.get(key) ?? { count: 0, final: 0 };
    groups.set(key, { count: group.count + 1, final: group.final + Number(isFinal) });
  }
  return [...groups]
    .sort(([, a], [, b]) => b.count - a.count)
    .map(([key, { count, final }]) => `${String(count)} conflicts, ${String(final)} final: ${key}`);
}

function between([least, most]: Duration, random: () => number): number {
  return Math.round(least + random() * (most - least));
}

/** Numbers from 0 up to 1 that a seed determines (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
