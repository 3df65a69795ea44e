import { ConvexError } from "convex/values";
import { afterEach, describe, expect, test, vi } from "vitest";
import { api } from "../../convex/_generated/api";
import { internal } from "../support/reach";
import { wake } from "../support/runs";
import {
  asUser,
  makeBackend,
  NOON,
  plant,
  runUntil,
  settle,
  watch,
  watches,
  type Backend,
} from "./support";

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

const MINUTE_MS = 60_000;

function asHolder(t: Backend, claims: Record<string, string | boolean | string[]>) {
  return t.withIdentity({ subject: "olga", issuer: "https://test", ...claims });
}

async function isLetIn(caller: ReturnType<typeof asHolder>): Promise<boolean> {
  const isAdmin = await caller.query(api.operations.isAdmin, {});
  const overview = caller.query(api.operations.overview, {});
  if (isAdmin) await overview;
  else await expect(overview).rejects.toThrow(/FORBIDDEN/);
  return isAdmin;
}

describe("the operations view", () => {
  test("is for holders of the claim role=admin, and nobody else", async () => {
    const t = makeBackend();
    expect(await isLetIn(asHolder(t, { role: "admin" }))).toBe(true);
    expect(await isLetIn(asHolder(t, { role: ["user", "admin"] }))).toBe(true);
    for (const claims of [{}, { role: "user" }, { role: "administrator" }, { roles: "admin" }]) {
      expect(await isLetIn(asHolder(t, claims)), JSON.stringify(claims)).toBe(false);
    }
    const eve = asUser(t, "https://test|eve");
    for (const call of [
      eve.query(api.operations.charts, { hours: 1 }),
      eve.query(api.operations.events, {}),
      eve.query(api.operations.jobs, {}),
      eve.query(api.operations.runs, {}),
      eve.query(api.operations.survey, { cursor: null }),
    ]) {
      const error: unknown = await call.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(ConvexError);
      expect((error as ConvexError<{ code: string; message: string }>).data).toEqual({
        code: "FORBIDDEN",
        message: "This is for holders of the claim role.",
      });
    }
  });

  test("is for holders of another claim where ADMIN_CLAIM names it", async () => {
    const t = makeBackend();
    vi.stubEnv("ADMIN_CLAIM", "https://app.example/admin=true");
    expect(await isLetIn(asHolder(t, { "https://app.example/admin": true }))).toBe(true);
    expect(await isLetIn(asHolder(t, { "https://app.example/admin": "true" }))).toBe(true);
    expect(await isLetIn(asHolder(t, { "https://app.example/admin": false }))).toBe(false);
    expect(await isLetIn(asHolder(t, { role: "admin" }))).toBe(false);
    vi.stubEnv("ADMIN_CLAIM", "admin"); // no value: would let in nobody, or anybody
    expect(await isLetIn(asHolder(t, { role: "admin" }))).toBe(true);
    expect(await isLetIn(asHolder(t, { admin: true }))).toBe(false);
  });

  test("shows rollout, health, audit trail, users and what is at work", async () => {
    const t = makeBackend();
    const olga = asHolder(t, { role: "admin" });
    await t.mutation(internal.flags.setPercentage, { percentage: 25, why: "first step" });
    await asUser(t, "https://test|ann").mutation(api.watchRecords.ingest, { records: watches(20) });
    await settle(t);
    await asUser(t, "https://test|bob").mutation(api.watchRecords.ingest, { records: watches(3) });
    await wake(t, "https://test|bob");
    await t.action(internal.monitoring.tick, {});
    const { flag, report } = await olga.query(api.operations.overview, {});
    expect(flag).toMatchObject({ percentage: 25, killed: null, exists: true, problem: null });
    expect(report).toMatchObject({ queueDepth: 1, alerts: [], evaluatedAt: Date.now() });
    expect(await olga.query(api.operations.events, {})).toMatchObject([
      { action: "flags:setPercentage", after: 25, why: "first step", actor: "admin" },
    ]);
    expect(await olga.query(api.operations.jobs, {})).toMatchObject([
      { userId: "https://test|bob", phase: "scheduled", attempts: 0, lastError: null },
    ]);
    const { counts } = await olga.query(api.operations.survey, { cursor: null });
    expect(counts.reduce((sum, { users }) => sum + users, 0)).toBe(2);
  });

  test("shows the latest run of each kind of job there was, with who failed and why", async () => {
    const t = makeBackend();
    const olga = asHolder(t, { role: "admin" });
    expect(await olga.query(api.operations.runs, {})).toEqual([]);
    await plant(t, "https://test|ann", watches(5));
    await plant(t, "https://test|bob", [watch({ durationSeconds: 1.5 })]); // which the engine does not take
    const statuses = async () =>
      (await olga.query(api.operations.runs, {})).map(({ kind, status }) => [kind, status]);
    await t.mutation(internal.backfill.adopt, {});
    expect(await statuses()).toEqual([["adoption", "running"]]);
    await runUntil(t, async () => (await statuses())[0]?.[1] === "done");
    await t.mutation(internal.backfill.start, { dryRun: true });
    await runUntil(t, async () => (await statuses())[1]?.[1] === "done");
    vi.advanceTimersByTime(MINUTE_MS);
    await t.mutation(internal.backfill.start, {});
    const startedAt = Date.now();
    expect(await statuses()).toEqual([
      ["adoption", "done"],
      ["backfill", "running"],
    ]);
    await runUntil(t, async () => (await statuses())[1]?.[1] === "done");
    const [adoption, backfill] = await olga.query(api.operations.runs, {});
    expect(adoption).toMatchObject({ total: 2, done: 2, counts: { adopted: 2 }, failures: [] });
    expect(backfill).toMatchObject({
      ...{ startedAt, total: 2, done: 1, failed: 1, counts: { records: 5 } },
      options: { isDryRun: false },
      failures: [{ userId: "https://test|bob", attempts: 5 }],
    });
    expect(backfill?.failures[0]?.error).toMatch(/durationSeconds/);
    expect(backfill?.finishedAt).toBeGreaterThan(startedAt);
  });

  test("draws the last hour minute by minute, and six hours in spans of six", async () => {
    const t = makeBackend();
    const olga = asHolder(t, { role: "admin" });
    expect(await olga.query(api.operations.charts, { hours: 1 })).toEqual([]);
    for (const [minute, responseMs] of [
      [0, 100],
      [1, 200],
      [7, 400],
    ] as const) {
      vi.setSystemTime(NOON + minute * MINUTE_MS);
      const samples = [
        { outcome: "hit" as const, responseMs },
        { outcome: "late" as const, responseMs },
      ];
      await asUser(t, "https://test|ann").mutation(api.telemetry.report, { samples });
    }
    vi.setSystemTime(NOON + 11 * MINUTE_MS);
    await t.action(internal.monitoring.tick, {});
    const hour = await olga.query(api.operations.charts, { hours: 1 });
    expect(hour).toHaveLength(60);
    expect(hour.at(-1)?.at).toBe(NOON + 11 * MINUTE_MS);
    const told = hour.filter(({ reads }) => reads > 0);
    expect(told.map(({ at }) => (at - NOON) / MINUTE_MS)).toEqual([0, 1, 7]);
    expect(told.map(({ hitRate }) => hitRate)).toEqual([0.5, 0.5, 0.5]);
    expect(told[2]!.responseP95Ms! / 400).toBeCloseTo(1, 1);
    expect(hour[0]).toMatchObject({ reads: 0, hitRate: null, responseP95Ms: null, lagP95Ms: null });
    const sixHours = await olga.query(api.operations.charts, { hours: 6 });
    expect(sixHours).toHaveLength(60);
    expect(sixHours.map(({ reads }) => reads).filter((reads) => reads > 0)).toEqual([4, 2]);
  });
});
