import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConvexHttpClient } from "convex/browser";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { api, internal } from "../../convex/_generated/api";
import { runAsAdmin } from "../../scripts/adminClient";
import { importHistory } from "../../scripts/import/command";
import { findTarget, identityOf } from "../../scripts/import/signIn";
import {
  developmentUserId,
  startLocalBackend,
  type LocalBackend,
} from "../../scripts/localBackend";
import { startRelay } from "../support/relay";
import { part, zipOf } from "../takeout/archives";
import { block, page } from "../takeout/htmlSupport";
import { watch } from "../takeout/support";
import { file, start } from "./command";
import { runInProcess, sourcesOf, startInProcess } from "./inProcess";
import { environmentOf } from "./plantedBackend";

const LARGE = 4_000;

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

/** What is typed to import for `userId`, by default into the backend itself. */
function argsOf(path: string, userId: string, url = backend.url): string[] {
  return [path, "--user", userId, "--url", url, "--time-zone", "America/Chicago"];
}

async function runImport(...args: Parameters<typeof argsOf>) {
  return await runInProcess(importHistory, argsOf(...args));
}

/** Resolves once some of the user's records are in. */
async function someRecords(userId: string): Promise<void> {
  const client = await clientOf(userId);
  const paginationOpts = { numItems: 1, cursor: null };
  const first = async () => (await client.query(api.watchRecords.page, { paginationOpts })).page;
  await expect.poll(first, { timeout: 20_000 }).toHaveLength(1);
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
    expect(stdout).toMatch(/^Deployment: local backend at http:.*\n/);
    expect(stdout).toContain(`takeout.zip → local backend, for ${userId}`);
    expect(stdout).toMatch(
      /entries read\s+5\n\s+inserted\s+1\n\s+already there\s+0\n\s+repeated in the file\s+1\n\s+undated .*1\n\s+skipped: advertisement\s+1\n\s+rejected: videoTitle has 3000 characters.*1\n/,
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
    const { code, stdout } = await runInProcess(importHistory, args);
    expect(stdout).toMatch(/Dry run: nothing was sent[^]*inserted\s+30\n\s+already there\s+0\n/);
    expect(code).toBe(0);
    expect(await countRecords(userId)).toBe(0);
  });

  it("ends at Ctrl-C with what it has, and goes on when run again", async () => {
    const userId = newUser();
    const stopping = start("import.ts", argsOf(large, userId));
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

  it("continues after the connection was lost for a while", async () => {
    const userId = newUser();
    const relay = await startRelay(backend.url);
    const importing = startInProcess(importHistory, argsOf(large, userId, relay.url));
    await someRecords(userId);
    relay.setMode("none");
    relay.drop();
    await expect.poll(importing.output).toContain("no connection, retrying in");
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
    const { code, stdout } = await runImport(file("w.json", watches(3)), "ann", url);
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
    const environment = environmentOf(backend.url, backend.adminKey);
    const args = [file("w.json", watches(3)), "--user", userId];
    const { code } = await runInProcess(importHistory, args, { environment });
    expect(code).toBe(0);
    expect(await countRecords(userId)).toBe(3);
  });

  it("signs in with a token of the user", async () => {
    const userId = newUser();
    const environment = { CONVEX_AUTH_TOKEN: await backend.mintToken(userId) };
    const args = [file("w.json", watches(3)), "--url", backend.url];
    const { code } = await runInProcess(importHistory, args, { environment });
    expect(code).toBe(0);
    expect(await countRecords(userId)).toBe(3);
  });

  it.each([
    [
      "a download cut short",
      watches(30).slice(0, -500),
      1,
      /middle of the list, after \d+ entries[^]*Warning: The file ends before[^]*entries read/,
    ],
    [
      "an export with years missing",
      JSON.stringify([watch({}), watch({ time: "2012-01-01T00:00:00Z" })]),
      0,
      /Warning: The watches are from 2012-01-01 to 2024-03-10[^]*entries read/,
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
    expect(stdout).toBe(`Deployment: local backend at ${backend.url}\n`);
    expect(code).toBe(2);
  });

  it.each([
    ["nothing there", {}, "http://127.0.0.1:4", /does not answer[^]*npm run backend/],
    [
      "a wrong token",
      { CONVEX_AUTH_TOKEN: "x.y.z" },
      null,
      /^Nothing was imported: Could not verify the token: [^{}]+\. Set CONVEX_AUTH_TOKEN to a token/,
    ],
  ])("says at once, with exit code 1, that it finds %s", async (_what, keys, url, message) => {
    const args = [file("w.json", watches(3)), "--url", url ?? backend.url];
    const { code, stderr } = await runInProcess(importHistory, args, { environment: keys });
    expect(stderr).toMatch(/^Nothing was imported: /);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\bat .*:\d+:\d+/);
    expect(code).toBe(1);
  });

  it.each([
    [[], /FILE is missing/],
    [["a.json", "--dry-run", "--replace-undated"], /cannot be used together/],
    [["a.json", "--url", "happy-animal"], /--url is happy-animal/],
    [["a.json", "--time-zone", "Mars/Base"], /--time-zone is Mars/],
    [["a.json", "--user", ""], /--user is empty/],
    [["a.json", "--force"], /--force/],
  ])("answers %j with its usage and exit code 2", async (args, message) => {
    const { code, stderr, stdout } = await runInProcess(importHistory, args);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/Usage: npm run import/);
    expect([code, stdout]).toEqual([2, ""]);
  });
});

