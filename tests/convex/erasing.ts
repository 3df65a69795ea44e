import { convexToJson } from "convex/values";
import { api } from "../../convex/_generated/api";
import type { Doc, TableNames } from "../../convex/_generated/dataModel";
import { reporterOf } from "../../convex/model/samples";
import schema from "../../convex/schema";
import { inTables, internal } from "../support/reach";
import {
  ALL,
  DAY_MS,
  NOON,
  asUser,
  atEachStep,
  filtersArg,
  isAtRest,
  receipt,
  runUntil,
  watches,
  type Backend,
} from "./support";

/** What tests of erasing share: users who use all there is, and looks into every table. */

/** Who is erased: sorts after all others but `other…`, and is part of no other text. */
export const ANN = "issuer|ann-5d41";
export const BOB = "https://test|bob";

// Object.keys forgets what its keys are.
export const TABLES = Object.keys(schema.tables) as TableNames[];

interface Row {
  table: TableNames;
  /** All that the document says. */
  text: string;
}

/** Every document of every table. */
export async function readAll(t: Backend): Promise<Row[]> {
  return await inTables(t, async (ctx) => {
    const rows: Row[] = [];
    for (const table of TABLES) {
      for (const document of await ctx.db.query(table).take(5_000)) {
        rows.push({ table, text: JSON.stringify(convexToJson(document)) });
      }
    }
    return rows;
  });
}

function isOf({ text }: Row, userId: string): boolean {
  return text.includes(userId) || text.includes(reporterOf(userId));
}

/** The tables in which anything names a user, by id or as who reported. */
export async function tablesNaming(t: Backend, userId: string): Promise<TableNames[]> {
  const rows = await readAll(t);
  return [...new Set(rows.filter((row) => isOf(row, userId)).map(({ table }) => table))].sort();
}

/** The numbers of the runs that users share, and what is still to be added to them. */
const SHARED_TABLES: TableNames[] = ["job_runs", "job_ends"];

/** All that is of others, apart from what they share. */
export async function readOthers(t: Backend, userId: string): Promise<Row[]> {
  const rows = await readAll(t);
  return rows.filter((row) => !isOf(row, userId) && !SHARED_TABLES.includes(row.table));
}

/** What the queue of jobs keeps, in tables of its own. */
export async function readQueue(t: Backend): Promise<string> {
  // The component's tables are not part of this project's data model.
  const { runInComponent } = t as unknown as ComponentAccess;
  return await runInComponent("workpool", async ({ db }) => {
    const rows = [];
    for (const table of ["work", "payload", "pendingStart", "pendingCompletion"]) {
      rows.push(...(await db.query(table).take(1_000)));
    }
    return JSON.stringify(rows.map((row) => convexToJson(row)));
  });
}

interface ComponentAccess {
  runInComponent: (
    path: string,
    handler: (ctx: {
      db: { query: (table: string) => { take: (count: number) => Promise<Doc<TableNames>[]> } };
    }) => Promise<string>,
  ) => Promise<string>;
}

/** Runs what the users' changes have scheduled. */
export async function settleUsers(t: Backend, ...userIds: string[]): Promise<void> {
  await runUntil(t, async () => {
    const areAtRest = await Promise.all(userIds.map((userId) => isAtRest(t, userId)));
    return areAtRest.every(Boolean);
  });
}

/** Lets so much time pass, with all that is scheduled in it. */
export async function runFor(t: Backend, durationMs: number): Promise<void> {
  const end = Date.now() + durationMs;
  await atEachStep(t, () => Promise.resolve(Date.now() >= end));
}

export async function ingest(t: Backend, userId: string, records: ReturnType<typeof watches>) {
  return await asUser(t, userId).mutation(api.watchRecords.ingest, { records });
}

export async function recordsOf(t: Backend, userId: string): Promise<Doc<"watch_records">[]> {
  return await inTables(t, (ctx) =>
    ctx.db
      .query("watch_records")
      .withIndex("by_user_record_key", (q) => q.eq("userId", userId))
      .take(1_000),
  );
}

/** What a person does who uses all that the page offers. */
export async function useEverything(t: Backend, userId: string): Promise<void> {
  const user = asUser(t, userId);
  const undated = watches(3).map((record) => ({ ...record, watchedAt: null }));
  await ingest(t, userId, [...watches(40, NOON - DAY_MS, 3 * DAY_MS), ...undated]);
  await user.mutation(api.settings.setTimeZone, { timeZone: "Europe/Berlin" });
  await user.mutation(api.importReceipts.save, { receipt: receipt() });
  const filters = filtersArg({ ...ALL, topics: ["Music"] });
  await user.mutation(api.aggregations.request, { filters });
  await user.mutation(api.telemetry.report, { samples: [{ outcome: "hit", responseMs: 40 }] });
  await settleUsers(t, userId);
  const [first] = await recordsOf(t, userId);
  const patch = { durationSeconds: 7 };
  await user.mutation(api.watchRecords.update, { recordKey: first!.recordKey, patch });
  await settleUsers(t, userId);
}

export async function startErasing(t: Backend, userId = ANN) {
  return await asUser(t, userId).mutation(api.account.eraseMyData, {});
}

/** How far it is, as the user sees it. */
export async function erasureOf(t: Backend, userId = ANN) {
  return await asUser(t, userId).query(api.account.erasure, {});
}

const MAX_STEPS = 100;

/** Takes the steps by hand, the clock standing still; how far it was before each of them. */
export async function eraseByHand(
  t: Backend,
  { between, userId = ANN }: { between?: () => Promise<void>; userId?: string } = {},
) {
  const seen: NonNullable<Awaited<ReturnType<typeof erasureOf>>>[] = [];
  for (let progress = await erasureOf(t, userId); progress !== null;) {
    seen.push(progress);
    if (seen.length > MAX_STEPS) throw new Error("an erasure of so little does not end");
    await between?.();
    await t.mutation(internal.account.eraseStep, { userId });
    progress = await erasureOf(t, userId);
  }
  return seen;
}

type JobKind = Doc<"job_runs">["kind"];

export async function latestRun(t: Backend, kind: JobKind): Promise<Doc<"job_runs">> {
  const runs = await inTables(t, (ctx) => ctx.db.query("job_runs").order("desc").take(100));
  const run = runs.find((candidate) => candidate.kind === kind);
  if (run === undefined) throw new Error(`there was no run: ${kind}`);
  return run;
}

/** Takes a run's next step: users get into the queue, where they stay while the clock stands. */
export async function feedLatest(t: Backend, kind: JobKind): Promise<void> {
  const { _id: runId } = await latestRun(t, kind);
  await t.mutation(internal.jobs.feed, { runId });
}

export async function runToEnd(t: Backend, kind: JobKind): Promise<Doc<"job_runs">> {
  await runUntil(t, async () => (await latestRun(t, kind)).status !== "running");
  return await latestRun(t, kind);
}
