import { once } from "node:events";
import { describe, expect, it } from "vitest";
import type { LocalBackend } from "../../scripts/localBackend";
import { Random } from "./random";
import { exchange, expectService, makeRulesBackend, noteUncaughtErrors, openTcp } from "./wire";

noteUncaughtErrors();

interface Failure {
  status: number;
  code: string;
  message: string;
}

async function post(
  backend: LocalBackend,
  body: string | Uint8Array<ArrayBuffer>,
  headers = {},
): Promise<Failure> {
  const response = await fetch(`${backend.url}/api/query`, { method: "POST", body, headers });
  const answer = (await response.json()) as Omit<Failure, "status">; // what our backend answers
  return { ...answer, status: response.status };
}

async function statusOf(url: string): Promise<number> {
  return (await fetch(`${url}/nothing`)).status;
}

function callOf(fields: Record<string, unknown> = {}): string {
  return JSON.stringify({ path: "calls:list", args: [{}], ...fields });
}

function requestOf(method: string, target: string, headers = "", body = ""): string {
  return `${method} ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n${headers}\r\n${body}`;
}

describe("A request that is not a call", () => {
  it.each([
    ["no JSON", "{", "BadJson"],
    ["no UTF-8", Uint8Array.of(0x22, 0xff, 0x22), "BadJson"],
    ["nested too deeply", "[".repeat(1e5) + "]".repeat(1e5), "BadJson"],
    ["half a surrogate pair", callOf({ args: [{ text: "\ud800" }] }), "BadJson"],
    ["null", "null", "BadRequest"],
    ["a list", "[]", "BadRequest"],
    ["no path", "{}", "BadRequest"],
    ["a path that is no text", callOf({ path: 5 }), "BadRequest"],
    ["arguments that are a number", callOf({ args: 5 }), "BadRequest"],
    ["arguments that are null", callOf({ args: null }), "BadRequest"],
    ["a list of a number", callOf({ args: [5] }), "BadRequest"],
    ["two arguments", callOf({ args: [{}, {}] }), "BadRequest"],
    ["a component that is no text", callOf({ componentPath: {} }), "BadRequest"],
    ["a component", callOf({ componentPath: "clicks" }), "LocalBackend"],
  ])("is answered with 400 and a reason: %s", async (_kind, body, code) => {
    const backend = await makeRulesBackend();
    expect(await post(backend, body)).toMatchObject({ status: 400, code });
    await expectService(backend);
  });

  it.each([
    ["not base64", "????"],
    ["not JSON", Buffer.from("{").toString("base64")],
    ["null", Buffer.from("null").toString("base64")],
    ["a list", Buffer.from("[]").toString("base64")],
    ["empty", ""],
  ])("is answered with 401 where the identity after the key is %s", async (_kind, identity) => {
    const backend = await makeRulesBackend();
    const headers = { Authorization: `Convex ${backend.adminKey}:${identity}` };
    expect(await post(backend, callOf(), headers)).toMatchObject({
      status: 401,
      message: expect.stringMatching(/not a JSON object in base64/) as string,
    });
  });

  it.each([{}, { subject: "" }, { subject: 5 }])(
    "is answered with 401 where the identity after the key is %j",
    async (identity) => {
      const backend = await makeRulesBackend();
      const encoded = Buffer.from(JSON.stringify(identity)).toString("base64");
      const headers = { Authorization: `Convex ${backend.adminKey}:${encoded}` };
      expect(await post(backend, callOf(), headers)).toMatchObject({
        status: 401,
        message: expect.stringMatching(/needs a subject/) as string,
      });
    },
  );

  it("is answered with 413 where its body is huge, whether it says so or not", async () => {
    const backend = await makeRulesBackend();
    const chunk = Buffer.alloc(2 ** 20, " ");
    const chunks = (async function* () {
      for (let sent = 0; sent < 30; sent++) yield await Promise.resolve(chunk);
    })();
    const streamed = { method: "POST", body: chunks, duplex: "half" } as unknown as RequestInit; // Node's fetch takes it
    expect((await fetch(`${backend.url}/api/query`, streamed)).status).toBe(413);
    expect(await post(backend, new Uint8Array(25 * 2 ** 20))).toMatchObject({ status: 413 });
    await expectService(backend);
  });

  it("is forgotten where the client goes away in the middle of its body", async () => {
    const backend = await makeRulesBackend();
    for (const url of [backend.url, backend.siteUrl]) {
      for (const isRude of [true, false]) {
        const socket = await openTcp(url);
        const closed = once(socket.resume(), "close");
        socket.write(requestOf("POST", "/api/query", "Content-Length: 1000\r\n", '{"path":'));
        // Its headers have arrived when a later request is answered.
        expect(await statusOf(url)).toBe(404);
        if (isRude) socket.resetAndDestroy();
        else socket.end();
        await closed;
      }
    }
    await expectService(backend);
  });

  it.each([
    ["GET", "/api/query", 405],
    ["PUT", "/api/mutation", 405],
    ["POST", "//", 404],
    ["POST", "/%", 404],
    ["POST", "http://[/", 400],
    ["POST", "/__proto__", 404],
    ["OPTIONS", "*", 400],
  ])("is answered: %s %s with %i", async (method, target, status) => {
    const backend = await makeRulesBackend();
    const answer = await exchange(backend.url, requestOf(method, target));
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${String(status)} `));
    await expectService(backend);
  });

  it.each([
    ["GET", "//", ""],
    ["GET", "http://[/", ""],
    ["OPTIONS", "*", ""],
    ["TRACE", "/health", ""],
    ["GET", "/health", "Content-Length: 2\r\n"],
    ["POST", "/health", "Authorization: Bearer \x7f\r\n"],
  ])("is answered on the port of HTTP actions: %s %s", async (method, target, headers) => {
    const backend = await makeRulesBackend();
    const answer = await exchange(backend.siteUrl, requestOf(method, target, headers, "{}"));
    expect(answer).toMatch(/^HTTP\/1.1 4\d\d /);
    await expectService(backend);
  });

  it("never ends the process, whatever bytes it is made of", async () => {
    const random = Random.fromEnvironment();
    const backend = await makeRulesBackend();
    const valid = Buffer.from(
      requestOf("POST", "/api/query", `Content-Length: ${String(callOf().length)}\r\n`, callOf()),
    );
    for (let round = 0; round < 200; round++) {
      const bytes = random.below(4) === 0 ? random.bytes(200) : Buffer.from(valid);
      for (let times = random.below(8); times > 0; times--) {
        bytes[random.below(bytes.length)] = random.below(256);
      }
      const socket = await openTcp(random.pick([backend.url, backend.siteUrl]));
      const closed = once(socket.resume(), "close");
      socket.end(bytes);
      await closed;
    }
    await expectService(backend);
  });
});
