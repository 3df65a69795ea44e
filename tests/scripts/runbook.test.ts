import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ConvexHttpClient } from "convex/browser";
import { makeFunctionReference, type DefaultFunctionArgs } from "convex/server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { api, internal } from "../../convex/_generated/api";
import { runAsAdmin } from "../../scripts/adminClient";
import { backfill } from "../../scripts/backfill/command";
import {
  developmentUserId,
  startLocalBackend,
  type LocalBackend,
} from "../../scripts/localBackend";
import { rollout } from "../../scripts/rollout/command";
import { validate } from "../../scripts/validate/command";
import { runInProcess } from "./inProcess";
import { startProvisionHost, type ProvisionHost } from "./provisionHost";

const ROOT = join(import.meta.dirname, "../..");
const RUNBOOK = readFileSync(join(ROOT, "convex/RUNBOOK.md"), "utf8");
const USER = "ann";
const key = "precomputed_aggregations";

/** The backend stands in for a deployment in production: every change of it has to be agreed to. */
const DEPLOY_KEY = "prod:happy-animal-123|key";

let backend: LocalBackend;
let provision: ProvisionHost;
beforeAll(async () => {
  backend = await startLocalBackend({ withCrons: false, adminKey: DEPLOY_KEY });
  provision = await startProvisionHost(() => ({ json: backend.url }));
  const client = await clientOf(USER);
  const record = {
    watchedAt: Date.now() - 86_400_000,
    videoId: null,
    videoTitle: "A video",
    videoUrl: null,
    channelTitle: "A channel",
    channelUrl: null,
    product: "YouTube",
  };
  await client.mutation(api.watchRecords.ingest, { records: [record] });
  await runAsAdmin(backend, internal.recompute.user, { userId: USER });
  await runAsAdmin(backend, internal.validation.checkUser, { userId: USER });
  await runAsAdmin(backend, internal.flags.setDefault, { value: true });
  await runAsAdmin(backend, internal.flags.addBetaUsers, { userIds: [developmentUserId("bob")] });
});
afterAll(async () => {
  provision.close();
  await backend.close();
});

async function clientOf(userId: string): Promise<ConvexHttpClient> {
  const client = new ConvexHttpClient(backend.url, { logger: false });
  client.setAuth(await backend.mintToken(userId));
  return client;
}

async function flagOf(userId: string): Promise<string> {
  const { variant, reason } = await (await clientOf(userId)).query(api.flags.evaluate, { key });
  return `${variant} ${reason}`;
}

