import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ConvexHttpClient } from "convex/browser";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { api } from "../../convex/_generated/api";
import { findTarget } from "../../scripts/import/signIn";
import { startLocalBackend, type LocalBackend } from "../../scripts/localBackend";
import { startRelay } from "../support/relay";
import { part, zipOf } from "../takeout/archives";
import { block, page } from "../takeout/htmlSupport";
import { watch } from "../takeout/support";
import { file, run, start } from "./command";

const LARGE = 4_000;
const NO_KEYS = { CONVEX_SELF_HOSTED_URL: "", CONVEX_AUTH_TOKEN: "", CONVEX_DEPLOY_KEY: "" };

let backend: LocalBackend;
let users = 0;
beforeAll(async () => {
  backend = await startLocalBackend({ withCrons: false });
});
afterAll(() => backend.close());

function newUser(): string {
  users += 1;
  return `user-${String(users)}`;
}

async function clientOf(userId: string): Promise<ConvexHttpClient> {
  const client = new ConvexHttpClient(backend.url, { logger: false });
  client.setAuth(await backend.mintToken(userId));
  return client;
}

async function receiptsOf(userId: string) {
  return await (await clientOf(userId)).query(api.importReceipts.list, {});
}

async function countRecords(userId: string): Promise<number> {
  const client = await clientOf(userId);
  let count = 0;
  for (let cursor: string | null = null; ;) {
    const paginationOpts: { numItems: number; cursor: string | null } = { numItems: 4_000, cursor };
    const answer = await client.query(api.watchRecords.page, { paginationOpts });
    count += answer.page.length;
    if (answer.isDone) return count;
    cursor = answer.continueCursor;
  }
}

/** Starts an import for `userId`, by default into the backend itself. */
function startImport(
  path: string,
  userId: string,
  {
    url = backend.url,
    environment = {},
  }: { url?: string; environment?: Record<string, string> } = {},
) {
  const args = [path, "--user", userId, "--url", url, "--time-zone", "America/Chicago"];
  return start("import.ts", args, { environment: { ...NO_KEYS, ...environment } });
}

async function runImport(...args: Parameters<typeof startImport>) {
  return await startImport(...args).ended;
}

/** Resolves once some of the user's records are in. */
async function someRecords(userId: string): Promise<void> {
  await expect.poll(() => countRecords(userId), { timeout: 20_000 }).toBeGreaterThan(0);
}

function watches(count: number): string {
  return JSON.stringify(
    Array.from({ length: count }, (_, index) =>
      watch({
        title: `Watched Walk ${String(index)}`,
        titleUrl: `https://www.youtube.com/watch?v=${String(index).padStart(11, "w")}`,
        time: new Date(Date.UTC(2026, 0, 1) - index * 3_600_000).toISOString(),
      }),
    ),
  );
}

