import { ConvexHttpClient } from "convex/browser";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { api, internal } from "../../convex/_generated/api";
import { runAsAdmin } from "../../scripts/adminClient";
import { UsageError } from "../../scripts/console/usageError";
import { parseOptions } from "../../scripts/validate/options";
import { scoreText } from "../../scripts/validate/verdict";
import { filterHash } from "../../src/engine";
import { backfill } from "../../scripts/backfill/command";
import { rollout } from "../../scripts/rollout/command";
import { validate as validateCommand } from "../../scripts/validate/command";
import type { Running } from "./command";
import { runInProcess, startInProcess } from "./inProcess";
import { developmentUserId } from "../../scripts/localBackend";
import { environmentOf, PlantedBackend } from "./plantedBackend";
import { startScriptedDeployment } from "./scriptedDeployment";

/** Some tests run several commands. */
const TIMEOUT_MS = 120_000;
const key = "precomputed_aggregations";
const LAST_12_MONTHS = filterHash({
  timeframe: "Last12M",
  product: "All",
  topics: [],
  channels: [],
});

let planted: PlantedBackend;
beforeAll(async () => {
  planted = await PlantedBackend.start();
});
afterEach(() => planted.release());
afterAll(() => planted.backend.close());

async function validate(...args: string[]) {
  return await runInProcess(validateCommand, args, { environment: planted.environment });
}

/** Resolves once the command has printed something. */
async function printed(running: Running, text: string): Promise<void> {
  await expect.poll(running.output, { timeout: 20_000 }).toContain(text);
}

async function isOn(userId: string): Promise<boolean> {
  const client = new ConvexHttpClient(planted.backend.url, { logger: false });
  client.setAuth(await planted.backend.mintToken(userId));
  return (await client.query(api.flags.evaluate, { key })).variant === "on";
}

describe("npm run validate", { timeout: TIMEOUT_MS }, () => {
  it("is not content where nothing was compared", async () => {
    await planted.plant("ann", "bob");
    const { code, stdout } = await validate();
    expect(stdout).toMatch(/score +none\n/);
    expect(stdout).toContain(
      "Nothing was compared: no users are listed. `npm run backfill -- --adopt`",
    );
    expect(code).toBe(1);
  });

  it("says that all is equal, of how many results, and exits with 0", async () => {
    await runInProcess(backfill, ["--adopt"], { environment: planted.environment });
    await runAsAdmin(planted.backend, internal.flags.setDefault, { value: true });
    const { code, stdout, stderr } = await validate();
    expect(stdout).toMatch(/^Deployment: local .*\nValidating \d\/2 users/);
    expect(stdout).toContain("\nValidation, started 20");
    expect(stdout).toMatch(
      /UTC: done\n\n +score +100 %\n +users done +2 of 2\n +results compared +120\n +equal +120\n +wrong +0\n +stale +0\n +segments that differ +0\n +users with differences +0\n +users inconclusive +0\n +time /,
    );
    expect(stdout).toContain("\nAll equal: 120 results match the records.\n");
    expect(stdout).toMatch(/\nNext: npm run rollout -- status\n$/);
    expect([code, stderr]).toEqual([0, ""]);
    const later = await validate("--status");
    expect(later.code).toBe(0);
    expect(stdout.endsWith(`\n${later.stdout.replace(/^Deployment: .*\n/, "")}`)).toBe(true);
  });

  it("names what differs by user, type, filter, path and values, and exits with 1", async () => {
    expect(await isOn("ann")).toBe(true);
    await planted.damageResults("ann", 77);
    await planted.deleteSegments("bob");
    const { code, stdout } = await validate();
    expect(stdout).toMatch(/score +95 %\n/);
    expect(stdout).toMatch(
      /compared +120\n +equal +114\n +wrong +6\n +stale +0\n +segments that differ +1\n +users with differences +2\n/,
    );
    expect(stdout).toContain("\nNot everything is equal: 2 users with differences.\n");
    expect(stdout).toMatch(
      /\nhttps:\S+\|ann\n +records → segments: equal, segments → results: different\n +fault +type +filter +path +stored +expected\n/,
    );
    expect(stdout).toMatch(
      new RegExp(`\\n +value +kpi +Last12M #${LAST_12_MONTHS} +\\$\\.totalVideos +77 +3\\n`),
    );
    expect(stdout).toMatch(
      /\nhttps:\S+\|bob\n +records → segments: absent, segments → results: different\n/,
    );
    expect(stdout).toMatch(
      /\n +segment-differs +segment +- +20\d\d-\d\d +0 records, times 0, hash 0+ +3 records, /,
    );
    expect(stdout).toContain(
      `\nRolled back until somebody clears it: ${developmentUserId("ann")}.\nOnce it is right again: npm run rollout -- clear '${developmentUserId("ann")}'\n`,
    );
    expect(code).toBe(1);
    expect([await isOn("ann"), await isOn("bob")]).toEqual([false, true]);
  });

  it("--repair builds it anew, compares again, and exits with 0", async () => {
    const { code, stdout } = await validate("--repair");
    expect(stdout).toContain("\nValidation with repair, started ");
    expect(stdout).toMatch(/score +95 %\n/);
    expect(stdout).toMatch(/users with differences +2\n +repaired +2\n/);
    expect(stdout).toContain("\nAll equal now: the differences of 2 users were repaired.\n");
    expect(stdout).toContain(`\n${developmentUserId("ann")} (repaired)\n`);
    expect(stdout).toContain(`\n${developmentUserId("bob")} (repaired)\n`);
    expect(stdout).toContain(
      `\nNow that it is right again: npm run rollout -- clear '${developmentUserId("ann")}'\n`,
    );
    expect(code).toBe(0);
    expect((await validate("--users", "ann,bob")).code).toBe(0);
    expect(await isOn("ann")).toBe(false);
    await runInProcess(rollout, ["clear", "ann"], { environment: planted.environment });
    expect(await isOn("ann")).toBe(true);
  });

  it("--sample compares a share of the users", async () => {
    const { code, stdout } = await validate("--sample", "100%");
    expect(stdout).toContain("\nValidation of a sample of 100 %, started ");
    expect(stdout).toMatch(/users done +2 of 2\n/);
    expect(code).toBe(0);
  });

  it("shows the one at work, unless it is not what was asked for; --cancel ends it", async () => {
    await planted.hold();
    const environment = planted.environment;
    const running = startInProcess(validateCommand, ["--users", "ann,bob"], { environment });
    await printed(running, "Validating 0/2 users");
    running.kill("SIGINT");
    const first = await running.ended;
    expect(first.code).toBe(130);
    expect(first.stderr).toContain("The validation continues in the deployment.");
    const other = await validate("--users", "ann,bob", "--repair");
    expect([other.code, other.stderr]).toEqual([
      1,
      expect.stringMatching(
        /^Nothing was started: a validation of 2 users has been running since .* UTC, and it differs from your request: it does not repair\.\n.*npm run validate -- --cancel\n$/,
      ),
    ]);
    const again = startInProcess(validateCommand, ["--users", "ann,bob"], { environment });
    await printed(again, ". Following it.");
    const cancelled = await validate("--cancel");
    expect(cancelled.stdout).toContain("The validation was cancelled after 0 of 2 users");
    expect(cancelled.code).toBe(0);
    const { code, stdout } = await again.ended;
    expect(stdout).toContain("\nNot everything is equal: the validation was cancelled.\n");
    expect(code).toBe(1);
  });
});

