import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { internal } from "../../convex/_generated/api";
import { runAsAdmin } from "../../scripts/adminClient";
import { parseOptions } from "../../scripts/backfill/options";
import { UsageError } from "../../scripts/console/usageError";
import { startRelay } from "../support/relay";
import { backfill as backfillCommand } from "../../scripts/backfill/command";
import type { Running } from "./command";
import { runInProcess, startInProcess } from "./inProcess";
import { environmentOf, PlantedBackend } from "./plantedBackend";

/** Some tests run several commands. */
const TIMEOUT_MS = 120_000;
const RESULTS_OF_A_USER = 60;

let planted: PlantedBackend;
beforeAll(async () => {
  planted = await PlantedBackend.start();
});
afterEach(() => planted.release());
afterAll(() => planted.backend.close());

async function backfill(...args: string[]) {
  return await runInProcess(backfillCommand, args, { environment: planted.environment });
}

function startBackfill(...args: string[]): Running {
  return startInProcess(backfillCommand, args, { environment: planted.environment });
}

/** Every command begins with it. */
function firstLine(): string {
  return `Deployment: local backend at ${planted.backend.url}\n`;
}

/** Resolves once the command has printed something. */
async function printed(running: Running, text: string): Promise<void> {
  await expect.poll(running.output, { timeout: 20_000 }).toContain(text);
}