describe("npm run import", () => {
  /** Seconds of work: there is time to interrupt it. */
  const large = file("watch-history.json", watches(LARGE));

  it("imports an export, says where every entry went, and keeps the receipt", async () => {
    const userId = newUser();
    const html = page(
      block({ title: "A" }),
      block({ title: "A" }),
      block({ details: "From Google Ads" }),
      block({ title: "B", url: "https://www.youtube.com/watch?v=bbbbbbbbbbb", time: "soon" }),
      block({ url: null, channel: null, title: "x".repeat(3_000) }),
    );
    const path = file("takeout.zip", zipOf([part("a.csv", "a"), part("v/Verlauf.html", html)]));
    const { code, stdout } = await runImport(path, userId);
    expect(stdout).toContain(`takeout.zip → ${backend.url}, for ${userId}`);
    expect(stdout).toMatch(
      /entries read\s+5\n\s+inserted\s+1\n\s+already there\s+1\n\s+undated .*1\n\s+skipped: advertisement\s+1\n\s+rejected: videoTitle has 3000 characters.*1\n/,
    );
    expect(stdout).toMatch(/watches from 2025-08-15 to 2025-08-15/);
    expect(stdout).toContain("found v/Verlauf.html (HTML)");
    expect(code).toBe(0);
    expect(await receiptsOf(userId)).toMatchObject([
      { fileName: "takeout.zip", outcome: "complete", entries: 5, inserted: 1, undated: 1 },
    ]);
    expect(await countRecords(userId)).toBe(2);
  });

  it("adds nothing twice when it is run again", async () => {
    const userId = newUser();
    const path = file("watch-history.json", watches(30));
    await runImport(path, userId);
    const { code, stdout } = await runImport(path, userId);
    expect(stdout).toMatch(/inserted\s+0\n\s+already there\s+30\n/);
    expect(code).toBe(0);
    expect(await countRecords(userId)).toBe(30);
  });

  it("with --dry-run sends nothing, and counts as the backend would", async () => {
    const userId = newUser();
    const path = file("watch-history.json", watches(30));
    // Nothing listens there, and nothing signs in.
    const args = [path, "--dry-run", "--url", "https://nowhere.invalid"];
    const { code, stdout } = await run("import.ts", args, { environment: NO_KEYS });
    expect(stdout).toMatch(/Dry run, nothing was sent[^]*inserted\s+30\n\s+already there\s+0\n/);
    expect(code).toBe(0);
    expect(await countRecords(userId)).toBe(0);
  });

  it("ends at Ctrl-C with what it has, and goes on when run again", async () => {
    const userId = newUser();
    const stopping = startImport(large, userId);
    await someRecords(userId);
    stopping.kill("SIGINT");
    const first = await stopping.ended;
    expect(first.code).toBe(130);
    expect(first.stderr).toContain("Stopping");
    expect(first.stdout).toMatch(/Stopped\. What was imported stays/);
    const [stopped] = await receiptsOf(userId);
    expect(stopped).toMatchObject({ outcome: "stopped" });
    const there = await countRecords(userId);
    expect(there).toBeGreaterThan(0);
    expect(there).toBe(stopped!.inserted + stopped!.undated);
    const second = await runImport(large, userId);
    expect(second.code).toBe(0);
    const [complete] = await receiptsOf(userId);
    expect(await countRecords(userId)).toBe(there + complete!.inserted + complete!.undated);
    expect(complete).toMatchObject({ outcome: "complete", entries: LARGE });
    expect(complete!.alreadyThere).toBe(there);
    expect(await countRecords(userId)).toBe(LARGE);
  }, 120_000);

  it("goes on by itself where the connection was lost for a while", async () => {
    const userId = newUser();
    const relay = await startRelay(backend.url);
    const importing = startImport(large, userId, { url: relay.url });
    await someRecords(userId);
    relay.setMode("none");
    relay.drop();
    await expect.poll(importing.output).toContain("no connection, trying again in");
    relay.setMode("open");
    const { code } = await importing.ended;
    await relay.close();
    expect(code).toBe(0);
    const [receipt] = await receiptsOf(userId);
    expect(receipt).toMatchObject({ outcome: "complete", entries: LARGE, unsent: 0 });
    // What was under way may have gone in without an answer: it counts as there the second time.
    expect(receipt!.inserted + receipt!.alreadyThere).toBe(LARGE);
    expect(await countRecords(userId)).toBe(LARGE);
  }, 120_000);

  it("waits where the backend says RATE_LIMITED", async () => {
    const calls: string[] = [];
    const server = createServer((request, response) => {
      void (async () => {
        let body = "";
        for await (const chunk of request) body += String(chunk);
        const { path } = JSON.parse(body) as { path: string };
        calls.push(path);
        const isLimited = path === "watchRecords:ingest" && calls.length < 4;
        const errorData = { code: "RATE_LIMITED", message: "Too fast.", retryAfterMs: 20 };
        const value =
          path === "watchRecords:ingest"
            ? { inserted: 3, duplicates: 0, rejected: [] }
            : { timeZone: "UTC" };
        response.writeHead(isLimited ? 560 : 200, { "Content-Type": "application/json" });
        response.end(
          JSON.stringify(
            isLimited
              ? { status: "error", errorMessage: "Too fast.", errorData, logLines: [] }
              : { status: "success", value, logLines: [] },
          ),
        );
      })();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${String(port)}`;
    const { code, stdout } = await runImport(file("w.json", watches(3)), "ann", { url });
    server.close();
    expect(stdout).toMatch(/inserted\s+3\n/);
    expect(code).toBe(0);
    expect(calls).toEqual([
      "aggregations:status",
      "watchRecords:ingest",
      "watchRecords:ingest",
      "watchRecords:ingest",
      "importReceipts:save",
    ]);
  });

  it("acts as the user with the admin key of the deployment", async () => {
    const userId = newUser();
    const environment = {
      CONVEX_SELF_HOSTED_URL: backend.url,
      CONVEX_SELF_HOSTED_ADMIN_KEY: backend.adminKey,
    };
    const path = file("w.json", watches(3));
    const { code } = await run("import.ts", [path, "--user", userId], { environment });
    expect(code).toBe(0);
    expect(await countRecords(userId)).toBe(3);
  });

  it("signs in with a token of the user", async () => {
    const userId = newUser();
    const environment = { ...NO_KEYS, CONVEX_AUTH_TOKEN: await backend.mintToken(userId) };
    const args = [file("w.json", watches(3)), "--url", backend.url];
    const { code } = await run("import.ts", args, { environment });
    expect(code).toBe(0);
    expect(await countRecords(userId)).toBe(3);
  });

  it.each([
    [
      "a download cut short",
      watches(30).slice(0, -500),
      1,
      /middle of the list, after \d+ entries[^]*Warning: The file ends before/,
    ],
    [
      "an export with years missing",
      JSON.stringify([watch({}), watch({ time: "2012-01-01T00:00:00Z" })]),
      0,
      /Warning: The watches are from 2012-01-01 to 2024-03-10/,
    ],
  ])(
    "says what is wrong with %s, and keeps what it has",
    async (_what, content, exitCode, message) => {
      const userId = newUser();
      const { code, stdout } = await runImport(file("w.json", content), userId);
      expect(stdout).toMatch(message);
      expect(code).toBe(exitCode);
      expect(await countRecords(userId)).toBeGreaterThan(0);
      expect((await receiptsOf(userId))[0]?.warnings).toHaveLength(1);
    },
  );

  it.each([
    ["a missing file", "/nowhere/watch-history.json", /does not exist/],
    ["a photo", file("photo.jpg", Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 1, 2, 3, 4)), /not JSON/],
    ["an empty file", file("empty.html", ""), /empty/],
    [
      "an archive without a history",
      file("a.zip", zipOf([part("a.csv", "a")])),
      /holds no watch history/,
    ],
  ])("answers %s with one line and exit code 2", async (_what, path, message) => {
    const { code, stderr, stdout } = await runImport(path, newUser());
    expect(stderr).toMatch(message);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(stdout).toBe("");
    expect(code).toBe(2);
  });

  it.each([
    ["nothing there", {}, "http://127.0.0.1:4", /does not answer[^]*npm run backend/],
    ["a wrong token", { CONVEX_AUTH_TOKEN: "x.y.z" }, null, /token/i],
  ])("says at once, with exit code 1, that it finds %s", async (_what, keys, url, message) => {
    const args = [file("w.json", watches(3)), "--url", url ?? backend.url];
    const { code, stderr } = await run("import.ts", args, { environment: { ...NO_KEYS, ...keys } });
    expect(stderr).toMatch(/^Nothing was imported: /);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\bat .*:\d+:\d+/);
    expect(code).toBe(1);
  });

  it.each([
    [[], /FILE is missing/],
    [["a.json", "b.json"], /one FILE at a time/],
    [["a.json", "--url", "happy-animal"], /--url is happy-animal/],
    [["a.json", "--time-zone", "Mars/Base"], /--time-zone is Mars/],
    [["a.json", "--user", ""], /--user is empty/],
    [["a.json", "--force"], /--force/],
    [["a.json", "--url", "https://a.convex.cloud"], /nothing signs in to https:\/\/a.convex.cloud/],
  ])("answers %j with its usage and exit code 2", async (args, message) => {
    const { code, stderr } = await run("import.ts", args, { environment: NO_KEYS });
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/Usage: npm run import/);
    expect(code).toBe(2);
  });
});

describe("an admin key", () => {
  const keys = {
    CONVEX_SELF_HOSTED_URL: "https://mine.example",
    CONVEX_SELF_HOSTED_ADMIN_KEY: "secret",
  };

  it("goes to the deployment it stands beside, and to no other", () => {
    expect(findTarget({ url: null, user: "ann" }, keys)).toEqual({
      url: "https://mine.example",
      user: "ann",
      credentials: { kind: "admin", adminKey: "secret" },
    });
    expect(() => findTarget({ url: "https://other.example", user: "ann" }, keys)).toThrow(
      /nothing signs in/,
    );
    const deployKey = { ...keys, CONVEX_DEPLOY_KEY: "prod:x|y" };
    expect(
      findTarget({ url: "http://localhost:3210", user: "ann" }, deployKey).credentials,
    ).toEqual({ kind: "development" });
    expect(
      findTarget({ url: "https://x.convex.cloud", user: "ann" }, deployKey).credentials,
    ).toEqual({ kind: "admin", adminKey: "prod:x|y" });
  });

  it("is not used where a token tells the user; the two are not mixed", () => {
    const both = { ...keys, CONVEX_AUTH_TOKEN: "t" };
    expect(findTarget({ url: null, user: null }, both).credentials).toEqual({
      kind: "token",
      token: "t",
    });
    expect(() => findTarget({ url: null, user: "ann" }, both)).toThrow(/leave one out/);
  });
});
