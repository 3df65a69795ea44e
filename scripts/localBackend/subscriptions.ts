import { AsyncLocalStorage } from "node:async_hooks";
import type { JSONValue } from "convex/values";
import type { Engine } from "./engine";
import type { Caller, FunctionRunner, Outcome } from "./functions";

/** One query with its arguments on behalf of one caller, shared by all who subscribe to it. */
export class LiveQuery {
  outcome: Outcome | null = null;
  /** Differs where the outcome does; empty before the first. */
  signature = "";
  pageEnd: string | null;
  private tables = new Set<string>();
  private isDirty = true;
  /** What commits wrote while it ran; null while it does not. */
  private writtenMeanwhile: Set<string> | null = null;
  subscribers = 0;

  constructor(
    readonly key: string,
    private readonly caller: Caller,
    private readonly path: string,
    private readonly args: JSONValue,
    journal: string | null,
  ) {
    this.pageEnd = journal;
  }

  touch(tables: Set<string>): boolean {
    for (const table of this.tables) if (tables.has(table)) this.isDirty = true;
    for (const table of tables) this.writtenMeanwhile?.add(table);
    return this.isDirty;
  }

  /** Runs the query again if what it read has changed. */
  async refresh(runner: FunctionRunner): Promise<void> {
    if (!this.isDirty) return;
    this.isDirty = false;
    // What it reads is known only when it has run: a transaction under way may commit before.
    const written = (this.writtenMeanwhile = new Set());
    const execution = runner.newExecution(this.pageEnd);
    const outcome = await runner.run(this.caller, this.path, this.args, "query", execution);
    this.writtenMeanwhile = null;
    this.tables = execution.tables;
    this.touch(written);
    this.pageEnd = execution.pageEnd;
    const { logLines: _logLines, ...result } = outcome;
    const signature = JSON.stringify(result);
    if (signature === this.signature) return;
    this.signature = signature;
    this.outcome = outcome;
  }
}

/**
 * All live queries of all sessions. After a commit those that read what it wrote run again, once
 * each however many subscribe, all on one snapshot; then the sessions are told.
 */
export class Subscriptions {
  /** Timestamp of the snapshot that all outcomes are of. */
  timestamp = 0n;
  private readonly queries = new Map<string, LiveQuery>();
  private readonly listeners = new Set<() => void>();
  private refreshing: Promise<void> = Promise.resolve();
  private isScheduled = false;
  /** Runs something as if nobody had called it: not as part of the function that commits. */
  private readonly outside = AsyncLocalStorage.snapshot();

  constructor(
    private readonly engine: Engine,
    private readonly runner: FunctionRunner,
  ) {
    engine.onCommit((tables) => {
      for (const query of this.queries.values()) query.touch(tables);
      this.schedule();
    });
  }

  subscribe(caller: Caller, path: string, args: JSONValue, journal: string | null): LiveQuery {
    const key = JSON.stringify([caller.identity, caller.isAdmin, path, args, journal]);
    let query = this.queries.get(key);
    if (query === undefined) {
      query = new LiveQuery(key, caller, path, args, journal);
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

  /** Resolves when all outcomes are of one snapshot no older than the call. */
  async refresh(): Promise<void> {
    const next = this.refreshing.then(() => this.refreshNow());
    this.refreshing = next;
    await next;
  }

  /** Commits that follow at once share a refresh. */
  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    const refresh = () => {
      this.isScheduled = false;
      void this.refresh().then(() => {
        for (const listener of this.listeners) listener();
      });
    };
    // Inside a component's function, a query would be called by it, and lose its user.
    this.outside(() => setImmediate(refresh));
  }

  private async refreshNow(): Promise<void> {
    await this.engine.withSnapshot(async () => {
      for (const query of [...this.queries.values()]) await query.refresh(this.runner);
      this.timestamp = this.engine.timestamp;
    });
  }
}
