import { AsyncLocalStorage } from "node:async_hooks";
import { convexToJson, jsonToConvex, type Value } from "convex/values";
import {
  convexTestState,
  functionContexts,
  type Component,
  type ConvexTestState,
  type FunctionContexts,
  type TestBackend,
} from "../convexTestState";
import { CommitLog, type Snapshot } from "./commitLog";
import { ReadSet, type Write } from "./readSet";
import {
  CALLED,
  ConflictError,
  CRON,
  retryDelayMs,
  SCHEDULED,
  type Call,
  type Conflict,
} from "./retries";
import { watchReads } from "./watchReads";

export interface ConflictOptions {
  /** Waits between two attempts, and for the duration of a transaction. */
  sleep: (delayMs: number) => Promise<void>;
  /** A number from 0 up to 1, for the delays. */
  random: () => number;
  /** How long a transaction takes from its snapshot to its commit: no time by default. */
  durationMsOf?: (call: Call) => number;
  /** Whether a cron made the call. */
  isCron?: (call: Call) => boolean;
  /** Where else to note what the transaction that begins now will read. */
  readSet?: () => ReadSet | null;
  onAttempt?: (call: Call) => void;
  onConflict?: (conflict: Conflict) => void;
  onCommit?: (writes: readonly Write[], call: Call | null) => void;
}

/** One attempt to run a transaction, from its snapshot to its end. */
interface Attempt extends Snapshot {
  /** Null for a handler that a test runs inline. */
  call: Call | null;
  /** How many calls deep it is within its own transaction. */
  depth: number;
  /** A query that reads a stale snapshot is running: it adds nothing to the reads. */
  isStale: boolean;
  limits: unknown;
}

/** The request of the action that is running, for all backends: see `executions`. */
const actions = new AsyncLocalStorage<string>();

type Handler = (ctx: unknown, args: unknown) => Promise<unknown>;
type FunctionKind = Call["kind"] | "action";

/**
 * Adds Convex's optimistic concurrency control to convex-test, which runs transactions one at a time.
 *
 * An attempt takes its snapshot when it starts, then waits for its turn and its duration, and runs
 * at one instant on what is stored by then. It is refused if a commit since its snapshot wrote
 * something it read. The real backend, which runs it on the snapshot, refuses exactly the same
 * attempts: up to the first read that such a commit changed, both runs are identical.
 *
 * A mutation that was refused runs again after a delay. A nested call belongs to the transaction of
 * its caller. Handlers that tests run inline are never refused, but what they write counts.
 */
export class ConflictChecker {
  private readonly state: ConvexTestState;
  private readonly contexts: FunctionContexts;
  private readonly log = new CommitLog();
  private readonly begin: ConvexTestState["transactionManager"]["begin"];
  private readonly rollback: ConvexTestState["transactionManager"]["rollback"];
  private current: Attempt | null = null;
  /** Calls something outside of all functions: inside, convex-test forbids timers. */
  private readonly outside = AsyncLocalStorage.snapshot();

  constructor(
    backend: TestBackend,
    private readonly options: ConflictOptions,
  ) {
    this.state = convexTestState(backend);
    this.contexts = functionContexts(backend);
    const { transactionManager: manager, components } = this.state;
    this.begin = manager.begin.bind(manager);
    this.rollback = manager.rollback.bind(manager);
    for (const [path, component] of Object.entries(components)) this.watch(path, component);
    this.watchTransactions();
    this.watchStaleReads();
  }

  /** Runs a function as its own transaction, or as part of the one that is running. */
  private async run(
    kind: FunctionKind,
    name: string,
    handler: Handler,
    ctx: unknown,
    args: unknown,
  ) {
    const request = this.contexts.request.getStore();
    if (kind === "action") {
      return await actions.run(request?.requestId ?? "", () => handler(ctx, args));
    }
    if (this.current === null || this.current.depth > 0) return await handler(ctx, args);
    const isScheduled =
      request !== undefined &&
      request.scheduledFunctionId !== null &&
      actions.getStore() !== request.requestId;
    const call: Call = { name, kind, isScheduled };
    if (kind === "mutation") return await this.runMutation(call, handler, ctx, args);
    this.options.onAttempt?.(call);
    await this.takeTime(call);
    return await handler(ctx, args);
  }

  private async runMutation(call: Call, handler: Handler, ctx: unknown, args: unknown) {
    const packed = convexToJson(args as Value); // the arguments of a function are Convex values
    const policy = this.policyOf(call);
    for (let failures = 0; ;) {
      const attempt = this.present();
      attempt.call = call;
      attempt.reads ??= new ReadSet();
      this.options.onAttempt?.(call);
      await this.takeTime(call);
      // The handler may have changed the arguments of the attempt before.
      const result = await handler(ctx, failures === 0 ? args : jsonToConvex(packed));
      const found = this.pendingWrites().length === 0 ? null : this.log.findConflict(attempt);
      if (found === null) return result;
      failures += 1;
      const isFinal = failures > policy.maxRetries;
      const conflict: Conflict = { ...found, call, failures, isFinal };
      this.options.onConflict?.(conflict);
      if (isFinal) throw new ConflictError(conflict);
      await this.startOver(attempt, retryDelayMs(policy, failures, this.options.random));
    }
  }

