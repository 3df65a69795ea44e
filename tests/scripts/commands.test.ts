import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { decodeJwt } from "jose";
import { describe, expect, it, vi } from "vitest";
import { backend } from "../../scripts/backend/command";
import { benchDashboard } from "../../scripts/bench/dashboard/command";
import { benchFilters } from "../../scripts/bench/filters/command";
import type { Figure } from "../../scripts/bench/report";
import { UnusableFileError } from "../../scripts/console/exportFile";
import { UsageError } from "../../scripts/console/usageError";
import { demo } from "../../scripts/demo/command";
import { parseOptions as parseDemoOptions } from "../../scripts/demo/options";
import { readExport } from "../../scripts/demo/readExport";
import { dev } from "../../scripts/dev/command";
import { parseOptions as parseDevOptions } from "../../scripts/dev/options";
import { backfill } from "../../scripts/backfill/command";
import { importHistory } from "../../scripts/import/command";
import { rollout } from "../../scripts/rollout/command";
import { token } from "../../scripts/token/command";
import { validate } from "../../scripts/validate/command";
import { parseOptions as parseTokenOptions } from "../../scripts/token/options";
import { makeBackend } from "../localBackend/support";
import { file, run } from "./command";
import { runInProcess, startInProcess } from "./inProcess";

describe("npm run demo -- --once", () => {
  it("imports an export, checks all results and ends with 0", async () => {
    const entries = [
      {
        header: "YouTube",
        title: "Watched A soup recipe",
        titleUrl: "https://www.youtube.com/watch?v=aaaaaaaaaa1",
        subtitles: [{ name: "Salt", url: "https://www.youtube.com/channel/UCa" }],
        time: "2026-03-10T07:59:59.123Z",
      },
      {
        header: "YouTube",
        title: "Watched An ad",
        titleUrl: "https://www.youtube.com/watch?v=aaaaaaaaaa2",
        time: "2026-03-10T08:00:00Z",
        details: [{ name: "From Google Ads" }],
      },
      null,
    ];
    const path = file("watch-history.json", JSON.stringify(entries));
    const { code, stdout } = await runInProcess(demo, ["--once", "--file", path]);
    expect(stdout).toMatch(/entries\s+3\n\s+skipped\s+1 ad, 1 malformed\n\s+records\s+1 /);
    expect(stdout).toMatch(/results\s+60\n\s+differences\s+0/);
    expect(stdout).toMatch(/top_channels\s+Salt 1/);
    expect(code).toBe(0);
  });

  it.each([
    ["a missing file", "/nowhere/watch-history.json", /does not exist/],
    ["a folder", tmpdir(), /is not a file/],
    ["an empty file", file("empty.json", ""), /empty/i],
    ["another web page", file("page.html", "<html><body>Hello</body></html>"), /web page/],
    ["no JSON", file("photo.json", "\u0089PNG\r\n"), /JSON/],
    ["foreign JSON", file("package.json", '{"name": "x"}'), /watch history/i],
    ["a list of something else", file("list.json", '[{"a": 1}, {"b": 2}]'), /watch history/i],
    ["a download cut short", file("cut.json", '[{"header": "YouTube", "title": "Watched'), /./],
  ])("says in one line that it cannot use %s", async (_name, path, message) => {
    const error = await readExport(path).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UnusableFileError);
    expect(String(error)).toMatch(message);
    expect(String(error).split("\n")).toHaveLength(1);
  });

  it("ends with exit code 2 where it cannot use the file", async () => {
    const args = ["--once", "--file", "/nowhere/watch-history.json"];
    const { code, stderr } = await runInProcess(demo, args);
    expect([code, stderr]).toEqual([2, "/nowhere/watch-history.json does not exist.\n"]);
  });

  it("answers an unknown option with its usage and exit code 2", async () => {
    const { code, stderr } = await runInProcess(demo, ["--twice"]);
    expect(stderr).toMatch(/--twice[^]*Usage: npm run demo/);
    expect(code).toBe(2);
  });

  it.each([[["--port", "x"]], [["--page-port", "65536"]], [["--port", ""]], [["again"]]])(
    "refuses %j",
    (args) => {
      expect(() => parseDemoOptions(args)).toThrow(UsageError);
    },
  );
});

