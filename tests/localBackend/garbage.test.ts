import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import type { LocalBackend } from "../../scripts/localBackend";
import { api } from "../fixtures/rulesConvex/_generated/api";
import { Random } from "./random";
import { call, RawSession, signIn } from "./rawSession";
import { httpClient } from "./support";
import { exchange, expectService, makeRulesBackend, noteUncaughtErrors, openTcp } from "./wire";

noteUncaughtErrors();

function upgradeRequest(target: string, headers: Record<string, string> = {}): string {
  const all = {
    Host: "127.0.0.1",
    Upgrade: "websocket",
    Connection: "Upgrade",
    "Sec-WebSocket-Key": randomBytes(16).toString("base64"),
    "Sec-WebSocket-Version": "13",
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${target} HTTP/1.1\r\n${lines.join("")}\r\n`;
}

/** A connection on which the WebSocket has been opened, and frames may follow. */
async function upgrade(backend: LocalBackend): Promise<Socket> {
  const socket = await openTcp(backend.url);
  socket.write(upgradeRequest("/api/1.48.0/sync"));
  const head = await new Promise<Buffer>((resolve) => socket.once("data", resolve));
  expect(head.toString("latin1")).toMatch(/^HTTP\/1.1 101 /);
  socket.resume();
  return socket;
}

function frame(options: {
  first: number;
  payload: Buffer;
  isMasked?: boolean;
  declaredLength?: number;
}): Buffer {
  const { first, payload, isMasked = true, declaredLength = payload.length } = options;
  const mask = isMasked ? 0x80 : 0;
  const head = Buffer.alloc(10);
  head.writeUInt8(first, 0);
  head.writeUInt8(mask | 127, 1);
  head.writeBigUInt64BE(BigInt(declaredLength), 2);
  return Buffer.concat([head, ...(isMasked ? [Buffer.alloc(4)] : []), payload]);
}

const TEXT = 0x81;

/** Frames that break RFC 6455, one kind each, and some whose content is not text. */
const FRAMES: Record<string, (random: Random) => Buffer> = {
  "random bytes": (random) => random.bytes(1 + random.below(400)),
  "a reserved opcode": (random) =>
    frame({
      first: 0x80 | random.pick([3, 4, 5, 6, 7, 11, 12, 13, 14, 15]),
      payload: Buffer.from("{}"),
    }),
  "reserved bits": (random) =>
    frame({ first: TEXT | random.pick([0x10, 0x20, 0x40, 0x70]), payload: Buffer.from("{}") }),
  "an oversized length": (random) =>
    frame({
      first: TEXT,
      payload: random.bytes(10),
      declaredLength: random.pick([2 ** 31, 2 ** 40, Number.MAX_SAFE_INTEGER, 2 ** 63]),
    }),
  "no mask": () => frame({ first: TEXT, payload: Buffer.from("{}"), isMasked: false }),
  "invalid UTF-8": (random) =>
    frame({ first: TEXT, payload: Buffer.concat([random.bytes(5), Buffer.from([0xff, 0xc0])]) }),
  "a binary message": (random) => frame({ first: 0x82, payload: random.bytes(20) }),
  "a continuation of nothing": (random) => frame({ first: 0x80, payload: random.bytes(5) }),
  "a fragment that another follows": (random) =>
    Buffer.concat([
      frame({ first: 0x01, payload: random.bytes(3) }),
      frame({ first: TEXT, payload: Buffer.from("{}") }),
    ]),
  "a ping that is too long": (random) => frame({ first: 0x89, payload: random.bytes(200) }),
  "a bad close code": (random) =>
    frame({ first: 0x88, payload: Buffer.from(random.pick([[3], [0, 0], [3, 237], [255, 255]])) }),
};

describe("Raw garbage on a WebSocket", () => {
  it.each(Object.entries(FRAMES))("is refused: %s", async (_kind, make) => {
    const random = Random.fromEnvironment();
    const backend = await makeRulesBackend();
    for (let round = 0; round < 5; round++) {
      const socket = await upgrade(backend);
      const closed = once(socket, "close");
      socket.end(make(random));
      await closed;
    }
    await expectService(backend);
  });

  it("is forgotten when the connection ends in the middle of a frame", async () => {
    const random = Random.fromEnvironment();
    const backend = await makeRulesBackend();
    const payload = Buffer.from(
      JSON.stringify(call("Mutation", 0, "calls:note", { text: "half" })),
    );
    const whole = frame({ first: TEXT, payload });
    for (let round = 0; round < 10; round++) {
      const socket = await upgrade(backend);
      const closed = once(socket, "close");
      socket.write(whole.subarray(0, 1 + random.below(whole.length - 1)));
      if (round % 2 === 0) socket.end();
      else socket.resetAndDestroy();
      await closed;
    }
    await expectService(backend);
    const notes = await (await httpClient(backend)).query(api.calls.list, {});
    expect(notes.filter((text) => text.includes("half"))).toEqual([]);
  });

  it.each([
    ["//", 404],
    ["/", 404],
    ["/api/sync", 404],
    ["http://[/", 400],
    ["*", 400],
  ])("is answered in an upgrade of %s with %i", async (target, status) => {
    const backend = await makeRulesBackend();
    expect(await exchange(backend.url, upgradeRequest(target))).toMatch(
      new RegExp(`^HTTP/1.1 ${String(status)} `),
    );
    await expectService(backend);
  });

  it("is answered in an upgrade without a key, and with another protocol", async () => {
    const backend = await makeRulesBackend();
    const target = "/api/1.48.0/sync";
    for (const headers of [
      { "Sec-WebSocket-Key": "short" },
      { "Sec-WebSocket-Version": "99" },
      { Upgrade: "h2c" },
    ]) {
      expect(await exchange(backend.url, upgradeRequest(target, headers))).toMatch(
        /^HTTP\/1.1 4\d\d /,
      );
    }
    await expectService(backend);
  });
});

const SESSION_ID = "2f0c1e5a-6c1b-4a55-9a55-0b8c3d4e5f60";

/** A valid message of each kind, from which others are made. */
function validMessages(token: string, adminKey: string): Record<string, unknown>[] {
  const add = { type: "Add", queryId: 0, udfPath: "calls:list", args: [{}], journal: null };
  const modifications = [add, { type: "Remove", queryId: 0 }];
  return [
    {
      type: "Connect",
      sessionId: SESSION_ID,
      connectionCount: 0,
      lastCloseReason: "InitialConnect",
      maxObservedTimestamp: "AAAAAAAAAAA=",
      clientTs: 1,
    },
    { type: "ModifyQuerySet", baseVersion: 0, newVersion: 1, modifications },
    { type: "ModifyQuerySet", baseVersion: 0, newVersion: 1, modifications: [add] },
    signIn(0, token),
    {
      type: "Authenticate",
      tokenType: "Admin",
      baseVersion: 0,
      value: adminKey,
      impersonating: { subject: "ann" },
    },
    { type: "Authenticate", tokenType: "None", baseVersion: 0 },
    call("Mutation", 0, "calls:note", { text: "fuzzed" }),
    call("Action", 0, "calls:whoActs"),
    { type: "Event", eventType: "ClientConnect", event: [] },
  ];
}

const STRANGE: unknown[] = [
  ...[null, true, 0, -1, 1.5, 2 ** 32, 1e308, "", "x", "__proto__", "constructor:name"],
  ...["//", "a".repeat(70_000), "AAAAAAAAAAA=", "//////////8=", "AAAAAAAAAAB=", "\u0000", "\ud800"],
  ...[[], {}, [[]], [null], [{}, {}], { $integer: "x" }, { $bytes: "?" }, { $undefined: null }],
  ...[{ __proto__: null }, { toString: 1 }, { then: "x" }, { length: -1 }, { type: "Mutation" }],
  { type: "Add" },
];

/** A copy of the value in which one part, at some depth, is missing, doubled or replaced. */
function mutate(random: Random, value: unknown): unknown {
  if (typeof value !== "object" || value === null || random.below(4) === 0) {
    return random.pick(STRANGE);
  }
  if (Array.isArray(value)) {
    if (value.length === 0 || random.below(3) === 0)
      return [...(value as unknown[]), random.pick(STRANGE)];
    const index = random.below(value.length);
    return value.map((item: unknown, at) => (at === index ? mutate(random, item) : item));
  }
  const entries = Object.entries(value as Record<string, unknown>); // an object, as was just seen
  if (entries.length === 0 || random.below(8) === 0)
    return { ...value, extra: random.pick(STRANGE) };
  const [name, field] = random.pick(entries);
  const others = entries.filter(([other]) => other !== name);
  return Object.fromEntries(
    random.below(3) === 0 ? others : [...others, [name, mutate(random, field)]],
  );
}

describe("A message that is not one", () => {
  it.each([
    ["nothing", ""],
    ["no JSON", "{"],
    ["no object", "[]"],
    ["null", "null"],
    ["no type", "{}"],
    ["an unknown type", '{"type":"Nonsense"}'],
    ["a mutation without fields", '{"type":"Mutation"}'],
    ["arguments that are no object", JSON.stringify({ ...call("Mutation", 0, "a:b"), args: [5] })],
    ["a fraction as an id", JSON.stringify(call("Mutation", 0.5, "a:b"))],
    ["a session id that is none", '{"type":"Connect","sessionId":"me","connectionCount":0}'],
    [
      "a timestamp of nine bytes",
      `{"type":"Connect","sessionId":"${SESSION_ID}","connectionCount":0,"maxObservedTimestamp":"AAAAAAAAAAAA"}`,
    ],
    ["another base version", JSON.stringify(signIn(7, "x"))],
    [
      "a query of a component",
      `{"type":"Action","requestId":0,"udfPath":"a:b","args":[],"componentPath":"c"}`,
    ],
    [
      "JSON nested too deeply",
      '{"type":"Event","eventType":"e","event":' + "[".repeat(1e5) + "]".repeat(1e5) + "}",
    ],
    ["half a surrogate pair", '{"type":"Event","eventType":"\\ud800","event":null}'],
  ])("ends the session with a reason: %s", async (_kind, text) => {
    const backend = await makeRulesBackend();
    const session = await RawSession.open(backend);
    session.sendText(text);
    const answer = await session.answers.until(() => true);
    expect(answer).toEqual({ type: "FatalError", error: expect.stringMatching(/./) as string });
    await session.closed;
    await expectService(backend);
  });

  it("ends the session where queries of one id are added twice, or none is removed", async () => {
    const backend = await makeRulesBackend();
    const add = { type: "Add", queryId: 0, udfPath: "calls:list", args: [{}] };
    const remove = { type: "Remove", queryId: 5 };
    for (const modifications of [[add, add], [remove]]) {
      const session = await RawSession.open(backend);
      session.send({ type: "ModifyQuerySet", baseVersion: 0, newVersion: 1, modifications });
      await session.answers.until(({ type }) => type === "FatalError");
      await session.closed;
    }
    await expectService(backend);
  });

  it("never ends the process, however it was made from valid ones", async () => {
    const random = Random.fromEnvironment();
    const backend = await makeRulesBackend();
    const valid = validMessages(await backend.mintToken("ann"), backend.adminKey);
    for (let round = 0; round < 300; round++) {
      const session = await RawSession.open(backend);
      if (random.below(2) === 0) session.send(...valid.slice(0, random.below(3)));
      let message: unknown = random.pick(valid);
      for (let times = random.below(3); times >= 0; times--) message = mutate(random, message);
      session.send(message);
      // Valid after all, or refused: either way the session has been through it by then.
      session.sendText("the end");
      await session.closed;
    }
    await expectService(backend);
  });
});
