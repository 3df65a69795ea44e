import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { internal } from "../../convex/_generated/api";
import { runAsAdmin } from "../../scripts/adminClient";
import { parseOptions } from "../../scripts/backfill/options";
import { UsageError } from "../../scripts/console/usageError";
import { startRelay } from "../support/relay";
import { run, start, type Running } from "./command";
import { environmentOf, PlantedBackend } from "./plantedBackend";

/** Each command is a process of its own, and some tests run several. */
const TIMEOUT_MS = 120_000;
const RESULTS_OF_A_USER = 60;
const SCRIPT = "backfill.ts";

let planted: PlantedBackend;
beforeAll(async () => {
  planted = await PlantedBackend.start();
});
afterEach(() => planted.release());
afterAll(() => planted.backend.close());

async function backfill(...args: string[]) {
  return await planted.runScript(SCRIPT, ...args);
}

/** Resolves once the command has printed something. */
async function printed(running: Running, text: string): Promise<void> {
  await expect.poll(running.output, { timeout: 20_000 }).toContain(text);
}

describe("npm run backfill", { timeout: TIMEOUT_MS }, () => {
  it("says how users are listed where there are none", async () => {
    await planted.plant("ann", "bob", "eve");
    const { code, stdout } = await backfill();
    expect(stdout).toMatch(/users done +0 of 0\n/);
    expect(stdout).toContain("No users are listed: `npm run backfill -- --adopt` lists those");
    expect(code).toBe(0);
    expect((await backfill("--cancel")).stdout).toBe(
      "No listing of users or backfill is at work: nothing to cancel.\n",
    );
  });

  it("with --adopt finds users whose records nobody has heard of, and with --dry-run builds nothing", async () => {
    const { code, stdout, stderr } = await backfill("--adopt", "--dry-run");
    expect(stdout).toMatch(/^Users listed: 3 found, 3 of them newly listed\n/);
    expect(stdout).toContain(`\nDry run of a backfill on ${planted.backend.url}, begun 20`);
    expect(stdout).toMatch(/users done +3 of 3\n +users with records +3\n +records +9\n/);
    expect(stdout).toContain("Nothing was built: a backfill would read 9 records of 3 users.");
    expect(stdout).toMatch(/\nNext: npx convex run backfill:start\n$/);
    expect([code, stderr]).toEqual([0, ""]);
    expect(await planted.countResults("ann")).toBe(0);
  });

  it("builds the results of all users, and says how much that was", async () => {
    const { code, stdout, stderr } = await backfill("--adopt");
    expect(stdout).toMatch(
      /^Users listed: 3 found, 0 of them newly listed\nBackfill \d\/3 users[^\n]*\n/,
    );
    expect(stdout).toMatch(/\nBackfill 3\/3 users [\d.]+\/s\n/);
    expect(stdout).toMatch(
      /UTC: done\n\n +users done +3 of 3\n +records +9\n +left to their own changes +0\n +time +\S+ s\n +users\/s +[\d.]+\n/,
    );
    expect(stdout).toMatch(/\nNext: npx convex run validation:start\n$/);
    expect([code, stderr]).toEqual([0, ""]);
    for (const userId of ["ann", "bob", "eve"]) {
      expect(await planted.countResults(userId)).toBe(RESULTS_OF_A_USER);
    }
    const later = await backfill("--status");
    expect(later.code).toBe(0);
    expect(stdout.endsWith(`\n${later.stdout}`)).toBe(true);
  });

  it("lists users that fail, and exits with 1", async () => {
    const { code, stdout } = await backfill("--users", "ann, nobody", "--users", "bob,ann");
    expect(stdout).toMatch(
      /UTC: done, but 1 user failed\n\n +users done +2 of 3\n +users failed +1\n/,
    );
    expect(stdout).toMatch(
      /\n1 user failed:\n +user +attempts +error\n +nobody +1 +Nothing was changed: nobody with the id "nobody" has ever written a record/,
    );
    expect(stdout).toContain(`Next: npx convex run backfill:start '{"userIds":["nobody"]}'`);
    expect(code).toBe(1);
    expect((await backfill("--status")).code).toBe(1);
  });

  it("shows the one at work instead of starting another; Ctrl-C ends only what is shown", async () => {
    await planted.hold();
    const first = planted.startScript(SCRIPT, "--users", "ann,bob");
    await printed(first, "Backfill 0/2 users");
    first.kill("SIGINT");
    expect(await first.ended).toMatchObject({
      code: 130,
      stderr:
        "\nThe backfill goes on; only what was shown here has ended.\n" +
        "The same command shows it again, `npm run backfill -- --status` once, `npm run backfill -- --cancel` ends it.\n",
    });
    const second = planted.startScript(SCRIPT, "--users", "ann,bob");
    await printed(second, "Backfill 0/2 users");
    expect(second.output()).toMatch(
      /^Nothing was started: a backfill of 2 users has been at work since 20\d\d-\d\d-\d\d \d\d:\d\d UTC; this shows it\.\n/,
    );
    second.kill("SIGTERM");
    expect((await second.ended).code).toBe(143);
    const third = planted.startScript(SCRIPT, "--users", "bob,ann");
    await printed(third, "; this shows it.");
    await planted.release();
    const { code, stdout } = await third.ended;
    expect(stdout).toMatch(/users done +2 of 2\n/);
    expect(code).toBe(0);
  });

  it("starts nothing where the one at work is not what was asked for", async () => {
    await planted.hold();
    const running = planted.startScript(SCRIPT, "--dry-run");
    await printed(running, "Dry run 0/3 users");
    for (const [args, difference] of [
      [[], "it is a dry run"],
      [["--users", "ann"], "it is a dry run, it is about other users"],
      [["--users", "ann", "--dry-run"], "it is about other users"],
    ] as const) {
      const { code, stderr } = await backfill(...args);
      expect(stderr).toMatch(
        /^Nothing was started: a dry run of a backfill of 3 users has been at work since [^,]* UTC, /,
      );
      expect(stderr).toContain(`and it is not what was asked for: ${difference}.\n`);
      expect(stderr).toMatch(
        /`npm run backfill -- --status` shows it.*npm run backfill -- --cancel\n$/,
      );
      expect(code).toBe(1);
    }
    expect((await backfill("--status")).stdout).toMatch(/UTC: at work, 0 of 3 users so far\n/);
    await planted.release();
    expect((await running.ended).code).toBe(0);
  });

  it("--cancel ends it, and who looks on is told", async () => {
    await planted.hold();
    const running = planted.startScript(SCRIPT);
    await printed(running, "Backfill 0/3 users");
    const cancelled = await backfill("--cancel");
    expect(cancelled.stdout).toBe(
      "The backfill was cancelled after 0 of 3 users; what is done stays done, those at work come to their end.\n",
    );
    expect(cancelled.code).toBe(0);
    const { code, stdout } = await running.ended;
    expect(stdout).toMatch(/UTC: cancelled after 0 of 3 users\n/);
    expect(code).toBe(1);
  });

  it("goes on by itself where the connection was lost for a while", async () => {
    await planted.hold();
    const relay = await startRelay(planted.backend.url);
    const environment = environmentOf(relay.url, planted.backend.adminKey);
    const running = start(SCRIPT, ["--users", "eve"], { environment });
    await printed(running, "Backfill 0/1 users");
    relay.setMode("none");
    relay.drop();
    await printed(running, "Backfill 0/1 users no answer, trying again in ");
    await planted.release();
    relay.setMode("open");
    const { code, stdout } = await running.ended;
    await relay.close();
    expect(stdout).toMatch(/users done +1 of 1\n/);
    expect(code).toBe(0);
  });

  it("runs again where users were listed while it was at work", async () => {
    await planted.hold();
    const first = planted.startScript(SCRIPT);
    await printed(first, "Backfill 0/3 users");
    await planted.plant("zoe");
    const second = planted.startScript(SCRIPT, "--adopt");
    await printed(second, "; this shows it.");
    await planted.release();
    const { code, stdout, stderr } = await second.ended;
    expect(stdout).toMatch(/^Users listed: 4 found, 1 of them newly listed\n/);
    expect(stderr).toContain("1 user came to the list while the backfill was at work");
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
    [["--users", ""], '--users is ""; it must name users by their ids'],
    [["--users", "ann,,bob"], '--users is "ann,,bob"; it must name users'],
    [["--dry-run=yes"], "--dry-run"],
    [["--adopt", "now"], "Unexpected argument 'now'"],
    [["--status", "--cancel"], "--status and --cancel do not go together: --status goes alone"],
    [["--cancel", "--users", "ann"], "--cancel and --users do not go together"],
    [["--status", "--dry-run"], "--status and --dry-run do not go together"],
    [["--cancel", "--adopt"], "--cancel and --adopt do not go together"],
    [["--url", "nowhere"], "--url is nowhere; it must look like"],
  ])("refuses %j", (args, message) => {
    expect(() => parseOptions(args)).toThrow(UsageError);
    expect(() => parseOptions(args)).toThrow(message);
  });

  it("says how it is used, and exits with 2; options that npm took are not overlooked", async () => {
    for (const [args, taken, message] of [
      [["--status", "--cancel"], {}, "--status and --cancel do not go together"],
      [[], { npm_config_dry_run: "true" }, "--dry-run went to npm, not to this command"],
    ] as const) {
      const environment = { ...planted.environment, ...taken };
      const { code, stderr, stdout } = await run(SCRIPT, [...args], { environment });
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr.split("\n")[0]).toContain(message);
      expect(stderr).toContain("\nUsage: npm run backfill");
    }
    const status = await runAsAdmin(planted.backend, internal.backfill.status, {});
    expect(status.status).not.toBe("running");
  });

  it("says which deployment does not answer, is none, refuses the key, or has none", async () => {
    const at = async (url: string, adminKey: string) =>
      await run(SCRIPT, ["--users", "ann"], { environment: environmentOf(url, adminKey) });
    const gone = await at("http://127.0.0.1:1", "key");
    expect([gone.code, gone.stderr]).toEqual([
      1,
      expect.stringMatching(/^http:\/\/127\.0\.0\.1:1 does not answer .*npm run backend.*\n$/),
    ]);
    const wrong = await at(planted.backend.url, "another key");
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringMatching(/admin key/i)]);
    expect(wrong.stderr).not.toContain("another key");
    const none = await at(planted.backend.url, "");
    expect([none.code, none.stderr.split("\n")[0]]).toEqual([
      2,
      expect.stringMatching(/no admin key for .*npm run backend/),
    ]);
    const site = createServer((_, response) => response.end("<h1>Welcome</h1>"));
    await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
    const { port } = site.address() as AddressInfo; // a server that listens on a port has one
    const other = await at(`http://127.0.0.1:${String(port)}`, "key");
    site.close();
    expect([other.code, other.stderr]).toEqual([
      1,
      `http://127.0.0.1:${String(port)} is no Convex deployment: is the address right?\n`,
    ]);
  });
});