/** The commands of a section, line by line. */
function commandsOf(title: string): string[] {
  const [section] = RUNBOOK.split(`## ${title}\n`)[1]?.split(/^## /m) ?? [];
  if (section === undefined) throw new Error(`the runbook has no section "${title}"`);
  const blocks = [...section.matchAll(/```sh\n([^]*?)```/g)].map(([, block]) => block ?? "");
  return blocks.flatMap((block) => block.trim().split("\n"));
}

const NPM_COMMANDS = { rollout, backfill, validate };

/** The words of a command line, as a shell splits it. Only what the runbook uses. */
function wordsOf(command: string): string[] {
  const words = [...command.matchAll(/'([^']*)'|"([^"$`\\]*)"|([\w:.%-]+)/g)];
  const isPlain = words.map(([word]) => word).join(" ") === command;
  if (!isPlain) throw new Error(`a shell may read this in another way: ${command}`);
  return words.map(([, single, double, bare]) => single ?? double ?? bare ?? "");
}

interface Printed {
  output: string;
  questions: string[];
}

/** Runs a command of the runbook, without a process of its own, and agrees to what it asks. */
async function runCommand(command: string): Promise<Printed> {
  const [program, ...words] = wordsOf(command.replaceAll("USER", USER));
  if (program === "npx") {
    const [, , path = "", given = "{}"] = words; // after "convex run"
    const reference = makeFunctionReference<"mutation", DefaultFunctionArgs, unknown>(path);
    const value = await runAsAdmin(backend, reference, JSON.parse(given) as DefaultFunctionArgs);
    return { output: JSON.stringify(value, null, 2), questions: [] };
  }
  const [, name, , ...args] = words; // after "run", and after "--"
  const run = Object.entries(NPM_COMMANDS).find(([known]) => known === name)?.[1];
  if (run === undefined) throw new Error(`the test does not know ${command}`);
  const environment = { CONVEX_DEPLOY_KEY: DEPLOY_KEY, CONVEX_PROVISION_HOST: provision.url };
  const ended = await runInProcess(run, args, { environment, answer: "y" });
  expect([ended.code, ended.stderr]).toEqual([0, ""]);
  expect(ended.stdout).toMatch(/^Deployment: happy-animal-123 \(production\) at http/);
  return { output: ended.stdout, questions: ended.questions };
}

/** Runs commands one after the other; each must end well. What they print. */
async function runAll(commands: readonly string[]): Promise<string[]> {
  const outputs: string[] = [];
  for (const command of commands) outputs.push((await runCommand(command)).output);
  return outputs;
}

// The sections build upon each other, as the hours of an incident do.
describe("the runbook", { timeout: 60_000, concurrent: false }, () => {
  it("which deployment: names it before anything else", async () => {
    const [status] = await runAll(commandsOf("Which deployment?"));
    expect(status).toMatch(/^Deployment: happy-animal-123/);
  });

  it("the first five minutes: takes users and groups off", async () => {
    expect(await flagOf(USER)).toBe("on STATIC");
    expect(await flagOf("bob")).toBe("on TARGETING_MATCH");
    const [status] = await runAll(commandsOf("The first five minutes"));
    expect(status).toMatch(/Users: 1 of 1 on/);
    expect(await flagOf(USER)).toBe("off TARGETING_MATCH");
    expect(await flagOf("bob")).toBe("on STATIC");
    const settings = await runAsAdmin(backend, internal.flags.show, {});
    expect(settings).toMatchObject({
      percentage: 0,
      isBetaOn: false,
      sufficientData: { isEnabled: false },
    });
  });

  it("the next thirty: shows what is wrong, rebuilds, changes limits", async () => {
    const outputs = await runAll(commandsOf("The next thirty"));
    expect(outputs[1]).toMatch(/slow since the last step/);
    expect(outputs[4]).toMatch(/"status": "done"/);
    expect(outputs[5]).toMatch(/"outcome": "passed"/);
    const { thresholds } = await runAsAdmin(backend, internal.monitoring.report, {});
    expect(thresholds).toMatchObject({
      lagP95Ms: 15_000,
      breachWindows: 4,
      killsOnBreach: false,
      rollsBackUsers: false,
      consistency: 0.9999,
    });
  });

  it("full rollback: takes everybody off", async () => {
    const [kill = "", status = ""] = commandsOf("Full rollback");
    // In an emergency nothing waits for an answer.
    expect((await runCommand(kill)).questions).toEqual([]);
    expect((await runCommand(status)).output).toMatch(/Users: 0 of 1 on[^]*DISABLED/);
    expect(await flagOf("bob")).toBe("off DISABLED");
  });

  it("coming back: restores the limits, and lets users in step by step", async () => {
    await runAll(commandsOf("Coming back"));
    const { thresholds } = await runAsAdmin(backend, internal.monitoring.report, {});
    expect(thresholds).toMatchObject({ lagP95Ms: 10_000, breachWindows: 3, killsOnBreach: true });
    expect(await flagOf(USER)).toMatch(/on (SPLIT|STATIC)/);
    const settings = await runAsAdmin(backend, internal.flags.show, {});
    expect(settings).toMatchObject({ percentage: 25, killed: null });
  });

  it("has no command outside these sections, and names every cause of an alert", () => {
    const titles = [
      "Which deployment?",
      "The first five minutes",
      "The next thirty",
      "Full rollback",
      "Coming back",
    ];
    const commands = titles.flatMap(commandsOf);
    expect(RUNBOOK.match(/^(npm|npx) /gm)).toHaveLength(commands.length);
    const sources = ["silence.ts", "jobs/runs.ts"].map((file) =>
      readFileSync(join(ROOT, "convex/model", file), "utf8"),
    );
    const causes = [...sources.join("\n").matchAll(/cause(?::| =) "([a-z-]+)"/g)];
    expect(causes).toHaveLength(9);
    for (const [, cause] of causes) expect(RUNBOOK).toContain(`\`${String(cause)}\``);
  });
});
