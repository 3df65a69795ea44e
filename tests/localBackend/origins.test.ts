import { request as httpRequest } from "node:http";
import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { backend as backendCommand } from "../../scripts/backend/command";
import { parseOrigin } from "../../scripts/localBackend/origins";
import { runInProcess } from "../scripts/inProcess";
import { syncUrl } from "./rawSession";
import { makeRulesBackend } from "./wire";

const ACCEPTED: Record<string, string>[] = [
  {},
  { Origin: "http://localhost:5173" },
  { Origin: "http://127.0.0.1" },
  { Origin: "http://[::1]:8080" },
  { Origin: "https://app.localhost" },
  { Host: "localhost:3210" },
  { Host: "[::1]:3210" },
  { Host: "127.9.9.9" },
];

const REFUSED: Record<string, string>[] = [
  { Origin: "https://evil.example" },
  { Origin: "http://localhost.evil.example" },
  { Origin: "http://127.0.0.1.evil.example" },
  { Origin: "http://evil.example#http://localhost" },
  { Origin: "http://localhost:5173/" },
  { Origin: "null" },
  { Origin: "" },
  { Host: "evil.example" },
  { Host: "evil.example:3210" },
  { Host: "localhost@evil.example" },
  { Origin: "http://localhost", Host: "evil.example" },
];

/** `fetch` would not send these headers. */
async function statusOf(url: string, headers: Record<string, string>): Promise<number> {
  return await new Promise((resolve, reject) => {
    httpRequest(url, { headers, setHost: !("Host" in headers) }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on("error", reject)
      .end();
  });
}

/** Of the answer to an upgrade: 101 where it is accepted. */
async function upgradeStatus(url: string, headers: Record<string, string>): Promise<number> {
  const socket = new WebSocket(url, { headers });
  return await new Promise((resolve) => {
    socket.on("upgrade", () => resolve(101));
    socket.on("unexpected-response", (_request, response) => resolve(response.statusCode ?? 0));
    socket.on("error", () => undefined);
    socket.on("open", () => socket.terminate());
  });
}

describe("A page", () => {
  it.each(ACCEPTED)("of this machine may use the backend: %o", async (headers) => {
    const { url, ...backend } = await makeRulesBackend();
    expect(await statusOf(`${url}/version`, headers)).toBe(200);
    expect(await upgradeStatus(syncUrl({ url, ...backend }), headers)).toBe(101);
  });

  it.each(REFUSED)("of elsewhere may not: %o", async (headers) => {
    const { url, ...backend } = await makeRulesBackend();
    expect(await statusOf(`${url}/version`, headers)).toBe(403);
    expect(await statusOf(`${backend.siteUrl}/health`, headers)).toBe(403);
    expect(await upgradeStatus(syncUrl({ url, ...backend }), headers)).toBe(403);
  });

  it("of an origin that was named may, under its name too", async () => {
    const origin = "https://watch.example";
    const { url, ...backend } = await makeRulesBackend({ origins: [origin] });
    for (const headers of [{ Origin: origin }, { Origin: origin, Host: "watch.example" }]) {
      expect(await statusOf(`${url}/version`, headers)).toBe(200);
      expect(await upgradeStatus(syncUrl({ url, ...backend }), headers)).toBe(101);
    }
    expect(await statusOf(`${url}/version`, { Origin: "https://evil.example" })).toBe(403);
    expect(await statusOf(`${url}/version`, { Origin: "http://watch.example" })).toBe(403);
  });
});

describe("--origin", () => {
  it("takes a scheme and a host, with or without a slash behind", () => {
    expect(parseOrigin("https://app.example")).toBe("https://app.example");
    expect(parseOrigin("http://app.example:8080/")).toBe("http://app.example:8080");
  });

  it.each([
    "app.example",
    "*",
    "ftp://app.example",
    "https://app.example/page",
    "https://u@a.b",
    "",
  ])("refuses %j", (text) => expect(parseOrigin(text)).toBeNull());

  it("ends `npm run backend` with the usage where it is none", async () => {
    const { code, stderr } = await runInProcess(backendCommand, ["--origin", "app.example"]);
    expect(code).toBe(2);
    expect(stderr).toContain("--origin is app.example; it must be a scheme and a host");
    expect(stderr).toContain("--origin ORIGIN");
  });
});