/** What the command prints of a validation that has ended. */
async function report(
  changes: Record<string, unknown>,
  args: readonly string[] = [],
  atFirst: Record<string, unknown> = { status: "never", next: "start" },
) {
  const ended = {
    ...{ kind: "validation", status: "done", startedAt: 0, updatedAt: 9_000, finishedAt: 9_000 },
    options: { isDryRun: false, repairs: false, sample: null },
    ...{ total: 2, isCounted: true, done: 2, failed: 0, failures: [], retrying: [] },
    ...{ isOfNamedUsers: false, left: [] },
    counts: { users: 2, compared: 120, equal: 120 },
    ...{ usersPerSecond: 1, remainingMs: null, score: 1, users: [], differences: [], next: "next" },
    ...changes,
  };
  const deployment = await startScriptedDeployment({
    "monitoring:report": [{ thresholds: { rollsBackUsers: true } }],
    "validation:status": ["kind" in atFirst ? atFirst : { ...ended, ...atFirst }, ended],
    "validation:start": [ended],
  });
  const environment = environmentOf(deployment.url, "key");
  const result = await runInProcess(validateCommand, args, { environment });
  deployment.close();
  return { ...result, calls: deployment.calls };
}

/** Of a user whose id means something to a shell. */
const DIFFERENCE = {
  ...{ userId: "auth0|x", fault: "value", aggregationType: "top_channels", isRepaired: false },
  filters: { timeframe: "YTD", product: "YouTube", topics: ["A", "B"], channels: ["C"] },
  ...{ filterHash: "0f", path: "$.rows[0].title", expected: '"b"' },
  stored: JSON.stringify("x".repeat(99)),
};

const USER = {
  userId: "auth0|x",
  layers: { recordsToSegments: "unreadable", segmentsToResults: "different" },
};

