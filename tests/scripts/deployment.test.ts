import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { backfill } from "../../scripts/backfill/command";
import { findPlace } from "../../scripts/console/deployment";
import type { Surroundings } from "../../scripts/console/surroundings";
import { convexCli } from "../../scripts/convexCli";
import { importHistory } from "../../scripts/import/command";
import { rollout } from "../../scripts/rollout/command";
import { validate } from "../../scripts/validate/command";
import { watch } from "../takeout/support";
import { file } from "./command";
import { runInProcess, sourcesOf, type InProcessOptions } from "./inProcess";
import { startProvisionHost, type ProvisionHost } from "./provisionHost";
import { startScriptedDeployment, type ScriptedDeployment } from "./scriptedDeployment";

const CLI = convexCli(join(import.meta.dirname, "../.."));
const PROD_KEY = "prod:happy-animal-123|secret1";
const DEV_KEY = "dev:calm-otter-7|secret2";

const SETTINGS = {
  ...{ key: "precomputed_aggregations", exists: true, killed: { at: 0, why: "a drill" } },
  ...{ percentage: 0, isBetaOn: false, defaultValue: false, problem: null },
  sufficientData: { isEnabled: false, minRecords: 0 },
};
const REPORT = {
  ...{ evaluatedAt: null, figures: [], alerts: [], queueDepth: 0, activity: null },
  thresholds: { rollsBackUsers: true },
};
const JOB = {
  ...{ status: "done", startedAt: 0, updatedAt: 9_000, finishedAt: 9_000, total: 1, done: 1 },
  ...{ isCounted: true, failed: 0, counts: { compared: 60, equal: 60 }, usersPerSecond: 1 },
  ...{ remainingMs: null, failures: [], retrying: [], left: [], next: "next", score: 1 },
  ...{ isOfNamedUsers: false, users: [], differences: [] },
  options: { isDryRun: false, repairs: false, sample: null },
};
const RUNNING = { ...JOB, status: "running" };
const CANCELLED = { ...JOB, status: "cancelled" };
const NEVER = { status: "never", next: "start" };

const ANSWERS = {
  "flags:show": [SETTINGS],
  "flags:kill": [{}],
  "monitoring:report": [REPORT],
  "rollout:history": [[]],
  "rollout:survey": [{ counts: [], isDone: true, cursor: null }],
  "backfill:status": [NEVER, JOB],
  "backfill:start": [JOB],
  "jobs:status": [NEVER],
  "validation:status": [NEVER, JOB],
  "validation:start": [JOB],
  "users:resolve": [{ userId: "https://issuer.example|ann" }],
  "aggregations:status": [{ timeZone: "UTC" }],
  "watchRecords:ingest": [{ inserted: 1, duplicates: 0, rejected: [] }],
  "importReceipts:save": [{}],
};

let deployment: ScriptedDeployment;
let provision: ProvisionHost;
beforeEach(async () => {
  deployment = await startScriptedDeployment(ANSWERS);
  provision = await startProvisionHost(() => ({ json: deployment.url }));
});
afterEach(() => {
  deployment.close();
  provision.close();
});

/** A deployment whose key is the only setting. */
function keyed(CONVEX_DEPLOY_KEY: string): Record<string, string> {
  return { CONVEX_DEPLOY_KEY, CONVEX_PROVISION_HOST: provision.url };
}

type Command = (around: Surroundings) => Promise<number>;

async function run(command: Command, args: string[], options: InProcessOptions) {
  const ended = await runInProcess(command, args, options);
  expect(ended.stdout + ended.stderr + ended.questions.join("")).not.toMatch(/secret/);
  return { ...ended, firstLine: ended.stdout.split("\n")[0] };
}

function called(): string[] {
  return deployment.calls.map(({ path }) => path);
}

const EXPORT = file("watch-history.json", JSON.stringify([watch({})]));
const KILL = ["kill", "--why", "wrong numbers"];