  private policyOf(call: Call) {
    if (call.isScheduled) return SCHEDULED;
    return this.options.isCron?.(call) === true ? CRON : CALLED;
  }

  private present(): Attempt {
    if (this.current === null) throw new Error("no transaction is running");
    return this.current;
  }

  /** Lets the duration of a transaction pass while others run; it keeps its snapshot. */
  private async takeTime(call: Call): Promise<void> {
    const durationMs = this.options.durationMsOf?.(call) ?? 0;
    if (durationMs <= 0) return;
    const attempt = this.present();
    this.rollback(false);
    this.current = null;
    await this.sleep(durationMs);
    await this.begin(false, attempt.limits);
    this.current = attempt;
  }

  private async startOver({ limits }: Attempt, delayMs: number): Promise<void> {
    const { transactionManager: manager } = this.state;
    manager.rollback(false);
    try {
      await this.sleep(delayMs);
      await manager.begin(false, limits);
    } catch (error) {
      // convex-test ends the transaction of a function that fails, so there has to be one.
      this.current = this.open(limits);
      await this.begin(false, limits);
      throw error;
    }
    const context = this.contexts.function.getStore();
    if (context !== undefined) context.paginatedQueries = 0;
  }

  private async sleep(delayMs: number): Promise<void> {
    await this.outside(() => this.options.sleep(delayMs));
  }

  private open(limits: unknown): Attempt {
    const reads = this.options.readSet?.() ?? null;
    return this.log.takeSnapshot({ reads, call: null, depth: 0, isStale: false, limits });
  }

  private watchTransactions(): void {
    const { transactionManager: manager } = this.state;
    manager.begin = async (isNested, limits) => {
      if (isNested) {
        await this.begin(true, limits);
        if (this.current !== null) this.current.depth += 1;
        return;
      }
      const attempt = this.open(limits);
      await this.begin(false, limits);
      this.current = attempt;
    };
    const commit = manager.commit.bind(manager);
    manager.commit = (isNested) => {
      if (isNested) {
        if (this.current !== null) this.current.depth -= 1;
        return commit(true);
      }
      const { current } = this;
      const pending = this.pendingWrites();
      this.close();
      const timestamp = commit(false);
      const writes = pending.map((write) => ({
        ...write,
        after: write.database._documents[write.id] ?? null,
      }));
      if (writes.length > 0) {
        this.log.add(writes, current?.call?.name ?? "a test");
        this.options.onCommit?.(writes, current?.call ?? null);
      }
      return timestamp;
    };
    manager.rollback = (isNested) => {
      if (!isNested) this.close();
      else if (this.current !== null) this.current.depth -= 1;
      this.rollback(isNested);
    };
  }

  private close(): void {
    if (this.current !== null) this.log.release(this.current);
    this.current = null;
  }

  private watchStaleReads(): void {
    const { transactionManager: manager } = this.state;
    const [stash, restore] = [
      manager.stashWrites.bind(manager),
      manager.restoreWrites.bind(manager),
    ];
    manager.stashWrites = () => {
      this.present().isStale = true;
      return stash();
    };
    manager.restoreWrites = (stashed) => {
      this.present().isStale = false;
      restore(stashed);
    };
  }

  private watch(path: string, component: Component): void {
    watchReads(component.db, () => {
      const { current } = this;
      return current === null || current.isStale ? null : current.reads;
    });
    const { modules } = component;
    const wrapped = new WeakMap<object, Record<string, unknown>>();
    const prefix = path === "" ? "" : `${path}/`;
    component.modules = async (name) => {
      const module = await modules(name);
      const known = wrapped.get(module) ?? this.wrapModule(`${prefix}${name}`, module);
      wrapped.set(module, known);
      return known;
    };
  }

  private wrapModule(path: string, module: Record<string, unknown>): Record<string, unknown> {
    return Object.fromEntries(
      Object.entries(module).map(([name, value]) => [name, this.wrap(`${path}:${name}`, value)]),
    );
  }

  private wrap(name: string, exported: unknown): unknown {
    if (typeof exported !== "function" || !("_handler" in exported)) return exported;
    const kind = kindOf(exported);
    if (kind === null) return exported;
    const handler = exported._handler as Handler; // how convex's constructors keep it
    const run: Handler = (ctx, args) => this.run(kind, name, handler, ctx, args);
    // A proxy of a function is a function, which what else wraps functions looks for.
    return new Proxy(exported, {
      get: (target, member, receiver): unknown =>
        member === "_handler" ? run : Reflect.get(target, member, receiver),
    });
  }

  private pendingWrites(): Omit<Write, "after">[] {
    return Object.values(this.state.components).flatMap(({ db }) =>
      Object.entries(db._writes[0] ?? {}).flatMap(([id, after]) => {
        const before = db._documents[id] ?? null;
        return before === null && after === null ? [] : [{ database: db, id, before }];
      }),
    );
  }
}

function kindOf(exported: object): FunctionKind | null {
  if ("isMutation" in exported) return "mutation";
  if ("isQuery" in exported) return "query";
  return "isAction" in exported ? "action" : null;
}