describe("npm run token", () => {
  it("prints a token for the user and nothing else", async () => {
    const { code, stdout } = await runInProcess(token, ["ann", "--name", "Ann", "--ttl", "60"]);
    const claims = decodeJwt(stdout.trim());
    expect(claims).toMatchObject({ sub: "ann", name: "Ann", aud: "watch-aggregations" });
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(60);
    expect(code).toBe(0);
  });

  it.each([[[]], [[""]], [["ann", "bob"]], [["ann", "--ttl", "soon"]], [["ann", "--admin-key"]]])(
    "refuses %j",
    (args) => {
      expect(() => parseTokenOptions(args)).toThrow(UsageError);
    },
  );

  it("answers a wrong command line with its usage and exit code 2", async () => {
    const { code, stdout, stderr } = await runInProcess(token, []);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^USER is missing\n\nUsage: npm run --silent token/);
  });
});

/** What a served page's development session says, and the page itself. */
async function visit(url: string) {
  const page = await fetch(url);
  const session = await fetch(`${url}development/session`);
  return {
    html: await page.text(),
    session: (await session.json()) as { url: string; token: string },
  };
}

describe.each([
  ["npm run demo", demo, ["--page-port", "0", "--file"]],
  ["npm run dev", dev, ["--port", "0"]],
])("%s", (_name, command, args) => {
  it("serves the dashboard, signed in as demo, says where, and ends on SIGTERM with 0", async () => {
    const entries = [{ header: "YouTube", title: "Watched A", time: "2026-03-10T08:00:00Z" }];
    const path = file("watch-history.json", JSON.stringify(entries));
    const before = process.listeners("SIGTERM");
    const serving = startInProcess(command, command === demo ? [...args, path] : args);
    const address = /Dashboard at (http:\/\/127\.0\.0\.1:\d+\/)/;
    await expect.poll(serving.output, { timeout: 50_000 }).toMatch(address);
    // Vite's own would end the process before the backend is closed.
    expect(process.listeners("SIGTERM")).toEqual(before);
    const { html, session } = await visit(address.exec(serving.output())![1]!);
    serving.kill();
    const { code } = await serving.ended;
    expect(html).toContain('<div id="root">');
    expect(session.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(decodeJwt(session.token).sub).toBe("demo");
    expect(code).toBe(0);
    await expect(fetch(session.url)).rejects.toThrow();
  });
});

describe("npm run dev", () => {
  it.each([[["--port", "x"]], [["--port", ""]], [["--port", "65536"]], [["--users", "ann"]]])(
    "refuses %j",
    (args) => {
      expect(() => parseDevOptions(args)).toThrow(UsageError);
    },
  );
});

describe("npm run test:e2e and bench:dashboard, without Chromium,", () => {
  it.each([
    ["test:e2e", () => run("../tests/e2e/run.ts", [])],
    ["bench:dashboard", () => runInProcess(benchDashboard, [])],
  ])("say in one line what to install: %s", async (_name, runWithout) => {
    vi.stubEnv("CHROMIUM_PATH", "/nowhere/chromium");
    const { code, stderr, stdout } = await runWithout();
    vi.unstubAllEnvs();
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^This needs Chromium: install it with `apt-get install chromium`.*\n$/);
  });
});

