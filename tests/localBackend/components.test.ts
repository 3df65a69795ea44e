import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { FunctionReturnType } from "convex/server";
import { afterEach, describe, expect, it, vi } from "vitest";
import { api } from "../fixtures/pooledConvex/_generated/api";
import { httpClient, makeBackend, syncClient, Updates } from "./support";

const CONVEX_DIRECTORY = join(import.meta.dirname, "../fixtures/pooledConvex");

type Outcomes = FunctionReturnType<typeof api.work.outcomes>;
type Clicks = FunctionReturnType<typeof api.clicks.read>;

afterEach(() => vi.unstubAllEnvs());

async function makePooledBackend() {
  return await makeBackend({ convexDirectory: CONVEX_DIRECTORY });
}

/** Enqueues work for each name and waits until all of it is over. */
async function finish(names: string[]): Promise<Outcomes> {
  const client = syncClient(await makePooledBackend(), "ann");
  const outcomes = new Updates<Outcomes>();
  client.onUpdate(api.work.outcomes, {}, outcomes.push);
  await client.mutation(api.work.enqueue, { names });
  return await outcomes.until(({ length }) => length === names.length);
}

/** Counts `times` clicks, and waits until the component's tables are as looked for. */
async function click(times: number, isLookedFor: (clicks: Clicks) => boolean): Promise<void> {
  const client = syncClient(await makePooledBackend(), "ann");
  const clicks = new Updates<Clicks>();
  client.onUpdate(api.clicks.read, {}, clicks.push);
  await clicks.until(({ count }) => count === 0);
  await client.mutation(api.clicks.add, { times });
  await clicks.until(isLookedFor);
}

describe("Work in a workpool", () => {
  it("runs, more of it than at once, and completes", async () => {
    const names = Array.from({ length: 50 }, (_, index) => `work ${String(index)}`).sort();
    expect(await finish(names)).toEqual(
      names.map((name) => ({ name, attempts: 1, result: "done in 1" })),
    );
  });

  it("is tried again when it fails, and its failure reaches onComplete", async () => {
    expect(await finish(["failing", "steady", "unsteady"])).toEqual([
      { name: "failing", attempts: 3, result: "attempt 3 failed" },
      { name: "steady", attempts: 1, result: "done in 1" },
      { name: "unsteady", attempts: 2, result: "done in 2" },
    ]);
  });

  it("leaves live queries their user, whoever commits what they read", async () => {
    const client = syncClient(await makePooledBackend(), "ann");
    const answers = new Updates<FunctionReturnType<typeof api.work.asker>>();
    client.onUpdate(api.work.asker, {}, answers.push);
    await client.mutation(api.work.enqueue, { names: ["a", "b", "c"] });
    await answers.until(({ over }) => over === 3);
    expect(new Set(answers.seen.map(({ userId }) => userId))).toEqual(new Set(["ann"]));
  });

  it("runs with the environment that the pool gives its own component", async () => {
    vi.stubEnv("LOG_LEVEL", "not one of its levels");
    expect(await finish(["steady"])).toHaveLength(1);
  });
});

describe("A component", () => {
  it("is followed by live queries that read its tables", async () => {
    await click(3, ({ count }) => count === 3);
  });

  it("keeps no more than the last of its finished jobs", async () => {
    await click(220, ({ count, jobs }) => count === 220 && jobs <= 200);
  });

  it.each([
    ["the app's path to it", { path: "clicks/lib:add" }],
    ["the path of a nested one", { path: "workpool/batchWorker/lib:ping" }],
    ["where its module lies", { path: "counter/lib:add" }],
    ["a reference", { path: "_reference/childComponent/clicks/lib/add" }],
    ["a function handle", { path: "function://clicks;lib:add" }],
    ["a field of its own", { path: "clicks:add", componentPath: "clicks" }],
  ])("cannot be called from outside by %s", async (_, call) => {
    const backend = await makePooledBackend();
    for (const key of [null, backend.adminKey]) {
      const response = await fetch(`${backend.url}/api/function`, {
        method: "POST",
        headers: key === null ? {} : { Authorization: `Convex ${key}` },
        body: JSON.stringify({ ...call, args: { times: 1 } }),
      });
      expect(response.ok).toBe(false);
      expect(await response.text()).toMatch(/Could not find|not of clicks/);
    }
    const client = await httpClient(backend);
    expect(await client.query(api.clicks.read, {})).toEqual({ count: 0, jobs: 0 });
  });
});

it("A process ends with its backend, whatever components have under way", async () => {
  const script = join(import.meta.dirname, "pooledProcess.ts");
  const run = promisify(execFile)(process.execPath, ["--import", "tsx", script]);
  const { stdout, stderr } = await run; // rejects where it fails
  expect(stderr).toBe("");
  expect(stdout).toContain('"component":"workpool","event":"report"');
});
