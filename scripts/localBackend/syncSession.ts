import type { JSONValue } from "convex/values";
import { AuthenticationError } from "./auth";
import { ANONYMOUS, type Caller, type Outcome } from "./functions";
import type { LiveQuery } from "./subscriptions";
import type { Authenticator, Backend } from "./backend";
import {
  decodeTimestamp,
  encodeTimestamp,
  encodeVersion,
  type ClientMessage,
  type FunctionMessage,
  type QueryChange,
  type StateVersion,
} from "./syncProtocol";

/** Answers of mutations kept for a client that asks again after a lost connection. */
const MAX_REMEMBERED = 1_000;

interface SubscribedQuery {
  live: LiveQuery;
  path: string;
  args: JSONValue;
  journal: string | null;
  /** Signature of the outcome last sent. */
  sentSignature: string;
}

type AnsweredMutation = Promise<{ outcome: Outcome; committedAt: bigint }>;

/** Mutations by session and request, over all connections: one sent twice runs once. */
export type MutationMemory = Map<string, AnsweredMutation>;

/**
 * One client's connection: its queries, its identity, and the version of what it has been told.
 *
 * What arrives is worked through in order. Whenever anything changed, one Transition brings the
 * client from one consistent version to the next; after a mutation one follows even if nothing it
 * subscribes to changed, for the client's promise waits for it.
 */
export class SyncSession {
  private readonly queries = new Map<number, SubscribedQuery>();
  private version: StateVersion = { querySet: 0, identity: 0, timestamp: 0n };
  private caller: Caller = ANONYMOUS;
  private sessionId = "";
  private work: Promise<void> = Promise.resolve();
  private mutations: Promise<unknown> = Promise.resolve();
  /** The client waits to be told of this timestamp. */
  private awaited = 0n;
  private readonly stopListening: () => void;

  constructor(
    private readonly backend: Backend,
    private readonly authenticate: Authenticator,
    private readonly memory: MutationMemory,
    private readonly send: (message: unknown) => void,
    private readonly disconnect: () => void,
  ) {
    this.stopListening = backend.subscriptions.onRefresh(() =>
      this.enqueue(() => {
        this.sendTransition({});
        return Promise.resolve();
      }),
    );
  }

  close(): void {
    this.stopListening();
    for (const { live } of this.queries.values()) this.backend.subscriptions.unsubscribe(live);
    this.queries.clear();
  }

  receive(message: ClientMessage): void {
    switch (message.type) {
      case "Connect":
        this.sessionId = message.sessionId;
        if (message.maxObservedTimestamp !== undefined) {
          this.backend.engine.advanceTo(decodeTimestamp(message.maxObservedTimestamp));
        }
        return;
      case "ModifyQuerySet":
        this.enqueue(() => this.modifyQueries(message.newVersion, message.modifications));
        return;
      case "Authenticate":
        this.enqueue(() => this.changeIdentity(message));
        return;
      case "Mutation":
        this.mutate(message);
        return;
      case "Action":
        this.act(message);
        return;
      case "Event":
        return;
      default:
        this.fail(`unknown message type ${JSON.stringify((message as { type: unknown }).type)}`);
    }
  }

  fail(reason: string): void {
    this.send({ type: "FatalError", error: reason });
    this.disconnect();
  }

  private enqueue(step: () => Promise<void>): void {
    this.work = this.work.then(step).catch((error: unknown) => {
      this.fail(error instanceof Error ? error.message : String(error));
    });
  }

  private async modifyQueries(newVersion: number, changes: QueryChange[]): Promise<void> {
    const removed: number[] = [];
    for (const change of changes) {
      if (change.type === "Add") {
        const {
          udfPath: path,
          args: [args = {}],
          journal = null,
        } = change;
        const live = this.backend.subscriptions.subscribe(this.caller, path, args, journal);
        this.queries.set(change.queryId, { live, path, args, journal, sentSignature: "" });
      } else {
        const query = this.queries.get(change.queryId);
        if (query !== undefined) this.backend.subscriptions.unsubscribe(query.live);
        this.queries.delete(change.queryId);
        removed.push(change.queryId);
      }
    }
    await this.backend.subscriptions.refresh();
    this.sendTransition({ querySet: newVersion, removed });
  }