/** Where an import goes, and as whom. */
async function targetOf(
  url: string | null,
  user: string | null,
  environment: Record<string, string>,
  files: Record<string, Record<string, string>> = {},
) {
  const sources = sourcesOf(environment, files);
  const { signal } = new AbortController();
  const target = await findTarget({ url, user }, { environment, sources, signal });
  return { url: target.place.url, user: target.user, credentials: target.credentials };
}

describe("an admin key", () => {
  const keys = {
    CONVEX_SELF_HOSTED_URL: "https://mine.example",
    CONVEX_SELF_HOSTED_ADMIN_KEY: "secret",
  };

  it("goes to the deployment it belongs to, and to no other", async () => {
    const url = "https://mine.example";
    const admin = { kind: "admin", adminKey: "secret" };
    expect(await targetOf(null, "ann", keys)).toEqual({ url, user: "ann", credentials: admin });
    await expect(targetOf("https://other.example", "ann", keys)).rejects.toThrow(
      /^Nothing signs in to https:\/\/other\.example\./,
    );
    await expect(targetOf("https://a.convex.cloud", "ann", {})).rejects.toThrow(
      /^Nothing signs in/,
    );
    const deployKey = { CONVEX_DEPLOY_KEY: "prod:x|y" };
    expect((await targetOf("https://x.convex.cloud", "ann", deployKey)).credentials).toEqual({
      kind: "admin",
      adminKey: "prod:x|y",
    });
  });

  it("is not needed on this machine", async () => {
    const development = { kind: "development" };
    expect(await targetOf(null, null, {})).toEqual({
      url: "http://127.0.0.1:3210",
      user: "demo",
      credentials: development,
    });
    expect((await targetOf("http://localhost:3211", "ann", keys)).credentials).toEqual(development);
  });

  it("acts as the user whose id is named in full, or as one of this machine", () => {
    expect(identityOf("https://issuer.example|auth0|5f7c")).toEqual({
      issuer: "https://issuer.example",
      subject: "auth0|5f7c",
    });
    for (const userId of ["ann", "|ann", "https://issuer.example|"]) {
      expect(() => identityOf(userId)).toThrow(/it must be a full user id, issuer\|subject/);
    }
  });

  async function importAs(user: string) {
    const environment = environmentOf(backend.url, backend.adminKey);
    return await runInProcess(importHistory, [file("w.json", watches(3)), "--user", user], {
      environment,
    });
  }

  it("finds a user by subject or full id, and shows the full id", async () => {
    const subject = newUser();
    await runImport(file("w.json", watches(3)), subject);
    for (const name of [subject, developmentUserId(subject)]) {
      const { code, stdout } = await importAs(name);
      expect(stdout).toContain(`w.json → local backend, for ${developmentUserId(subject)} (`);
      expect(code).toBe(0);
    }
    expect(await receiptsOf(subject)).toHaveLength(3);
  });

  it("does not guess between two users with one subject: the deployment names both", async () => {
    const subject = newUser();
    const other = `https://other.example|${subject}`;
    await runImport(file("w.json", watches(3)), subject);
    expect((await importAs(other)).stdout).toContain(`for ${other} (`);
    // The second user is listed a moment after the import.
    const resolve = () =>
      runAsAdmin(backend, internal.users.resolve, { user: subject }).catch(String);
    await expect.poll(resolve).toContain("several users");
    const { code, stderr } = await importAs(subject);
    expect(stderr).toContain(`Name one by the full id: ${developmentUserId(subject)}, ${other}.`);
    expect(code).toBe(1);
    // A name that more than one provider could have given out, and that nobody has.
    const unknown = await importAs("nobody");
    expect(unknown.stderr).toContain('no user has the id or the subject "nobody"');
    expect(unknown.code).toBe(1);
    expect(await receiptsOf(subject)).toHaveLength(1);
  });
});

describe("a token of the user", () => {
  const both = {
    CONVEX_SELF_HOSTED_URL: "https://mine.example",
    CONVEX_SELF_HOSTED_ADMIN_KEY: "secret",
    CONVEX_AUTH_TOKEN: "t",
  };
  const token = { kind: "token", token: "t" };

  it("is used instead of a key, and is not mixed with --user", async () => {
    expect((await targetOf(null, null, both)).credentials).toEqual(token);
    await expect(targetOf(null, "ann", both)).rejects.toThrow(
      /^--user and CONVEX_AUTH_TOKEN both name a user\./,
    );
  });

  it("goes to the deployment that is named with it, not to that of a file", async () => {
    const { CONVEX_AUTH_TOKEN, ...pair } = both;
    const environment = { CONVEX_AUTH_TOKEN };
    await expect(targetOf(null, null, environment, { ".env.local": pair })).rejects.toThrow(
      /^CONVEX_AUTH_TOKEN does not say which deployment it is for: name the deployment with --url\./,
    );
    const named = await targetOf("https://a.example", null, environment, { ".env.local": pair });
    expect(named).toMatchObject({ url: "https://a.example", credentials: token });
  });
});

