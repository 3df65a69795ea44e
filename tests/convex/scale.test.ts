import { afterEach, describe, expect, test, vi } from "vitest";
import { maxOutstanding } from "../../convex/model/jobs/pool";
import { inTables, internal } from "../support/reach";
import { Meter, type Cost } from "../../scripts/localBackend/meter";
import {
  HALF_LIMITS,
  NOON,
  adopt,
  backfillStatus,
  makeBackend,
  plant,
  runUntil,
  watches,
  type Backend,
} from "./support";

/**
 * A backfill of many users with few records and some with many. `npm run test:scale` runs it with
 * 10,000 users of 50 records and 20 of 20,000, and prints what it cost; by default it is smaller.
 */
const IS_WHOLE = import.meta.env["VITE_SCALE"] === "whole";
const SMALL_USERS = IS_WHOLE ? 10_000 : 60;
const SMALL_RECORDS = 50;
const LARGE_USERS = IS_WHOLE ? 20 : 2;
const LARGE_RECORDS = IS_WHOLE ? 20_000 : 5_000;
const USERS = SMALL_USERS + LARGE_USERS;
const TELL_EVERY = 500;
const TIMEOUT_MS = IS_WHOLE ? 3_600_000 : 120_000;

afterEach(() => vi.useRealTimers());

test(
  `a backfill of ${String(SMALL_USERS)} small and ${String(LARGE_USERS)} large users stays in its bounds`,
  async () => {
    // Half of Convex's limits: a transaction that comes nearer fails, and its user with it.
    const t = makeBackend(HALF_LIMITS);
    await plantUsers(t, "a-large", LARGE_USERS, LARGE_RECORDS);
    await plantUsers(t, "small", SMALL_USERS, SMALL_RECORDS);
    const meter = Meter.of(t);
    await adopt(t);
    const adoption = meter.take();
    // From user to user, not from record to record.
    expect(adoption.documentsRead).toBeLessThan(4 * USERS);
    await t.mutation(internal.backfill.start, {});
    const parts = await meterParts(t, meter);
    expect(await backfillStatus(t)).toMatchObject({
      ...{ status: "done", total: USERS, done: USERS, failed: 0 },
      counts: { records: SMALL_USERS * SMALL_RECORDS + LARGE_USERS * LARGE_RECORDS },
    });
    const [, early, late] = parts.map(({ cost, users }) => perUser(cost, users));
    tell({ adoption: perUser(adoption, USERS), early: early!, late: late!, most: meter.most });
    // The last users cost what the first did: the work grows with their number, not faster.
    for (const metric of ["transactions", "bytesRead", "bytesWritten", "documentsRead"] as const) {
      expect(late![metric], metric).toBeLessThan(1.15 * early![metric]);
    }
  },
  TIMEOUT_MS,
);

/** What the users up to each of three marks cost: the large ones, half of the small ones, all. */
async function meterParts(t: Backend, meter: Meter): Promise<{ cost: Cost; users: number }[]> {
  const marks = [LARGE_USERS + 16, LARGE_USERS + SMALL_USERS / 2, USERS];
  const parts: { cost: Cost; users: number }[] = [];
  let before = 0;
  let told = 0;
  const look = async () => {
    const { done, status } = await backfillStatus(t);
    if (IS_WHOLE && done - told >= TELL_EVERY) console.log(`${(told = done)} of ${USERS} users`);
    if (done >= (marks[parts.length] ?? Infinity)) {
      parts.push({ cost: meter.take(), users: done - before });
      before = done;
    }
    const queued = await inTables(t, (ctx) => ctx.db.query("job_tasks").take(2 * maxOutstanding()));
    expect(queued.length).toBeLessThanOrEqual(maxOutstanding());
    return status !== "running";
  };
  await runUntil(t, () => meter.ignoring(look));
  return parts;
}

describe("what a user costs", () => {
  test.each(IS_WHOLE ? [50, 1_000, 20_000] : [50, 3_000])("of %i records", async (count) => {
    const t = makeBackend(HALF_LIMITS);
    await plantUsers(t, "https://test|ann", 1, count);
    await adopt(t);
    const meter = Meter.of(t);
    const costs: Record<string, Cost> = {};
    for (const job of ["backfill", "validation", "drift"] as const) {
      meter.take();
      await t.mutation(internal[job].start, { userIds: ["ann00000"] });
      const isDone = async () => (await t.query(internal[job].status, {})).status === "done";
      await runUntil(t, () => meter.ignoring(isDone));
      costs[job] = meter.take();
    }
    tell(costs);
    // A record is read by the build and by the check of it, some 400 bytes each time.
    const { backfill, validation, drift } = costs;
    expect(backfill!.bytesRead).toBeLessThan(1_200 * count + 500_000);
    expect(validation!.bytesRead).toBeLessThan(600 * count + 300_000);
    expect(drift!.bytesRead).toBeLessThan(600 * count + 50_000);
    expect(validation!.bytesWritten + drift!.bytesWritten).toBeLessThan(50_000);
  });
});

async function plantUsers(t: Backend, name: string, users: number, count: number) {
  const records = watches(count, NOON - 3_600_000, 7 * 3_600_000);
  for (let index = 0; index < users; index++) {
    await plant(t, `${name}${String(index).padStart(5, "0")}`, records);
  }
}

function perUser(cost: Cost, users: number): Cost {
  const entries = Object.entries(cost).map(([name, value]) => [name, (value as number) / users]);
  return Object.fromEntries(entries) as Cost; // the same names
}

/** For the README's figures. */
function tell(costs: Record<string, Cost>): void {
  if (!IS_WHOLE) return;
  const rounded = Object.entries(costs).map(([name, cost]) => {
    const values = Object.entries(cost).map(([key, value]) => [key, Math.round(value as number)]);
    return [name, Object.fromEntries(values) as unknown];
  });
  console.table(Object.fromEntries(rounded));
}
