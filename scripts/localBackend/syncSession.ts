import { randomUUID } from "node:crypto";
import type { JSONValue } from "convex/values";
import { AuthenticationError } from "./auth";
import type { Authenticator, Backend } from "./backend";
import { ANONYMOUS, RefusedMutation, type Caller, type Outcome } from "./functions";
import type { Answer, MutationMemory } from "./mutationMemory";
import type { LiveQuery } from "./subscriptions";
import {
  describeOutcome,
  describeResult,
  encodeTimestamp,
  encodeVersion,
  ProtocolError,
  type Authenticate,
  type ClientMessage,
  type FunctionMessage,
  type QueryChange,
  type StateVersion,
} from "./syncProtocol";

/** [OPERATION_QUEUE_BUFFER_SIZE] of the real backend. */
const MAX_RUNNING_ACTIONS = 1_000;
/**
 * Timestamps count nanoseconds of the clock, so an earlier life of this backend has given out none
 * beyond now, unless the clock has been set back a little since.
 */
const MAX_CLOCK_STEP_MS = 60_000;

interface SubscribedQuery {
  live: LiveQuery;
  path: string;
  args: JSONValue;
  journal: string | null;
  /** Signature of the outcome last sent. */
  sentSignature: string;
}

/**
 * One client's connection: its queries, its identity, and the version of what the client knows.
 *
 * Every message takes effect in the order it arrived: a function runs as the user who was signed in
 * when it was received. Whenever anything changes, one Transition brings the client from one
 * consistent version to the next. One follows each mutation even where no subscription changed,
 * because the client's promise waits for it.
 */
export class SyncSession {
  private readonly queries = new Map<number, SubscribedQuery>();
  private version: StateVersion = { querySet: 0, identity: 0, timestamp: 0n };
  /** Versions after everything received so far; `version` follows as the work is done. */
  private readonly received = { querySet: 0, identity: 0 };
  /** Who sends what arrives now; rejects while the last Authenticate was refused. */
  private caller: Promise<Caller> = Promise.resolve(ANONYMOUS);
  /** Whose queries the client sees. */
  private viewer: Caller = ANONYMOUS;
  /** Replaced by the client's own, which stays the same over its connections. */
  private sessionId: string = randomUUID();
  private work: Promise<void> = Promise.resolve();
  private runningActions = 0;
  private isClosed = false;
  /** The client waits for a transition to this timestamp. */
  private awaited = 0n;
  private readonly stopListening: () => void;

  constructor(
    private readonly backend: Backend,
    private readonly authenticate: Authenticator,
    private readonly memory: MutationMemory,
    private readonly transmit: (message: unknown) => void,
    private readonly disconnect: () => void,
  ) {
    this.stopListening = backend.subscriptions.onRefresh(() =>
      this.enqueue(() => {
        this.sendTransition({});
        return Promise.resolve();
      }),
    );
  }

  /** Work under way ends without an answer. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.stopListening();
    for (const { live } of this.queries.values()) this.backend.subscriptions.unsubscribe(live);
    this.queries.clear();
  }

  /** @throws ProtocolError where the message does not fit the session's state. */
  receive(message: ClientMessage): void {
    if (this.isClosed) return;
    switch (message.type) {
      case "Connect":
        this.sessionId = message.sessionId;
        this.continueAfter(message.maxObservedTimestamp ?? 0n);
        return;
      case "ModifyQuerySet": {
        const { baseVersion, newVersion, modifications } = message;
        requireVersion(baseVersion, this.received.querySet);
        this.received.querySet = newVersion;
        const { caller } = this;
        // It has settled by then: the Authenticate before it is a step of the same queue.
        this.enqueue(async () => this.modifyQueries(await caller, newVersion, modifications));
        return;
      }
      case "Authenticate": {
        requireVersion(message.baseVersion, this.received.identity);
        this.received.identity += 1;
        const caller = this.authenticate(message);
        // Nobody may be left to look at it where the session ends first.
        caller.catch(() => undefined);
        this.caller = caller;
        this.enqueue(() => this.changeIdentity(message, caller));
        return;
      }
      case "Mutation":
        this.mutate(message);
        return;
      case "Action":
        this.act(message);
        return;
      case "Event":
    }
  }