  private async changeIdentity(
    message: Extract<ClientMessage, { type: "Authenticate" }>,
  ): Promise<void> {
    try {
      this.caller = await this.authenticate(message);
    } catch (error) {
      if (!(error instanceof AuthenticationError)) throw error;
      const { baseVersion } = message;
      this.send({
        type: "AuthError",
        error: error.message,
        baseVersion,
        authUpdateAttempted: message.tokenType !== "None",
      });
      return;
    }
    for (const query of this.queries.values()) {
      this.backend.subscriptions.unsubscribe(query.live);
      const { path, args, journal } = query;
      query.live = this.backend.subscriptions.subscribe(this.caller, path, args, journal);
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

  /** Mutations of a session run one after the other, as they came. */
  private mutate(message: FunctionMessage): void {
    const key = `${this.sessionId}/${String(message.requestId)}`;
    let answer = this.memory.get(key);
    if (answer === undefined) {
      answer = this.mutations.then(() => this.execute(message, "mutation"));
      this.mutations = answer.catch(() => undefined);
      this.remember(key, answer);
    }
    // A refused mutation has no answer: the client connects again and repeats it.
    const giveUp = () => {
      this.memory.delete(key);
      this.disconnect();
    };
    answer.then((answered) => this.sendAnswer(message, answered), giveUp);
  }

  private sendAnswer(
    { requestId }: FunctionMessage,
    { outcome, committedAt }: Awaited<AnsweredMutation>,
  ): void {
    this.send({
      type: "MutationResponse",
      requestId,
      ...describeResult(outcome),
      ...(outcome.isSuccess ? { ts: encodeTimestamp(committedAt) } : {}),
    });
    if (!outcome.isSuccess) return;
    this.awaited = maxOf(this.awaited, committedAt);
    this.enqueue(async () => {
      await this.backend.subscriptions.refresh();
      this.sendTransition({});
    });
  }

  private act(message: FunctionMessage): void {
    void this.execute(message, "action").then(({ outcome }) => {
      const { requestId } = message;
      this.send({ type: "ActionResponse", requestId, ...describeResult(outcome) });
    });
  }

  private async execute(message: FunctionMessage, type: "mutation" | "action") {
    // A change of identity sent before is in effect.
    await this.work;
    const { runner } = this.backend;
    const execution = runner.newExecution();
    const [args = {}] = message.args;
    const outcome = await runner.run(this.caller, message.udfPath, args, type, execution);
    return { outcome, committedAt: execution.committedAt };
  }

  private remember(key: string, answer: AnsweredMutation): void {
    this.memory.set(key, answer);
    if (this.memory.size <= MAX_REMEMBERED) return;
    for (const oldest of this.memory.keys()) {
      this.memory.delete(oldest);
      return;
    }
  }
}

function describeOutcome(queryId: number, outcome: Outcome, journal: string | null) {
  const { logLines } = outcome;
  if (outcome.isSuccess) {
    return { type: "QueryUpdated", queryId, value: outcome.value, logLines, journal };
  }
  const { errorMessage, errorData } = outcome;
  return {
    type: "QueryFailed",
    queryId,
    errorMessage,
    ...(errorData === undefined ? {} : { errorData }),
    logLines,
    journal: null,
  };
}

function describeResult(outcome: Outcome) {
  const { logLines } = outcome;
  if (outcome.isSuccess) return { success: true, result: outcome.value, logLines };
  const { errorMessage: result, errorData } = outcome;
  return { success: false, result, ...(errorData === undefined ? {} : { errorData }), logLines };
}

function maxOf(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