describe("an export in several parts, or unpacked,", () => {
  const first = () => part("Takeout/history/watch-history.json", watches(3));
  const second = () => part("Takeout/playlists/a.csv", "Playlist,Video\n");

  it("is imported as one", async () => {
    const userId = newUser();
    const zips = [zipOf([second()]), zipOf([first()])].map((zip, index) =>
      file(`part-${String(index)}.zip`, zip),
    );
    const [one = "", two = ""] = zips;
    const { code, stdout } = await runInProcess(importHistory, [one, ...argsOf(two, userId)]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/part-0\.zip and 1 more → local backend/);
    expect(stdout).toMatch(/found \S*part-1\.zip\/Takeout\/history\/watch-history\.json \(JSON\)/);
    expect(await countRecords(userId)).toBe(3);
  });

  it("may be a folder with links that lead nowhere or back", async () => {
    const userId = newUser();
    const folder = mkdtempSync(join(tmpdir(), "export-"));
    writeFileSync(join(folder, "watch-history.json"), watches(3));
    symlinkSync(folder, join(folder, "again"));
    symlinkSync(join(folder, "loop"), join(folder, "loop"));
    symlinkSync(join(folder, "gone"), join(folder, "dangling"));
    const { code, stdout } = await runImport(folder, userId);
    expect(code).toBe(0);
    expect(stdout).toMatch(/entries read +3\n/);
    const named = await runImport(join(folder, "loop"), userId);
    expect([named.code, named.stderr]).toEqual([2, expect.stringMatching(/leads back to itself/)]);
  });

  it("may be a folder, in which other files are passed over", async () => {
    const userId = newUser();
    const folder = mkdtempSync(join(tmpdir(), "export-"));
    mkdirSync(join(folder, "Takeout/history"), { recursive: true });
    writeFileSync(join(folder, "Takeout/archive_browser.html"), "<html><body>Hello</body></html>");
    writeFileSync(join(folder, "Takeout/history/watch-history.json"), watches(3));
    writeFileSync(join(folder, "Takeout/history/photo.jpg"), "\u0089PNG");
    expect((await runImport(folder, userId)).code).toBe(0);
    expect(await countRecords(userId)).toBe(3);
    const empty = mkdtempSync(join(tmpdir(), "empty-"));
    const { code, stderr } = await runImport(empty, userId);
    expect([code, stderr]).toEqual([2, `${empty} holds no files.\n`]);
  });
});

it("--keep-ads imports watches that are marked as advertisements", async () => {
  const ad = watch({ details: [{ name: "From Google Ads" }] });
  const path = file("ads.json", JSON.stringify([ad]));
  const userId = newUser();
  expect((await runImport(path, userId)).stdout).toMatch(/skipped: advertisement +1\n/);
  expect(await countRecords(userId)).toBe(0);
  await runInProcess(importHistory, [...argsOf(path, userId), "--keep-ads"]);
  expect(await countRecords(userId)).toBe(1);
});

describe("--replace-undated", () => {
  const undated = file(
    "undated.html",
    page(block({ time: "some day" }), block({ time: "some night" })),
  );
  const replacing = async (userId: string, path: string, answer?: string) =>
    await runInProcess(
      importHistory,
      [...argsOf(path, userId), "--replace-undated"],
      answer === undefined ? {} : { answer },
    );

  it("removes the watches without a time before it imports those with one", async () => {
    const userId = newUser();
    await runImport(undated, userId);
    expect(await countRecords(userId)).toBe(2);
    const dated = file("dated.json", watches(3));
    const refused = await replacing(userId, dated, "n");
    expect(refused.questions).toEqual([
      expect.stringMatching(
        /^Remove all watches without a time of \S+, then import 3 with one on /,
      ),
    ]);
    expect([refused.code, await countRecords(userId)]).toEqual([1, 2]);
    expect((await replacing(userId, dated)).stderr).toMatch(/add --yes if you mean it/);
    const { code, stdout } = await replacing(userId, dated, "y");
    expect([code, await countRecords(userId)]).toEqual([0, 3]);
    expect(stdout).toContain("Watches without a time removed: 2.\n");
  });

  it.each([
    ["is cut off", () => file("cut.json", watches(30).slice(0, -300)), /middle of the list/],
    ["has no times itself", () => undated, /2 watches of this export have no time themselves/],
    ["is an empty list", () => file("empty.json", "[]"), /there is no watch in this export/],
    ["is no history", () => file("x.json", "[1]"), /No watch is in the list/],
  ])("changes nothing where the export %s", async (_what, path, message) => {
    const userId = newUser();
    await runImport(undated, userId);
    const { code, stderr } = await replacing(userId, path(), "y");
    expect([code, stderr]).toEqual([1, expect.stringMatching(message)]);
    expect(stderr).toMatch(/^Nothing was removed or imported: /);
    expect(await countRecords(userId)).toBe(2);
  });
});