  /** Tells the client why, and ends the session. */
  fail(reason: string): void {
    this.end({ type: "FatalError", error: reason });
  }

  private end(message: unknown): void {
    this.send(message);
    this.close();
    this.disconnect();
  }

  private send(message: unknown): void {
    if (!this.isClosed) this.transmit(message);
  }

  private enqueue(step: () => Promise<void>): void {
    this.work = this.work
      .then(() => (this.isClosed ? undefined : step()))
      .catch((error: unknown) => this.endWith(error));
  }

  /** A timestamp that no backend can have given out yet is a forgery, and ignored. */
  private continueAfter(timestamp: bigint): void {
    const latestPossible = BigInt(Date.now() + MAX_CLOCK_STEP_MS) * 1_000_000n;
    if (timestamp <= latestPossible) this.backend.engine.advanceTo(timestamp);
  }

  private async modifyQueries(
    caller: Caller,
    newVersion: number,
    changes: QueryChange[],
  ): Promise<void> {
    const removed: number[] = [];
    for (const change of changes) {
      const { queryId } = change;
      const query = this.queries.get(queryId);
      if (change.type === "Add") {
        if (query !== undefined) throw new ProtocolError(`Duplicate query ID: ${String(queryId)}`);
        const [args = {}] = change.args;
        const { udfPath: path } = change;
        const journal = change.journal ?? null;
        const live = this.backend.subscriptions.subscribe(caller, path, args, journal);
        this.queries.set(queryId, { live, path, args, journal, sentSignature: "" });
      } else {
        if (query === undefined) {
          throw new ProtocolError(`Nonexistent query id: ${String(queryId)}`);
        }
        this.backend.subscriptions.unsubscribe(query.live);
        this.queries.delete(queryId);
        removed.push(queryId);
      }
    }
    await this.backend.subscriptions.refresh();
    this.sendTransition({ querySet: newVersion, removed });
  }

  private async changeIdentity(message: Authenticate, authenticated: Promise<Caller>) {
    let caller: Caller;
    try {
      caller = await authenticated;
    } catch (error) {
      if (!(error instanceof AuthenticationError)) throw error;
      // As on the real backend, the client has to connect again with another token.
      const { baseVersion, tokenType } = message;
      const authUpdateAttempted = tokenType !== "None";
      this.end({ type: "AuthError", error: error.message, baseVersion, authUpdateAttempted });
      return;
    }
    if (this.isClosed) return;
    this.viewer = caller;
    for (const query of this.queries.values()) {
      this.backend.subscriptions.unsubscribe(query.live);
      const { path, args, journal } = query;
      query.live = this.backend.subscriptions.subscribe(caller, path, args, journal);
    }
    await this.backend.subscriptions.refresh();
    this.sendTransition({ identity: message.baseVersion + 1 });
  }

  /** Sends what changed since the last transition, if anything did. */
  private sendTransition(change: {
    querySet?: number;
    identity?: number;
    removed?: number[];
  }): void {
    const modifications: unknown[] = (change.removed ?? []).map((queryId) => ({
      type: "QueryRemoved",
      queryId,
    }));
    for (const [queryId, query] of this.queries) {
      const { outcome, signature, pageEnd } = query.live;
      if (outcome === null || signature === query.sentSignature) continue;
      query.sentSignature = signature;
      modifications.push(describeOutcome(queryId, outcome, pageEnd));
    }
    const { timestamp } = this.backend.subscriptions;
    const isAwaited = this.awaited > this.version.timestamp;
    const isNews = modifications.length > 0 || isAwaited;
    if (!isNews && change.querySet === undefined && change.identity === undefined) return;
    requireUnexpired(this.viewer);
    const end: StateVersion = {
      querySet: change.querySet ?? this.version.querySet,
      identity: change.identity ?? this.version.identity,
      timestamp: maxOf(timestamp, this.version.timestamp),
    };
    this.send({
      type: "Transition",
      startVersion: encodeVersion(this.version),
      endVersion: encodeVersion(end),
      modifications,
    });
    this.version = end;
  }