describe("a deploy key", () => {
  it("decides where a command goes, also beside a local backend in .env.local", async () => {
    const local = await startScriptedDeployment(ANSWERS);
    const { code, firstLine, stderr } = await run(rollout, [...KILL, "--yes"], {
      environment: keyed(PROD_KEY),
      files: {
        ".env.local": {
          CONVEX_SELF_HOSTED_URL: local.url,
          CONVEX_SELF_HOSTED_ADMIN_KEY: "local|key",
        },
      },
    });
    local.close();
    expect(firstLine).toBe(`Deployment: happy-animal-123 (production) at ${deployment.url}`);
    expect([code, stderr]).toEqual([0, ""]);
    expect(local.calls).toEqual([]);
    expect(deployment.calls[0]).toEqual({
      path: "flags:kill",
      args: { why: "wrong numbers" },
      format: "json",
      authorization: `Convex ${PROD_KEY}`,
    });
  });

  it("is all that Convex is asked for an address with", async () => {
    await run(rollout, ["status"], { environment: keyed(PROD_KEY) });
    expect(provision.asked).toEqual([
      {
        method: "POST",
        path: "/api/deployment/url_for_key",
        authorization: `Bearer ${PROD_KEY}`,
        client: expect.stringMatching(/^npm-cli-\d+\.\d+\.\d+/) as string,
        body: { deployKey: PROD_KEY },
      },
    ]);
  });

  it("is sent as Convex's own CLI sends it, which also prefers it to .env.local", async () => {
    const host = await startProvisionHost(() => ({ status: 400, json: { message: "no" } }));
    const environment = { CONVEX_DEPLOY_KEY: PROD_KEY, CONVEX_PROVISION_HOST: host.url };
    const directory = dirname(file("package.json", '{ "dependencies": { "convex": "*" } }'));
    writeFileSync(
      join(directory, ".env.local"),
      "CONVEX_SELF_HOSTED_URL=http://127.0.0.1:1\nCONVEX_SELF_HOSTED_ADMIN_KEY=key\n",
    );
    const env = { ...process.env, ...environment };
    const cli = spawn(process.execPath, [CLI, "run", "flags:show"], { cwd: directory, env });
    await once(cli, "close");
    const fromCli = host.asked.splice(0);
    await run(rollout, ["status"], { environment });
    host.close();
    expect(host.asked).toHaveLength(1);
    expect(fromCli[0]).toEqual(host.asked[0]);
  });

  it("names the deployment when Convex cannot be asked for its address", async () => {
    provision.close();
    const ended = await run(rollout, [...KILL, "--yes"], { environment: keyed(PROD_KEY) });
    expect(ended.stdout).toBe("Deployment: happy-animal-123 (production), address unknown\n");
    expect(ended.stderr).toBe(
      `${provision.url} does not answer (ECONNREFUSED). It knows the address of happy-animal-123. ` +
        "If you know it too, name it: --url https://happy-animal-123.convex.cloud. Nothing was changed.\n",
    );
    expect([ended.code, called()]).toEqual([1, []]);
  });

  it.each<[string, Parameters<typeof startProvisionHost>[0], RegExp]>([
    [
      "is refused",
      () => ({ status: 401, json: { code: "Unauthorized", message: "Bad\u001b[2J key." } }),
      /did not give the address of happy-animal-123: Bad \[2J key\. Nothing was changed\.\n$/,
    ],
    ["has no address", () => ({ json: { url: "x" } }), /the answer is not an address\. Nothing/],
    ["gets another address", () => ({ json: "file:///etc" }), /the answer is not an address\./],
    ["gets a web page", () => "<h1>Welcome</h1>", /the answer is not an address\. Nothing/],
    ["gets no message", () => ({ status: 404, json: null }), /: status 404\. Nothing was changed/],
  ])("that %s reaches nothing, and its deployment is named", async (_what, answer, message) => {
    const host = await startProvisionHost(answer);
    const environment = { CONVEX_DEPLOY_KEY: PROD_KEY, CONVEX_PROVISION_HOST: host.url };
    const ended = await run(rollout, ["status"], { environment });
    host.close();
    expect(ended.stdout).toBe("Deployment: happy-animal-123 (production), address unknown\n");
    expect(ended.stderr).toMatch(message);
    expect([ended.code, called()]).toEqual([1, []]);
  });

  it("goes to --url only where that is its own deployment", async () => {
    const environment = keyed(PROD_KEY);
    const same = await run(rollout, ["status", "--url", `${deployment.url}/`], { environment });
    expect(same.code).toBe(0);
    const calls = called().length;
    const other = await run(rollout, ["status", "--url", "https://other.example"], { environment });
    expect([other.code, other.stderr]).toEqual([
      2,
      `--url is https://other.example, but CONVEX_DEPLOY_KEY in the environment belongs to happy-animal-123 at ${deployment.url}. Leave out --url, or set a key of the deployment you mean. Nothing was changed.\n`,
    ]);
    expect(called()).toHaveLength(calls);
  });

  it("needs no answer of Convex where --url is the deployment's address by its name", async () => {
    const place = await findPlace("https://happy-animal-123.convex.cloud", {
      environment: {},
      sources: sourcesOf(keyed(PROD_KEY)),
      signal: new AbortController().signal,
    });
    expect(place).toEqual({
      label: "happy-animal-123 (production)",
      url: "https://happy-animal-123.convex.cloud",
      isProduction: true,
      adminKey: PROD_KEY,
    });
    expect(provision.asked).toEqual([]);
  });
});

describe("the settings", () => {
  it.each<[string, InProcessOptions, RegExp]>([
    ["name no deployment", {}, /^No deployment is set\. Start the local backend with `npm run/],
    [
      "name two",
      {
        environment: {
          CONVEX_DEPLOY_KEY: PROD_KEY,
          CONVEX_SELF_HOSTED_URL: "http://127.0.0.1:3210",
          CONVEX_SELF_HOSTED_ADMIN_KEY: "local|secret3",
        },
      },
      /^Two deployments are set: happy-animal-123 .* and http:\/\/127\.0\.0\.1:3210 /,
    ],
  ])("that %s keep every command from starting", async (_what, options, message) => {
    const commands: [Command, string[]][] = [
      [rollout, KILL],
      [rollout, ["status"]],
      [backfill, []],
      [validate, ["--status"]],
    ];
    for (const [command, args] of commands) {
      const { code, stdout, stderr } = await run(command, args, options);
      expect(stderr).toMatch(message);
      expect(stderr).toMatch(/Nothing was changed\.\n$/);
      expect([code, stdout]).toEqual([2, ""]);
    }
  });

  it("hold a key for their own address only", async () => {
    const environment = {
      CONVEX_SELF_HOSTED_URL: deployment.url,
      CONVEX_SELF_HOSTED_ADMIN_KEY: "secret3",
    };
    for (const [url, advice] of [
      ["https://other.example", "Set CONVEX_DEPLOY_KEY to a key of the deployment"],
      ["http://127.0.0.1:1", "`npm run backend` writes one to .env.local"],
    ] as const) {
      const ended = await run(rollout, ["status", "--url", url], { environment });
      expect(ended.stderr).toContain(`There is no admin key for ${url}. ${advice}`);
      expect(ended.code).toBe(2);
    }
    expect(called()).toEqual([]);
  });

  it("do not come from options that npm took", async () => {
    const commands: [Command, string[]][] = [
      [rollout, KILL],
      [backfill, []],
      [validate, []],
      [importHistory, [EXPORT]],
    ];
    for (const [command, args] of commands) {
      const environment = { ...keyed(DEV_KEY), npm_config_url: "https://other.example" };
      const { code, stderr } = await run(command, args, { environment });
      expect(stderr).toMatch(/^npm took --url for itself\. .* npm run \w+ -- --url\n/);
      expect(code).toBe(2);
    }
    expect(called()).toEqual([]);
  });
});

/** Commands that change something, what they ask, and the first call that changes it. */
const CHANGES: [string, Command, string[], string, string][] = [
  ["rollout -- kill", rollout, KILL, "Turn stored results off for all users", "flags:kill"],
  ["backfill", backfill, [], "Build the stored results of all users", "backfill:start"],
  [
    "validate",
    validate,
    ["--users", "ann,bob", "--repair"],
    "Validate the stored results of 2 users, rebuild what differs and roll back users with wrong results",
    "validation:start",
  ],
  [
    "import",
    importHistory,
    [EXPORT, "--user", "ann"],
    "Import watch-history.json for https://issuer.example|ann",
    "watchRecords:ingest",
  ],
];

describe.each(CHANGES)("npm run %s", (_name, command, args, what, change) => {
  const question = `${what} on happy-animal-123 (production)? [y/N] `;

  it.each(["y", "Y", " yes "])(
    "asks before it changes production, and goes on at %j",
    async (answer) => {
      const ended = await run(command, args, { environment: keyed(PROD_KEY), answer });
      expect(ended.questions).toEqual([question]);
      expect(ended.code).toBe(0);
      expect(called()).toContain(change);
    },
  );

  it.each(["", "n", "no", "yess", "kill"])("changes nothing at %j", async (answer) => {
    const ended = await run(command, args, { environment: keyed(PROD_KEY), answer });
    expect(ended.questions).toEqual([question]);
    expect([ended.code, ended.stderr]).toEqual([1, "Nothing was changed.\n"]);
    expect(called()).not.toContain(change);
  });

  it("needs --yes where there is no terminal", async () => {
    const environment = keyed(PROD_KEY);
    const refused = await run(command, args, { environment });
    expect([refused.code, refused.stderr]).toEqual([
      2,
      `${what} on happy-animal-123 (production)? There is no terminal to confirm this on: add --yes if you mean it. Nothing was changed.\n`,
    ]);
    expect(called()).not.toContain(change);
    const confirmed = await run(command, [...args, "--yes"], { environment });
    expect([confirmed.code, confirmed.questions]).toEqual([0, []]);
    expect(called()).toContain(change);
  });

  it("asks nothing on a development deployment or this machine, and names it", async () => {
    const development = await run(command, args, { environment: keyed(DEV_KEY), answer: "n" });
    expect(development.firstLine).toBe(
      `Deployment: calm-otter-7 (development) at ${deployment.url}`,
    );
    expect([development.code, development.questions]).toEqual([0, []]);
    const environment = {
      CONVEX_SELF_HOSTED_URL: deployment.url,
      CONVEX_SELF_HOSTED_ADMIN_KEY: "secret3",
    };
    const local = await run(command, args, { environment, answer: "n" });
    expect(local.firstLine).toBe(`Deployment: local backend at ${deployment.url}`);
    expect([local.code, local.questions]).toEqual([0, []]);
  });

  it("names a deployment that does not answer", async () => {
    const environment = {
      CONVEX_SELF_HOSTED_URL: "https://nowhere.invalid",
      CONVEX_SELF_HOSTED_ADMIN_KEY: "secret3",
    };
    const ended = await run(command, [...args, "--yes"], { environment });
    expect(ended.firstLine).toBe(
      "Deployment: nowhere.invalid (production) at https://nowhere.invalid",
    );
    expect(ended.stderr).toMatch(/https:\/\/nowhere\.invalid does not answer/);
    expect(ended.code).toBe(1);
  });
});

describe("a command that only reads", () => {
  it.each<[string, Command, string[]]>([
    ["rollout -- status", rollout, ["status"]],
    ["backfill -- --status", backfill, ["--status"]],
    ["backfill -- --dry-run", backfill, ["--dry-run"]],
    ["validate -- --status", validate, ["--status"]],
  ])("asks nothing: npm run %s", async (_name, command, args) => {
    const ended = await run(command, args, { environment: keyed(PROD_KEY) });
    expect([ended.code, ended.questions]).toEqual([0, []]);
    expect(ended.firstLine).toMatch(/^Deployment: happy-animal-123 \(production\) at http/);
  });

  it("names no deployment where nothing is sent: a dry run of an import", async () => {
    const ended = await run(importHistory, [EXPORT, "--dry-run"], {
      environment: { CONVEX_DEPLOY_KEY: "unusable" },
    });
    expect([ended.code, ended.firstLine]).toEqual([
      0,
      "Deployment: none, as a dry run sends nothing",
    ]);
  });
});

describe("--cancel", () => {
  it("asks on production, but only where something is running", async () => {
    const scripted = await startScriptedDeployment({
      "validation:status": [NEVER, RUNNING],
      "validation:cancel": [CANCELLED],
    });
    const host = await startProvisionHost(() => ({ json: scripted.url }));
    const environment = { CONVEX_DEPLOY_KEY: PROD_KEY, CONVEX_PROVISION_HOST: host.url };
    const idle = await run(validate, ["--cancel"], { environment });
    expect([idle.code, idle.stdout.split("\n")[1]]).toEqual([
      0,
      "No validation is running: nothing to cancel.",
    ]);
    const refused = await run(validate, ["--cancel"], { environment });
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("Cancel the running validation on happy-animal-123");
    const cancelled = await run(validate, ["--cancel"], { environment, answer: "y" });
    expect(cancelled.stdout).toContain("The validation was cancelled after 1 of 1 user.");
    scripted.close();
    host.close();
  });
});

describe("a change whose answer is lost", () => {
  async function lost(answers: Record<string, readonly null[]>) {
    const scripted = await startScriptedDeployment({ ...ANSWERS, ...answers });
    const environment = {
      CONVEX_SELF_HOSTED_URL: scripted.url,
      CONVEX_SELF_HOSTED_ADMIN_KEY: "secret3",
    };
    const ended = await run(rollout, KILL, { environment });
    scripted.close();
    return ended;
  }

  it("is not said to have changed nothing", async () => {
    const { code, stderr } = await lost({ "flags:kill": [null] });
    expect(stderr).toMatch(
      /does not answer .*\. The change may or may not have been made: `npm run rollout -- status` shows it/,
    );
    expect(stderr).not.toMatch(/[Nn]othing was changed/);
    expect(code).toBe(1);
  });

  it("is said to be made where only its outcome cannot be shown", async () => {
    const { code, stderr } = await lost({ "flags:show": [null] });
    expect(stderr).toMatch(/^The change was made, but the rollout could not be shown afterwards: /);
    expect(stderr).not.toMatch(/[Nn]othing was changed/);
    expect(code).toBe(1);
  });
});
