import { randomUUID } from "node:crypto";

import { afterEach, describe, expect, it, vi } from "vitest";
import type { LocalBackend } from "../../scripts/localBackend";
import type { Backend } from "../../scripts/localBackend/backend";
import { ANONYMOUS, type Caller } from "../../scripts/localBackend/functions";
import { MutationMemory } from "../../scripts/localBackend/mutationMemory";
import type { ClientMessage } from "../../scripts/localBackend/syncProtocol";
import { SyncSession } from "../../scripts/localBackend/syncSession";
import { api } from "../fixtures/rulesConvex/_generated/api";
import { call, RawSession, signIn } from "./rawSession";
import { httpClient, syncClient, Updates } from "./support";
import { makeRulesBackend } from "./wire";

afterEach(() => vi.useRealTimers());

async function notesOf(backend: LocalBackend): Promise<string[]> {
  return await (await httpClient(backend)).query(api.calls.list, {});
}

/** Nanoseconds of the clock, as the protocol writes timestamps. */
function timestampIn(seconds: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(Date.now() + seconds * 1_000) * 1_000_000n);
  return bytes.toString("base64");
}

/** Longer than any token of the local backend is valid. */
function passADay(): void {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 86_400_000 });
}

describe("A session", () => {
  it("runs a function as the user who was signed in when it was sent", async () => {
    const backend = await makeRulesBackend();
    const [ann, bob] = await Promise.all([backend.mintToken("ann"), backend.mintToken("bob")]);
    const session = await RawSession.open(backend);
    session.connect();
    session.send(
      call("Mutation", 0, "calls:note", { text: "early" }),
      signIn(0, ann),
      call("Mutation", 1, "calls:note", { text: "first" }),
      call("Mutation", 2, "calls:note", { text: "second" }),
      call("Action", 3, "calls:whoActs"),
      signIn(1, bob),
      call("Mutation", 4, "calls:note", { text: "third" }),
      { type: "Authenticate", tokenType: "None", baseVersion: 2 },
      call("Action", 5, "calls:whoActs"),
    );
    const callers = await Promise.all([0, 1, 2, 3, 4, 5].map((id) => session.response(id)));
    expect(callers.map(({ result }) => result)).toEqual([
      "nobody",
      "ann",
      "ann",
      "ann",
      "bob",
      "nobody",
    ]);
    expect(await notesOf(backend)).toEqual([
      "nobody: early",
      "ann: first",
      "ann: second",
      "bob: third",
    ]);
  });

  it("shows a subscription to the user who was signed in when it was added", async () => {
    const backend = await makeRulesBackend();
    const session = await RawSession.open(backend);
    const add = (queryId: number) => ({
      type: "ModifyQuerySet",
      baseVersion: queryId,
      newVersion: queryId + 1,
      modifications: [{ type: "Add", queryId, udfPath: "calls:whoAmI", args: [{}] }],
    });
    session.connect();
    session.send(add(0), signIn(0, await backend.mintToken("ann")), add(1));
    await session.answers.until(
      ({ type, endVersion }) =>
        type === "Transition" && (endVersion as { querySet: number }).querySet === 2,
    );
    expect(session.answers.seen.map(({ modifications }) => modifications)).toMatchObject([
      [{ queryId: 0, value: "nobody" }],
      [{ queryId: 0, value: "ann" }],
      [{ queryId: 1, value: "ann" }],
    ]);
  });

  it("ends with an AuthError when its token is refused, and runs nothing sent after it", async () => {
    const backend = await makeRulesBackend();
    const session = await RawSession.open(backend);
    session.connect();
    session.send(
      signIn(0, "not.a.token"),
      call("Mutation", 0, "calls:note", { text: "as whom?" }),
      call("Action", 1, "calls:whoActs"),
    );
    await session.closed;
    expect(session.answers.seen.map(({ type }) => type)).toEqual(["AuthError"]);
    expect(await notesOf(backend)).toEqual([]);
  });

  it("ends with an AuthError when its token has expired since, and runs nothing more for it", async () => {
    const backend = await makeRulesBackend();
    const session = await RawSession.open(backend);
    session.connect();
    session.send(
      signIn(0, await backend.mintToken("ann")),
      call("Mutation", 0, "calls:note", { text: "in time" }),
    );
    await session.response(0);
    passADay();
    session.send(
      call("Mutation", 1, "calls:note", { text: "late" }),
      call("Action", 2, "calls:whoActs"),
    );
    await session.closed;
    expect(session.answers.seen.at(-1)).toMatchObject({
      type: "AuthError",
      error: "TokenExpired: Convex token identity expired",
      baseVersion: 1,
      authUpdateAttempted: false,
    });
    expect(await notesOf(backend)).toEqual(["ann: in time"]);
  });

  it("shows no change to a user whose token has expired", async () => {
    const backend = await makeRulesBackend();
    const session = await RawSession.open(backend);
    session.connect();
    session.send(signIn(0, await backend.mintToken("ann")), {
      type: "ModifyQuerySet",
      baseVersion: 0,
      newVersion: 1,
      modifications: [{ type: "Add", queryId: 0, udfPath: "calls:list", args: [{}] }],
    });
    await session.answers.until(
      ({ endVersion }) => (endVersion as { querySet?: number } | undefined)?.querySet === 1,
    );
    passADay();
    await (await httpClient(backend)).mutation(api.calls.note, { text: "news" });
    await session.closed;
    expect(session.answers.seen.at(-1)).toMatchObject({ type: "AuthError" });
    expect(JSON.stringify(session.answers.seen)).not.toContain("news");
  });

  it("answers a mutation that is sent again, without running it again", async () => {
    const backend = await makeRulesBackend();
    const ann = await backend.mintToken("ann");
    const sessionId = randomUUID();
    const sendOnce = async () => {
      const session = await RawSession.open(backend);
      session.connect(sessionId);
      session.send(signIn(0, ann), call("Mutation", 0, "calls:note", { text: "once" }));
      const answer = await session.response(0);
      session.drop();
      return answer;
    };
    expect(await sendOnce()).toEqual(await sendOnce());
    expect(await notesOf(backend)).toEqual(["ann: once"]);
  });

  it("gives nobody the answer to another user's mutation, or to another call", async () => {
    const backend = await makeRulesBackend();
    const sessionId = randomUUID();
    for (const user of ["ann", "bob"]) {
      const session = await RawSession.open(backend);
      session.connect(sessionId);
      session.send(
        signIn(0, await backend.mintToken(user)),
        call("Mutation", 0, "calls:note", { text: "mine" }),
      );
      expect((await session.response(0))["result"]).toBe(user);
    }
    const session = await RawSession.open(backend);
    session.connect(sessionId);
    session.send(
      signIn(0, await backend.mintToken("ann")),
      call("Mutation", 0, "calls:note", { text: "changed" }),
    );
    await session.response(0);
    expect(await notesOf(backend)).toEqual(["ann: mine", "bob: mine", "ann: changed"]);
  });

  it("runs a mutation that failed again, since it had no effect", async () => {
    const backend = await makeRulesBackend();
    const sessionId = randomUUID();
    const attempt = async () => {
      const session = await RawSession.open(backend);
      session.connect(sessionId);
      session.send(call("Mutation", 0, "calls:noteAnother", { text: "second" }));
      return (await session.response(0))["success"];
    };
    expect(await attempt()).toBe(false);
    await (await httpClient(backend)).mutation(api.calls.note, { text: "first" });
    expect(await attempt()).toBe(true);
    expect(await attempt()).toBe(true);
    expect(await notesOf(backend)).toEqual(["nobody: first", "nobody: second"]);
  });

  it("ignores a timestamp that no backend can have given out", async () => {
    const backend = await makeRulesBackend();
    const forger = await RawSession.open(backend);
    forger.connect(randomUUID(), { maxObservedTimestamp: timestampIn(7_200) });
    const client = syncClient(backend, "ann");
    const updates = new Updates<string[]>();
    client.onUpdate(api.calls.list, {}, updates.push);
    await client.mutation(api.calls.note, { text: "still works" });
    await updates.until((notes) => notes.includes("ann: still works"));
    const latest = await fetch(`${backend.url}/api/query_ts`, { method: "POST" });
    const { ts } = (await latest.json()) as { ts: string };
    const seconds = Number(Buffer.from(ts, "base64").readBigUInt64LE() / 1_000_000_000n);
    expect(seconds).toBeLessThan(Date.now() / 1_000 + 60);
  });

  it("continues after the timestamp of a client of its earlier life", async () => {
    const backend = await makeRulesBackend();
    const session = await RawSession.open(backend);
    const observed = timestampIn(20);
    session.connect(randomUUID(), { maxObservedTimestamp: observed });
    session.send(call("Mutation", 0, "calls:note", { text: "later" }));
    const { ts } = await session.response(0);
    const committed = Buffer.from(ts as string, "base64").readBigUInt64LE();
    expect(committed).toBeGreaterThan(Buffer.from(observed, "base64").readBigUInt64LE());
  });

  it("finishes what it was asked for when the client goes away meanwhile", async () => {
    const backend = await makeRulesBackend();
    const session = await RawSession.open(backend);
    session.connect();
    session.send(
      call("Mutation", 0, "calls:note", { text: "left behind" }),
      call("Action", 1, "calls:whoActs"),
      {
        type: "ModifyQuerySet",
        baseVersion: 0,
        newVersion: 1,
        modifications: [{ type: "Add", queryId: 0, udfPath: "calls:list", args: [{}] }],
      },
      signIn(0, await backend.mintToken("ann")),
      signIn(1, "not.a.token"),
    );
    await session.answers.until(() => true);
    session.drop();
    await vi.waitFor(async () => expect(await notesOf(backend)).toEqual(["nobody: left behind"]));
  });

  it("leaves no subscription behind when it closes before its turn", async () => {
    let subscribed = 0;
    const subscriptions = {
      onRefresh: () => () => undefined,
      refresh: () => Promise.resolve(),
      subscribe: () => ({ outcome: null, signature: String((subscribed += 1)) }),
      unsubscribe: () => (subscribed -= 1),
    };
    let identify: (caller: Caller) => void = () => undefined;
    const identified = new Promise<Caller>((resolve) => (identify = resolve));
    const sent: unknown[] = [];
    const session = new SyncSession(
      { subscriptions } as unknown as Backend, // the part of it that queries use
      () => identified,
      new MutationMemory(),
      (message) => sent.push(message),
      () => undefined,
    );
    const add = (queryId: number): ClientMessage => ({
      type: "ModifyQuerySet",
      baseVersion: queryId,
      newVersion: queryId + 1,
      modifications: [{ type: "Add", queryId, udfPath: "calls:list", args: [{}] }],
    });
    session.receive(add(0));
    session.receive({ type: "Authenticate", tokenType: "User", baseVersion: 0, value: "a token" });
    session.receive(add(1));
    await vi.waitFor(() => expect(sent).toHaveLength(1));
    expect(subscribed).toBe(1);
    session.close();
    identify(ANONYMOUS);
    await identified;
    await new Promise(setImmediate);
    expect([subscribed, sent.length]).toEqual([0, 1]);
  });

  it("is pinged while it is idle", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const backend = await makeRulesBackend();
    const session = await RawSession.open(backend);
    vi.advanceTimersByTime(15_000);
    await session.answers.until(({ type }) => type === "Ping");
    vi.advanceTimersByTime(600_000);
    session.send(call("Action", 0, "calls:whoActs"));
    expect(await session.response(0)).toMatchObject({ success: true });
  });
});