  private mutate(message: FunctionMessage): void {
    const { sessionId } = this;
    const caller = this.caller.then(requireUnexpired);
    const answer = this.memory.run(sessionId, message, caller, (sender) =>
      this.execute(sender, message, "mutation"),
    );
    if (answer === null) throw new ProtocolError("Too many concurrent mutations.");
    answer.then(
      ({ outcome, committedAt }) => this.answerMutation(message.requestId, outcome, committedAt),
      (error: unknown) => {
        // A mutation that lost all its tries has no answer: the client connects again, repeats it.
        if (error instanceof RefusedMutation) this.disconnect();
        else this.endUnlessRefused(error);
      },
    );
  }

  private answerMutation(requestId: number, outcome: Outcome, committedAt: bigint): void {
    const ts = outcome.isSuccess ? { ts: encodeTimestamp(committedAt) } : {};
    this.send({ type: "MutationResponse", requestId, ...describeResult(outcome), ...ts });
    if (!outcome.isSuccess) return;
    this.awaited = maxOf(this.awaited, committedAt);
    this.enqueue(async () => {
      await this.backend.subscriptions.refresh();
      this.sendTransition({});
    });
  }

  private act(message: FunctionMessage): void {
    if (this.runningActions >= MAX_RUNNING_ACTIONS) {
      throw new ProtocolError("Too many concurrent actions.");
    }
    this.runningActions += 1;
    this.caller
      .then(requireUnexpired)
      .then((sender) => this.execute(sender, message, "action"))
      .finally(() => (this.runningActions -= 1))
      .then(
        ({ outcome }) => {
          const { requestId } = message;
          this.send({ type: "ActionResponse", requestId, ...describeResult(outcome) });
        },
        (error: unknown) => this.endUnlessRefused(error),
      );
  }

  /** A refused Authenticate ends the session in its own turn. */
  private endUnlessRefused(error: unknown): void {
    if (!(error instanceof AuthenticationError)) this.endWith(error);
  }

  private endWith(error: unknown): void {
    if (error instanceof ExpiredToken) {
      // The client gets a fresh token, connects again and repeats what has no answer.
      const { identity: baseVersion } = this.received;
      this.end({
        type: "AuthError",
        error: error.message,
        baseVersion,
        authUpdateAttempted: false,
      });
    } else {
      this.fail(error instanceof Error ? error.message : String(error));
    }
  }

  private async execute(
    caller: Caller,
    message: FunctionMessage,
    type: "mutation" | "action",
  ): Promise<Answer> {
    const { runner } = this.backend;
    const execution = runner.newExecution();
    const [args = {}] = message.args;
    const outcome = await runner.run(caller, message.udfPath, args, type, execution);
    return { outcome, committedAt: execution.committedAt };
  }
}

/** The token was valid when the client sent it. */
class ExpiredToken extends Error {
  override name = "ExpiredToken";
}

/** @throws ExpiredToken */
function requireUnexpired(caller: Caller): Caller {
  const { expiresAt = Infinity } = caller;
  if (Date.now() < expiresAt) return caller;
  throw new ExpiredToken("TokenExpired: Convex token identity expired");
}

function requireVersion(given: number, expected: number): void {
  if (given === expected) return;
  throw new ProtocolError(
    `Base version ${String(given)} passed up doesn't match the current version ${String(expected)}`,
  );
}

function maxOf(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
