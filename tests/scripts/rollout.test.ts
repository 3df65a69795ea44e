import { ConvexHttpClient } from "convex/browser";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { api, internal } from "../../convex/_generated/api";
import { runAsAdmin } from "../../scripts/adminClient";
import { startLocalBackend, type LocalBackend } from "../../scripts/localBackend";
import { rollout as rolloutCommand } from "../../scripts/rollout/command";
import { run } from "./command";
import { runInProcess } from "./inProcess";
import { environmentOf } from "./plantedBackend";

const key = "precomputed_aggregations";

let backend: LocalBackend;
beforeAll(async () => {
  backend = await startLocalBackend({ withCrons: false });
  for (const userId of ["ann", "bob", "eve", "kim"]) await ingest(userId);
});
afterAll(() => backend.close());

async function clientOf(userId: string): Promise<ConvexHttpClient> {
  const client = new ConvexHttpClient(backend.url, { logger: false });
  client.setAuth(await backend.mintToken(userId));
  return client;
}

async function ingest(userId: string): Promise<void> {
  const record = {
    watchedAt: Date.now() - 86_400_000,
    videoId: null,
    videoTitle: "A video",
    videoUrl: null,
    channelTitle: "A channel",
    channelUrl: null,
    product: "YouTube",
  };
  const client = await clientOf(userId);
  await client.mutation(api.watchRecords.ingest, { records: [record] });
  await runAsAdmin(backend, internal.recompute.user, { userId });
  await runAsAdmin(backend, internal.validation.checkUser, { userId });
}

async function flagOf(userId: string): Promise<string> {
  const { variant, reason } = await (await clientOf(userId)).query(api.flags.evaluate, { key });
  return `${variant} ${reason}`;
}

async function rollout(...args: string[]) {
  const environment = environmentOf(backend.url, backend.adminKey);
  return await runInProcess(rolloutCommand, args, { environment });
}

/** What a command that changes something prints. */
async function changed(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await rollout(...args);
  expect([code, stderr]).toEqual([0, ""]);
  return stdout;
}