describe("npm run backfill", { timeout: TIMEOUT_MS }, () => {
  it("says how to list users where none are listed", async () => {
    await planted.plant("ann", "bob", "eve");
    const { code, stdout } = await backfill();
    expect(stdout).toMatch(/users done +0 of 0\n/);
    expect(stdout).toContain(
      "No users are listed. `npm run backfill -- --adopt` lists all users who have records.",
    );
    expect(code).toBe(0);
    expect((await backfill("--cancel")).stdout).toBe(
      `${firstLine()}No listing of users or backfill is running: nothing to cancel.\n`,
    );
  });

  it("with --adopt lists users whose records were written by other means, and with --dry-run builds nothing", async () => {
    const { code, stdout, stderr } = await backfill("--adopt", "--dry-run");
    expect(stdout).toMatch(
      /^Deployment: local .*\nUsers listed: 3 found, 3 of them newly listed\n/,
    );
    expect(stdout).toContain("\nDry run of a backfill, started 20");
    expect(stdout).toMatch(/users done +3 of 3\n +users with records +3\n +records +9\n/);
    expect(stdout).toContain(
      "Dry run: nothing was built. A backfill would read 9 records of 3 users.",
    );
    expect(stdout).toMatch(/\nNext: npx convex run backfill:start\n$/);
    expect([code, stderr]).toEqual([0, ""]);
    expect(await planted.countResults("ann")).toBe(0);
  });

  it("builds the results of all users, and says how much that was", async () => {
    const { code, stdout, stderr } = await backfill("--adopt");
    expect(stdout).toMatch(
      /^Deployment: local .*\nUsers listed: 3 found, 0 of them newly listed\nBackfill \d\/3 users[^\n]*\n/,
    );
    expect(stdout).toMatch(/\nBackfill 3\/3 users [\d.]+\/s\n/);
    expect(stdout).toMatch(
      /UTC: done\n\n +users done +3 of 3\n +records +9\n +left to a running recompute +0\n +time +\S+ s\n +users\/s +[\d.]+\n/,
    );
    expect(stdout).toMatch(/\nNext: npx convex run validation:start\n$/);
    expect([code, stderr]).toEqual([0, ""]);
    for (const userId of ["ann", "bob", "eve"]) {
      expect(await planted.countResults(userId)).toBe(RESULTS_OF_A_USER);
    }
    const later = await backfill("--status");
    expect(later.code).toBe(0);
    expect(stdout.endsWith(`\n${later.stdout.replace(firstLine(), "")}`)).toBe(true);
  });

  it("lists users that fail, and exits with 1", async () => {
    const { code, stdout } = await backfill("--users", "ann, nobody", "--users", "bob,ann");
    expect(stdout).toMatch(
      /UTC: done, but 1 user failed\n\n +users done +2 of 3\n +users failed +1\n/,
    );
    expect(stdout).toMatch(
      /\n1 user failed:\n +user +attempts +error\n +nobody +1 +Nothing was changed: no user with the id "nobody" has any records\.\n/,
    );
    expect(stdout).toContain(`Next: npx convex run backfill:start '{"userIds":["nobody"]}'`);
    expect(code).toBe(1);
    expect((await backfill("--status")).code).toBe(1);
  });

  it("follows the one that is running instead of starting another; Ctrl-C ends only what is shown", async () => {
    await planted.hold();
    const first = startBackfill("--users", "ann,bob");
    await printed(first, "Backfill 0/2 users");
    first.kill("SIGINT");
    expect(await first.ended).toMatchObject({
      code: 130,
      stderr:
        "\nThe backfill continues in the deployment.\n" +
        "Run the same command to follow it again, `npm run backfill -- --status` to look once, or `npm run backfill -- --cancel` to end it.\n",
    });
    const second = startBackfill("--users", "ann,bob");
    await printed(second, "Backfill 0/2 users");
    expect(second.output()).toMatch(
      /\nNothing was started: a backfill of 2 users has been running since 20\d\d-\d\d-\d\d \d\d:\d\d UTC\. Following it\.\n/,
    );
    second.kill("SIGTERM");
    expect((await second.ended).code).toBe(143);
    const third = startBackfill("--users", "bob,ann");
    await printed(third, ". Following it.");
    await planted.release();
    const { code, stdout } = await third.ended;
    expect(stdout).toMatch(/users done +2 of 2\n/);
    expect(code).toBe(0);
  });

  it("starts nothing where the one that is running differs from the request", async () => {
    await planted.hold();
    const running = startBackfill("--dry-run");
    await printed(running, "Dry run 0/3 users");
    for (const [args, difference] of [
      [[], "it is a dry run"],
      [["--users", "ann"], "it is a dry run, it is for other users"],
      [["--users", "ann", "--dry-run"], "it is for other users"],
    ] as const) {
      const { code, stderr } = await backfill(...args);
      expect(stderr).toMatch(
        /^Nothing was started: a dry run of a backfill of 3 users has been running since [^,]* UTC, /,
      );
      expect(stderr).toContain(`and it differs from your request: ${difference}.\n`);
      expect(stderr).toMatch(
        /`npm run backfill -- --status` shows it.*npm run backfill -- --cancel\n$/,
      );
      expect(code).toBe(1);
    }
    expect((await backfill("--status")).stdout).toMatch(/UTC: running, 0 of 3 users so far\n/);
    await planted.release();
    expect((await running.ended).code).toBe(0);
  });

  it("--cancel ends it, and a command that follows it says so", async () => {
    await planted.hold();
    const running = startBackfill();
    await printed(running, "Backfill 0/3 users");
    const cancelled = await backfill("--cancel");
    expect(cancelled.stdout).toBe(
      `${firstLine()}The backfill was cancelled after 0 of 3 users. Finished users stay finished; those in progress will complete.\n`,
    );
    expect(cancelled.code).toBe(0);
    const { code, stdout } = await running.ended;
    expect(stdout).toMatch(/UTC: cancelled after 0 of 3 users\n/);
    expect(code).toBe(1);
  });

  it("continues after the connection was lost for a while", async () => {
    await planted.hold();
    const relay = await startRelay(planted.backend.url);
    const environment = environmentOf(relay.url, planted.backend.adminKey);
    const running = startInProcess(backfillCommand, ["--users", "eve"], { environment });
    await printed(running, "Backfill 0/1 users");
    relay.setMode("none");
    relay.drop();
    await printed(running, "Backfill 0/1 users no answer, retrying in ");
    await planted.release();
    relay.setMode("open");
    const { code, stdout } = await running.ended;
    await relay.close();
    expect(stdout).toMatch(/users done +1 of 1\n/);
    expect(code).toBe(0);
  });

  it("asks to be run again where users were listed meanwhile", async () => {
    await planted.hold();
    const first = startBackfill();
    await printed(first, "Backfill 0/3 users");
    await planted.plant("zoe");
    const second = startBackfill("--adopt");
    await printed(second, ". Following it.");
    await planted.release();
    const { code, stdout, stderr } = await second.ended;
    expect(stdout).toMatch(/\nUsers listed: 4 found, 1 of them newly listed\n/);
    expect(stderr).toContain("1 user joined the list while the backfill was running");
    expect(code).toBe(1);
    await first.ended;
    const again = await backfill("--adopt");
    expect(again.stdout).toMatch(/users done +4 of 4\n/);
    expect(again.code).toBe(0);
    expect(await planted.countResults("zoe")).toBe(RESULTS_OF_A_USER);
  });
});