describe("the report of npm run validate", { timeout: TIMEOUT_MS }, () => {
  it("is not content with inconclusive users", async () => {
    const { code, stdout } = await report({
      counts: { users: 1, compared: 60, equal: 60, inconclusive: 1 },
    });
    expect(stdout).toMatch(/score +100 %\n/);
    expect(stdout).toContain("\nNot everything is equal: 1 user inconclusive.\n");
    expect(code).toBe(1);
  });

  it("starts one where an hourly sample is at work, which gives way", async () => {
    const { calls, code } = await report({}, [], {
      ...{ status: "running", isOfNamedUsers: true },
      options: { isDryRun: false, repairs: false, sample: 0.01 },
    });
    expect(calls.map(({ path }) => path)).toContain("validation:start");
    expect(code).toBe(0);
  });

  it("is not content with users that failed, and lists them", async () => {
    const failures = [{ userId: "kim", attempts: 5, error: "out of memory" }];
    const { code, stdout } = await report({ done: 1, failed: 1, failures });
    expect(stdout).toContain("\nNot everything is equal: 1 user failed.\n");
    expect(stdout).toMatch(/\n1 user failed:\n.*\n +kim +5 +out of memory\n/);
    expect(code).toBe(1);
  });

  it("tells what was restricted, cuts what is long, and says how much is not listed", async () => {
    const counts = { users: 9, compared: 540, equal: 538, differing: 2, faulty: 3, repaired: 1 };
    const { stdout } = await report({ counts, users: [USER], differences: [DIFFERENCE] });
    expect(stdout).toContain(
      "\nauth0|x\n  records → segments: unreadable, segments → results: different\n",
    );
    expect(stdout).toMatch(
      / value +top_channels +YTD, YouTube, 2 topics, 1 channel #0f +\$\.rows\[0\]\.title +"x{57} … +"b"\n/,
    );
    expect(stdout).toContain("\n… and 2 more users with differences: npx convex run");
    expect(stdout).toContain(
      "\nNot everything is equal: 2 users with differences; 1 user repaired.\n",
    );
    expect(stdout).toContain("npm run rollout -- clear 'auth0|x'\n");
  });

  it("asks for the share of a sample, and says where nobody was in it", async () => {
    const empty = { total: 0, done: 0, counts: {} };
    const options = { isDryRun: false, repairs: false, sample: 0.01 };
    const { code, stdout, calls } = await report({ ...empty, options }, ["--sample", "1%"]);
    expect(calls.find(({ path }) => path === "validation:start")?.args).toEqual({
      sample: 0.01,
      repair: false,
    });
    expect(stdout).toContain("Validation of a sample of 1 %, started ");
    expect(stdout).toContain("\nNothing was compared: the sample was empty.");
    expect(code).toBe(1);
  });

  it.each([
    [120, 120, "100 %"],
    [999_999, 1_000_000, "99.99 %"],
    [2 ** 53 - 1, 2 ** 53, "99.99 %"],
    [2, 3, "66.66 %"],
    [1, 3, "33.33 %"],
    [0, 5, "0 %"],
    [0, 0, "none"],
  ])("gives %i equal results of %i the score %s", (equal, compared, score) => {
    expect(scoreText({ equal, compared })).toBe(score);
  });
});

describe("npm run validate, typed wrongly", { timeout: TIMEOUT_MS }, () => {
  it.each([
    [["ann"], "Unexpected argument 'ann'"],
    [["--users", " "], '--users is " "; it must list user ids'],
    [["--sample"], "--sample"],
    [["--sample", "0"], "--sample is 0; it must be a share of all users above 0 and up to 1"],
    [["--sample", "101%"], "--sample is 101%; it must be a share"],
    [["--sample", "5"], "--sample is 5; it must be a share"],
    [["--sample", "half"], "--sample is half; it must be a share"],
    [["--sample=-0.1"], "--sample is -0.1; it must be a share"],
    [["--sample", "1%", "--users", "ann"], "--sample and --users cannot be used together"],
    [["--repair=yes"], "--repair"],
    [["--dry-run"], "Unknown option '--dry-run'"],
    [["--status", "--repair"], "--status and --repair cannot be used together: use --status alone"],
    [["--cancel", "--sample", "1%"], "--cancel and --sample cannot be used together"],
    [["--url", "nowhere"], "--url is nowhere; it must look like"],
  ])("refuses %j", (args, message) => {
    expect(() => parseOptions(args)).toThrow(UsageError);
    expect(() => parseOptions(args)).toThrow(message);
  });

  it.each([
    ["0.01", 0.01],
    ["1%", 0.01],
    ["2.5 %", 0.025],
    [".5", 0.5],
    ["1", 1],
  ])("takes %s as the share %f", (text, share) => {
    expect(parseOptions(["--sample", text]).sample).toBe(share);
  });

  it("says how it is used, which deployment does not answer, or refuses the key", async () => {
    const usage = await validate("--sample", "0");
    expect([usage.code, usage.stdout]).toEqual([2, ""]);
    expect(usage.stderr).toContain("\nUsage: npm run validate");
    const gone = await runInProcess(validateCommand, [], {
      environment: environmentOf("http://127.0.0.1:1", "key"),
    });
    expect([gone.code, gone.stderr]).toEqual([
      1,
      expect.stringMatching(/^http:\/\/127\.0\.0\.1:1 does not answer .*address is right\.\n$/),
    ]);
    const environment = environmentOf(planted.backend.url, "another key");
    const wrong = await runInProcess(validateCommand, [], { environment });
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringMatching(/admin key/i)]);
    expect(wrong.stderr).not.toContain("another key");
  });
});
