import { describe, expect, it } from "vitest";
import { backfill } from "../../scripts/backfill/command";
import { runInProcess } from "./inProcess";
import { environmentOf } from "./plantedBackend";
import { startScriptedDeployment, type ScriptedAnswer } from "./scriptedDeployment";

/** A backfill as its status tells it. */
function statusOf(changes: Record<string, unknown> = {}) {
  return {
    ...{ kind: "backfill", status: "running" },
    options: { isDryRun: false, repairs: false, sample: null },
    ...{ startedAt: 1_800_000_000_000, updatedAt: 1_800_000_060_000, finishedAt: null },
    ...{ total: 100, isCounted: true, done: 40, failed: 0, counts: { records: 400 } },
    ...{ usersPerSecond: 0.5, remainingMs: 120_000, failures: [], retrying: [], next: "next" },
    ...{ isOfNamedUsers: false, left: [] },
    ...changes,
  };
}

const NEVER = { status: "never", next: "start" };
const DONE = { status: "done", finishedAt: 1_800_000_090_000, remainingMs: null };

/** Runs the command against a deployment whose status says one thing after the other. */
async function shown(statuses: readonly ScriptedAnswer[], starts: readonly ScriptedAnswer[] = []) {
  const deployment = await startScriptedDeployment({
    "backfill:status": statuses,
    "backfill:start": starts,
  });
  const environment = environmentOf(deployment.url, "key");
  const ended = await runInProcess(backfill, [], { environment });
  deployment.close();
  return { ...ended, calls: deployment.calls.map(({ path }) => path) };
}

describe("a command that follows a job", () => {
  it("says how many users are counted, then how fast it is and how long it takes", async () => {
    const counting = { isCounted: false, done: 0, counts: {} };
    const { stdout, stderr, code } = await shown(
      [
        NEVER,
        ...[2_000, 4_000, 6_000, 8_000, 9_000, 10_000, 12_000].map((total) =>
          statusOf({ ...counting, total }),
        ),
        statusOf({ total: 12_500, done: 1_000 }),
        statusOf({ total: 12_500, done: 12_500, ...DONE }),
      ],
      [statusOf(counting)],
    );
    expect(stderr).toMatch(/^counting users … 1[02],000\n$/);
    expect(stdout).toMatch(/\nBackfill 1,000\/12,500 users 0\.5\/s, 2 min 0 s left\n/);
    expect(stdout).toMatch(/users done +12,500 of 12,500\n/);
    expect(stdout).toMatch(/time +1 min 30 s\n +users\/s +139\n/);
    expect(code).toBe(0);
  });

  it("says who is being retried, and promises no time that nobody knows", async () => {
    const retrying = [{ userId: "kim", attempts: 2, error: "no\nluck" }];
    const { stdout } = await shown([
      statusOf({ done: 99, retrying, remainingMs: null }),
      statusOf({ done: 99, retrying, remainingMs: null }),
      statusOf({ done: 100, ...DONE }),
    ]);
    expect(stdout).toContain("Backfill 99/100 users 0.5/s, 1 being retried\n");
  });

  it("lists who was left open, and why", async () => {
    const left = [{ userId: "kim", attempts: 4, error: "never at rest" }];
    const { stdout } = await shown([NEVER, statusOf({ ...DONE, done: 100, left })], [statusOf()]);
    expect(stdout).toMatch(/\n1 user left open:\n.*\n +kim +4 +never at rest\n/);
  });

  it("is not content with a run of a few users where all were asked for", async () => {
    const { stderr, code, calls } = await shown([statusOf({ isOfNamedUsers: true, total: 2 })]);
    expect(stderr).toMatch(/^Nothing was started: .*: it is for some users only\.\n/);
    expect(code).toBe(1);
    expect(calls).not.toContain("backfill:start");
  });

  it("lists the failures it is told, and how many more there are", async () => {
    const failures = Array.from({ length: 50 }, (_, index) => ({
      userId: `user-${String(index)}`,
      attempts: 5,
      error: "bad\u001b[2J\nrecord",
    }));
    const ended = statusOf({ ...DONE, done: 38, failed: 62, failures });
    const { stdout, code } = await shown([NEVER, ended], [statusOf()]);
    expect(stdout).toContain("\n62 users failed:\n");
    expect(stdout).toMatch(/\n +user-49 +5 +bad \[2J record\n +… and 12 more\n/);
    expect(code).toBe(1);
  });

  it("says where the run is gone, or another has taken its place", async () => {
    const gone = await shown([statusOf(), NEVER]);
    expect([gone.code, gone.stderr]).toEqual([1, expect.stringContaining("The backfill is gone")]);
    const other = await shown([statusOf(), statusOf({ startedAt: 1_800_000_100_000 })]);
    expect([other.code, other.stderr]).toEqual([
      1,
      expect.stringContaining("another one was started, so its result is no longer available"),
    ]);
  });

  it("shows the run of who was faster in starting one", async () => {
    const { stdout, code, calls } = await shown(
      [NEVER, statusOf(), statusOf({ ...DONE, done: 100 })],
      ["Nothing was started: a backfill is running"],
    );
    expect(stdout).toContain("a backfill of 100 users has been running since 2027-01-15 08:00 UTC");
    expect(code).toBe(0);
    expect(calls.filter((path) => path === "backfill:start")).toHaveLength(1);
  });

  it("says so where it is not known whether one was started", async () => {
    const { stderr, code } = await shown([NEVER], [null]);
    expect(stderr).toMatch(
      /does not answer .*\. The backfill may or may not have been started: `npm run backfill -- --status` shows it/,
    );
    expect(code).toBe(1);
  });
});