describe("npm run backfill, typed wrongly", { timeout: TIMEOUT_MS }, () => {
  it.each([
    [["ann"], "Unexpected argument 'ann'"],
    [["--user", "ann"], "Unknown option '--user'"],
    [["--users"], "--users"],
    [["--users", ""], '--users is ""; it must list user ids'],
    [["--users", "ann,,bob"], '--users is "ann,,bob"; it must list user ids'],
    [["--dry-run=yes"], "--dry-run"],
    [["--adopt", "now"], "Unexpected argument 'now'"],
    [["--status", "--cancel"], "--status and --cancel cannot be used together: use --status alone"],
    [["--cancel", "--users", "ann"], "--cancel and --users cannot be used together"],
    [["--status", "--dry-run"], "--status and --dry-run cannot be used together"],
    [["--cancel", "--adopt"], "--cancel and --adopt cannot be used together"],
    [["--url", "nowhere"], "--url is nowhere; it must look like"],
  ])("refuses %j", (args, message) => {
    expect(() => parseOptions(args)).toThrow(UsageError);
    expect(() => parseOptions(args)).toThrow(message);
  });

  it("says how it is used, and exits with 2; so do options that npm took", async () => {
    for (const [args, taken, message] of [
      [["--status", "--cancel"], {}, "--status and --cancel cannot be used together"],
      [[], { npm_config_dry_run: "true" }, "npm took --dry-run for itself"],
    ] as const) {
      const environment = { ...planted.environment, ...taken };
      const { code, stderr, stdout } = await runInProcess(backfillCommand, args, { environment });
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr.split("\n")[0]).toContain(message);
      expect(stderr).toContain("\nUsage: npm run backfill");
    }
    const status = await runAsAdmin(planted.backend, internal.backfill.status, {});
    expect(status.status).not.toBe("running");
  });

  it("says which deployment does not answer, is none, refuses the key, or has none", async () => {
    const at = async (url: string, adminKey: string) =>
      await runInProcess(backfillCommand, ["--users", "ann"], {
        environment: environmentOf(url, adminKey),
      });
    const gone = await at("http://127.0.0.1:1", "key");
    expect([gone.code, gone.stderr]).toEqual([
      1,
      expect.stringMatching(/^http:\/\/127\.0\.0\.1:1 does not answer .*address is right\.\n$/),
    ]);
    const wrong = await at(planted.backend.url, "another key");
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringMatching(/admin key/i)]);
    expect(wrong.stderr).not.toContain("another key");
    const none = await at(planted.backend.url, "");
    expect([none.code, none.stderr]).toEqual([
      2,
      expect.stringMatching(/^CONVEX_SELF_HOSTED_URL is set in .*ADMIN_KEY is not\./),
    ]);
    const site = createServer((_, response) => response.end("<h1>Welcome</h1>"));
    await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
    const { port } = site.address() as AddressInfo; // a server that listens on a port has one
    const other = await at(`http://127.0.0.1:${String(port)}`, "key");
    site.close();
    expect([other.code, other.stderr]).toEqual([
      1,
      `http://127.0.0.1:${String(port)} does not look like a Convex deployment; check the address.\n`,
    ]);
  });
});