describe("npm run rollout", () => {
  it("status shows the rules, who is on and why, health, and the latest changes", async () => {
    await changed("percentage", "12.5", "--why", "first step");
    await changed("enable", "ann");
    await changed("beta-add", "bob", "eve");
    const { code, stdout } = await rollout("status");
    expect(code).toBe(0);
    expect(stdout).toMatch(/percentage +12\.5 %/);
    expect(stdout).toMatch(/enough data +from 1,000 records/);
    expect(stdout).toMatch(/^Users: [34] of 4 on/m);
    expect(stdout).toMatch(/ on +2 +50 % +TARGETING_MATCH +beta group +█{10}$/m);
    expect(stdout).toMatch(/ on +1 +25 % +TARGETING_MATCH +named/m);
    expect(stdout).toMatch(/Health: not checked yet/);
    expect(stdout).toMatch(
      /admin +flags:addBetaUsers https:\/\/local-backend\.invalid\|eve +no rule → no rule, beta/,
    );
    expect(stdout).toMatch(/flags:setPercentage +nothing → 12\.5 +first step/);
    await runAsAdmin(backend, internal.monitoring.tick, {});
    const later = await rollout("status", "--all");
    // On a slow machine the first validations are counted already.
    expect(later.stdout).toMatch(/consistency +(none|100 %) +limit 99\.99 % +\d+ samples/);
    expect(later.stdout).toMatch(/error rate +none +limit 0\.1 % +0 samples +too few samples/);
    expect(later.stdout).toMatch(/^Alerts: none$/m);
  });

  it("enable, disable and clear change one user", async () => {
    const fullId = "\nChanged:\n  https://local-backend.invalid|kim\n\nRollout of ";
    expect(await changed("enable", "kim")).toContain(fullId);
    expect(await flagOf("kim")).toBe("on TARGETING_MATCH");
    const disabled = await changed("disable", "kim", "--why", "asked for it");
    expect(disabled).toContain(fullId);
    expect(disabled).toMatch(/flags:setUser \S+\|kim +on → off +asked for it/);
    expect(await flagOf("kim")).toBe("off TARGETING_MATCH");
    expect(await changed("clear", "kim")).toContain(fullId);
    expect(await changed("clear", "kim")).toContain(fullId);
    expect(await flagOf("kim")).toMatch(/SPLIT|STATIC/);
  });

  it("beta-remove, enough-data and default change the other rules", async () => {
    const issuer = "https://local-backend.invalid";
    expect(await changed("beta-remove", "bob", "eve")).toContain(
      `\nChanged:\n  ${issuer}|bob\n  ${issuer}|eve\n\n`,
    );
    await changed("percentage", "0%");
    expect(await flagOf("bob")).toBe("off STATIC");
    expect(await changed("enough-data", "1")).toMatch(/enough data +from 1 records/);
    expect(await flagOf("bob")).toBe("on TARGETING_MATCH");
    expect(await changed("enough-data", "off")).toMatch(/enough data +off/);
    await changed("default", "on");
    expect(await flagOf("bob")).toBe("on STATIC");
    await changed("default", "off");
  });

  it("kill takes everybody off and says so until revive", async () => {
    expect(await changed("kill", "--why", "a drill")).toMatch(/KILLED at .*: a drill/);
    expect(await flagOf("ann")).toBe("off DISABLED");
    expect((await rollout("status")).stdout).toMatch(/off +4 +100 % +DISABLED/);
    expect(await changed("revive", "--why", "over")).toMatch(/kill switch +alive/);
    expect(await flagOf("ann")).toBe("on TARGETING_MATCH");
  });

  it("says what a setting must be, and changes nothing", async () => {
    await runAsAdmin(backend, internal.flags.setPercentage, { percentage: 1 });
    expect((await rollout("percentage", "400")).stderr).toBe(
      "flags:setPercentage: Nothing was changed: percentage is 400; it must lie between 0 and 100.\n",
    );
    expect((await rollout("percentage", "0.001")).stderr).toMatch(/finer than steps of 0\.01/);
    expect((await rollout("enough-data", "0.5")).stderr).toMatch(/whole number from 0 on/);
    expect((await rollout("status")).stdout).toMatch(/percentage +1 %/);
  });

  it("says what is wrong with a command line, and how it is used", async () => {
    for (const [args, message] of [
      [[], "COMMAND is missing"],
      [["stats"], "there is no command stats"],
      [["kill"], "kill needs --why, for the person who revives it"],
      [["kill", "--why", " "], "--why is empty"],
      [["enable"], "enable needs USER"],
      [["enable", "a", "b"], "enable takes only one USER"],
      [["percentage", "many"], "many is not a number; SHARE is 0 to 100"],
      [["percentage", ""], "an empty text is not a number; SHARE is 0 to 100"],
      [
        ["enough-data", "maybe"],
        'maybe is not a number; COUNT is a number of records from 1 on, or "off"',
      ],
      [["default", "yes"], "default is on or off, not yes"],
      [["status", "now"], "status takes no argument, but got now"],
      [["beta-add"], "beta-add needs one USER or more"],
      [["status", "--url", "nowhere"], "--url is nowhere; it must look like"],
    ] as const) {
      const { code, stderr } = await rollout(...args);
      expect([code, stderr.split("\n")[0]]).toEqual([2, expect.stringContaining(message)]);
      expect(stderr).toContain("Usage: npm run rollout");
    }
  });

  it("changes nothing for a name that nobody has, and says so", async () => {
    const { code, stderr } = await rollout("enable", "kimm");
    expect(code).toBe(1);
    expect(stderr).toMatch(/Nothing was changed: no user has the id or the subject "kimm"/);
    expect((await rollout("status")).stdout).not.toContain("kimm");
  });

  it("knows that nothing was changed where nothing can listen", async () => {
    const environment = environmentOf("http://127.0.0.1:9", "key");
    const args = ["kill", "--why", "a test"];
    const { code, stderr } = await runInProcess(rolloutCommand, args, { environment });
    expect([code, stderr]).toEqual([1, expect.stringMatching(/Nothing was changed\.\n$/)]);
  });

  it("says which deployment does not answer, refuses the key, or has none", async () => {
    const at = async (url: string, adminKey: string) =>
      await runInProcess(rolloutCommand, ["status"], { environment: environmentOf(url, adminKey) });
    const gone = await at("http://127.0.0.1:1", "key");
    expect([gone.code, gone.stdout]).toEqual([
      1,
      "Deployment: local backend at http://127.0.0.1:1\n",
    ]);
    expect(gone.stderr).toMatch(
      /^http:\/\/127\.0\.0\.1:1 does not answer \(.*\)\. Check that the deployment is running and/,
    );
    const wrong = await at(backend.url, "another key");
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toMatch(/admin key.*Nothing was changed\.$/im);
    expect(wrong.stderr).not.toContain("another key");
    const none = await at(backend.url, "");
    expect([none.code, none.stderr]).toEqual([
      2,
      expect.stringMatching(/^CONVEX_SELF_HOSTED_URL is set in the environment, but CONVEX_SELF/),
    ]);
  });

  it("is a process of its own when it is typed", async () => {
    const environment = environmentOf(backend.url, backend.adminKey);
    const killed = await run("rollout.ts", ["kill", "--why", "a drill"], { environment });
    expect(killed).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(
        /^Deployment: local backend at http:[^\n]*\nRollout of [^]*KILLED at .*: a drill\n/,
      ) as string,
      stderr: "",
    });
    const wrong = await run("rollout.ts", ["stats"], { environment });
    expect([wrong.code, wrong.stdout]).toEqual([2, ""]);
  });
});
