import { execFile, spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { api } from "../../convex/_generated/api";
import { convexCli } from "../../scripts/convexCli";
import { developmentUserId, type LocalBackend } from "../../scripts/localBackend";
import { NO_SETTINGS } from "../support/noSettings";
import { httpClient, makeBackend, record, Updates } from "./support";

const CLI = convexCli(join(import.meta.dirname, "../.."));

/** Convex's own CLI, in a folder of its own so that it finds no .env.local. */
async function convex(backend: LocalBackend, ...args: string[]): Promise<string> {
  const { directory, env } = cliPlace(backend);
  const options = { cwd: directory, env };
  const { stdout } = await promisify(execFile)(process.execPath, [CLI, ...args], options);
  return stdout;
}

function cliPlace(backend: LocalBackend) {
  const directory = mkdtempSync(join(tmpdir(), "convex-cli-"));
  writeFileSync(join(directory, "package.json"), '{ "dependencies": { "convex": "*" } }');
  const env = {
    ...process.env,
    ...NO_SETTINGS,
    CONVEX_SELF_HOSTED_URL: backend.url,
    CONVEX_SELF_HOSTED_ADMIN_KEY: backend.adminKey,
  };
  return { directory, env };
}

describe("npx convex", () => {
  it("run rebuilds a user's aggregations and prints what it did", async () => {
    const backend = await makeBackend();
    const ann = await httpClient(backend, "ann");
    await ann.mutation(api.watchRecords.ingest, { records: [record()] });
    const output = await convex(backend, "run", "recompute:user", '{"userId": "ann"}');
    expect(JSON.parse(output)).toEqual({
      userId: developmentUserId("ann"),
      status: "done",
      recordCount: 1,
      error: null,
    });
  });

  it("run switches a flag that the user then sees", async () => {
    const backend = await makeBackend();
    const userId = developmentUserId("ann");
    const args = JSON.stringify({ key: "k", userId, value: true });
    await convex(backend, "run", "flags:setUser", args);
    const ann = await httpClient(backend, "ann");
    expect(await ann.query(api.flags.evaluate, { key: "k" })).toEqual({
      value: true,
      variant: "on",
      reason: "TARGETING_MATCH",
    });
  });

  it("run says what is wrong with arguments that do not validate", async () => {
    const backend = await makeBackend();
    await expect(convex(backend, "run", "flags:setDefault", '{"key": 1}')).rejects.toThrow(
      /ArgumentValidationError/,
    );
  });

  it("run --watch prints a query's value anew when it changes", async () => {
    const backend = await makeBackend();
    const { directory, env } = cliPlace(backend);
    const named = JSON.stringify({ userId: developmentUserId("ann") });
    const args = [CLI, "run", "--watch", "recompute:describe", named];
    const child = spawn(process.execPath, args, { cwd: directory, env });
    const updates = new Updates<string>();
    child.stdout.on("data", (data: Buffer) => updates.push(data.toString()));
    await updates.until((output) => output.includes('"recordCount": 0'));
    const ann = await httpClient(backend, "ann");
    await ann.mutation(api.watchRecords.ingest, { records: [record()] });
    await updates.until((output) => output.includes('"recordCount": 1'));
    child.kill();
  });

  it("data shows tables and their documents", async () => {
    const backend = await makeBackend();
    const ann = await httpClient(backend, "ann");
    await ann.mutation(api.watchRecords.ingest, { records: [record({ videoId: "a" })] });
    expect(await convex(backend, "data")).toMatch(/watch_records/);
    expect(await convex(backend, "data", "watch_records")).toMatch(/A channel/);
  });
});