describe("npm run bench:filters", () => {
  it("answers by its three ways with the numbers of the records, and writes nothing for it", async () => {
    const { code, stdout } = await runInProcess(benchFilters, ["--quick", "--json"]);
    const { figures } = JSON.parse(stdout) as { figures: Figure[] };
    const valueOf = (what: string) => figures.find((figure) => figure.what === what)?.value;
    expect(code).toBe(0);
    expect(valueOf("a default filter, from its stored rows, written")).toBe(0);
    expect(valueOf("a first-seen filter, in the query, written")).toBe(0);
    expect(valueOf("any filter, in the browser from columns, p95")).toBeGreaterThan(0);
    expect(valueOf("a change of one record, one filter kept, written")).toBeGreaterThan(1);
  });

  it.each([[["--sizes", "many"]], [["--sizes", "0"]], [["--sizes", "500001"]], [["--fast"]]])(
    "answers %j with its usage and exit code 2",
    async (args) => {
      const { code, stdout, stderr } = await runInProcess(benchFilters, args);
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toMatch(/^.+\nUsage: npm run bench:filters/);
    },
  );
});

describe("--help", () => {
  it.each(
    Object.entries({ backend, backfill, demo, dev, importHistory, rollout, token, validate }),
  )("%s prints how it is used, and ends with 0", async (_name, command) => {
    for (const args of [["--help"], ["anything", "-h"]]) {
      const { code, stdout, stderr } = await runInProcess(command, args);
      expect([code, stderr]).toEqual([0, ""]);
      expect(stdout).toMatch(/^Usage: npm run/);
    }
  });
});

describe("npm run backend", () => {
  it("names the port that is taken, with exit code 1", async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, "127.0.0.1", resolve));
    const address = holder.address();
    const port = typeof address === "object" ? String(address?.port) : "";
    const { code, stderr } = await runInProcess(backend, ["--port", port]);
    holder.close();
    expect(stderr).toMatch(new RegExp(`^.*${port}.*--port.*\n$`));
    expect(code).toBe(1);
  });

  it("says in one line that it cannot use the file of settings, and keeps no port", async () => {
    for (const path of ["/nowhere/at/all/env", tmpdir()]) {
      const args = ["--port", "43218", "--dotenv", path];
      const { code, stderr } = await runInProcess(backend, args);
      expect([code, stderr]).toEqual([2, expect.stringMatching(/^\/\S+ cannot be used .*\n$/)]);
    }
    await expect(fetch("http://127.0.0.1:43218")).rejects.toThrow();
  });

  it("takes no file from a backend that runs", async () => {
    const running = await makeBackend();
    const envFile = file("taken", `CONVEX_SELF_HOSTED_URL=${running.url}\n`);
    const { code, stderr } = await runInProcess(backend, ["--port", "43219", "--dotenv", envFile]);
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/which is running\. .*--dotenv PATH/),
    ]);
    expect(readFileSync(envFile, "utf8")).toContain(running.url);
  });

  it("says in one line what is wrong with the sign-in", async () => {
    vi.stubEnv("OIDC_CLIENT_ID", "app");
    vi.stubEnv("OIDC_ISSUER", "ftp://issuer.example");
    const args = ["--port", "43220", "--dotenv", file("env", "")];
    const { code, stderr } = await runInProcess(backend, args);
    vi.unstubAllEnvs();
    expect(code).toBe(1);
    expect(stderr).toMatch(/^convex\/auth\.config\.ts: providers\.0\.domain: .*\n$/);
  });

  it("answers a port that is none with its usage and exit code 2", async () => {
    const { code, stderr } = await runInProcess(backend, ["--port", "http"]);
    expect(stderr).toMatch(/--port is http[^]*Usage: npm run backend/);
    expect(code).toBe(2);
  });

  it("says where it is, writes what the CLI needs beside other lines, and ends on SIGTERM with 0", async () => {
    const envFile = file("env", "OTHER=1\nCONVEX_SELF_HOSTED_URL=old\n");
    const args = ["--port", "43217", "--dotenv", envFile];
    const { code, stdout } = await run("backend.ts", args, { onOutput: (_output, kill) => kill() });
    expect(stdout).toMatch(/http:\/\/127\.0\.0\.1:43217/);
    expect(code).toBe(0);
    expect(readFileSync(envFile, "utf8")).toMatch(
      /^OTHER=1\nCONVEX_SELF_HOSTED_URL=http:\/\/127\.0\.0\.1:43217\nCONVEX_SELF_HOSTED_ADMIN_KEY='local\|\w+'\n$/,
    );
  });
});
