import { AsyncLocalStorage } from "node:async_hooks";
import type { JSONValue } from "convex/values";
import { ReadSet, type Write } from "./conflicts/readSet";
import type { Engine } from "./engine";
import type { Caller, FunctionRunner, Outcome } from "./functions";

/** One query with its arguments on behalf of one caller. All who subscribe to it share it. */
export class LiveQuery {
  outcome: Outcome | null = null;
  /** Changes with the outcome; empty before the first. */
  signature = "";
  pageEnd: string | null;
  subscribers = 0;
  private reads = new ReadSet();
  private isDirty = true;

  constructor(
    readonly key: string,
    readonly path: string,
    private readonly caller: Caller,
    private readonly args: JSONValue,
    journal: string | null,
  ) {
    this.pageEnd = journal;
  }

  /** Looks whether a commit changed anything the query read. */
  touch(writes: readonly Write[]): void {
    this.isDirty ||= writes.some((write) => this.reads.hitBy(write) !== null);
  }

  /**
   * Runs the query if it has not run yet, or if what it read has changed. No transaction may be
   * admitted meanwhile: what the query reads is known only when it has run.
   *
   * @returns whether it ran.
   */
  async refresh(runner: FunctionRunner): Promise<boolean> {
    if (!this.isDirty) return false;
    this.isDirty = false;
    this.reads = new ReadSet();
    const execution = runner.newExecution({ reads: this.reads, pinnedEnd: this.pageEnd });
    const outcome = await runner.run(this.caller, this.path, this.args, "query", execution);
    this.pageEnd = execution.pageEnd;
    const { logLines: _logLines, ...result } = outcome;
    const signature = JSON.stringify(result);
    if (signature !== this.signature) {
      this.signature = signature;
      this.outcome = outcome;
    }
    return true;
  }
}

/**
 * All live queries of all sessions. After a commit, the queries that read something it wrote run
 * again, on one snapshot, and once each no matter how many subscribe. Then the sessions are notified.
 */
export class Subscriptions {
  /** Timestamp of the snapshot that all outcomes belong to. */
  timestamp = 0n;
  /** How often live queries have run, by the path of their function. */
  readonly executions = new Map<string, number>();
  private readonly queries = new Map<string, LiveQuery>();
  private readonly listeners = new Set<() => void>();
  private refreshing: Promise<void> = Promise.resolve();
  private isScheduled = false;
  /** Calls something outside of the function that commits. */
  private readonly outside = AsyncLocalStorage.snapshot();

  constructor(
    private readonly engine: Engine,
    private readonly runner: FunctionRunner,
  ) {
    engine.onCommit((writes) => {
      for (const query of this.queries.values()) query.touch(writes);
      this.schedule();
    });
  }

  subscribe(caller: Caller, path: string, args: JSONValue, journal: string | null): LiveQuery {
    const key = JSON.stringify([caller.identity, caller.isAdmin, path, args, journal]);
    let query = this.queries.get(key);
    if (query === undefined) {
      query = new LiveQuery(key, path, caller, args, journal);
      this.queries.set(key, query);
    }
    query.subscribers += 1;
    return query;
  }

  unsubscribe(query: LiveQuery): void {
    query.subscribers -= 1;
    if (query.subscribers === 0) this.queries.delete(query.key);
  }

  /** Calls back after each refresh. */
  onRefresh(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Resolves when all outcomes belong to one snapshot that is not older than the call. */
  async refresh(): Promise<void> {
    const next = this.refreshing.then(() => this.refreshNow());
    this.refreshing = next;
    await next;
  }

  /** Commits in quick succession share a refresh. */
  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    const refresh = () => {
      this.isScheduled = false;
      void this.refresh().then(() => {
        for (const listener of this.listeners) listener();
      });
    };
    // Called inside a component's function, a query would lose its user.
    this.outside(() => setImmediate(refresh));
  }

  private async refreshNow(): Promise<void> {
    await this.engine.withSnapshot(async () => {
      for (const query of [...this.queries.values()]) {
        if (!(await query.refresh(this.runner))) continue;
        this.executions.set(query.path, (this.executions.get(query.path) ?? 0) + 1);
      }
      this.timestamp = this.engine.timestamp;
    });
  }
}
