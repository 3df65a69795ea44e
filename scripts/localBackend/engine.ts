import { AsyncLocalStorage } from "node:async_hooks";
import { convexTest, type TestConvex } from "convex-test";
import type { GenericSchema, SchemaDefinition } from "convex/server";
import { convexTestState, tableOfId, type ConvexTestState } from "./convexTestState";
import { installIndexes } from "./indexes";
import type { ModuleLoaders } from "./modules";

type Schema = SchemaDefinition<GenericSchema, boolean>;
export type Accessor = Pick<
  TestConvex<Schema>,
  "query" | "mutation" | "action" | "fetch" | "withIdentity"
>;

/** Finished scheduled functions are kept this many, then the oldest go. */
const MAX_FINISHED_JOBS = 200;
const JOBS_TABLE = "_scheduled_functions";

/** What is noted while one function runs. */
export interface Execution {
  /** Tables read, by name. */
  tables: Set<string>;
  /** Timestamp of the last commit; 0 where nothing was committed. */
  committedAt: bigint;
  /** Where the page of a reactive query ended when it last ran: it ends there again. */
  pinnedEnd: string | null;
  /** Where the page that was read last ended. */
  pageEnd: string | null;
  log: (level: string, values: unknown[]) => void;
}

/**
 * convex-test with what a server needs: to know what each commit touched and each query read, to
 * hold a snapshot over several queries, and to be fast at tens of thousands of documents.
 */
export class Engine {
  readonly executions = new AsyncLocalStorage<Execution>();
  private readonly snapshots = new AsyncLocalStorage<true>();
  private readonly listeners = new Set<(tables: Set<string>) => void>();
  private openGate: (() => void) | null = null;
  private gate: Promise<void> | null = null;
  private isStopped = false;
  private readonly finishedJobs: string[] = [];
  private forgetDocument: (id: string) => void = () => undefined;

  private constructor(
    readonly backend: TestConvex<Schema>,
    private readonly state: ConvexTestState,
  ) {
    this.watchTransactions();
    this.watchReads();
    this.reportScheduled();
  }

  static async start(schema: Schema, modules: ModuleLoaders): Promise<Engine> {
    // convex-test wants modules to be records; what they hold is looked at when called.
    const loaders = modules as Record<string, () => Promise<Record<string, unknown>>>;
    const backend = convexTest({ schema, modules: loaders, transactionLimits: true });
    const state = await convexTestState(backend);
    // Clients take timestamp 0 for "never".
    state.transactionManager._lastCommitTs = BigInt(Date.now()) * 1_000_000n;
    return new Engine(backend, state);
  }

  /** Timestamp of the last commit. */
  get timestamp(): bigint {
    return this.state.transactionManager._lastCommitTs;
  }

  /** Continues after a timestamp that a client has seen from an earlier life of this backend. */
  advanceTo(timestamp: bigint): void {
    const manager = this.state.transactionManager;
    if (timestamp > manager._lastCommitTs) manager._lastCommitTs = timestamp;
  }

  /** Calls back after each commit with the tables it wrote. */
  onCommit(listener: (tables: Set<string>) => void): void {
    this.listeners.add(listener);
  }

  /** Runs queries while no transaction but theirs begins: they see one snapshot. */
  async withSnapshot<T>(run: () => Promise<T>): Promise<T> {
    while (this.gate !== null) await this.gate;
    this.gate = new Promise((resolve) => (this.openGate = resolve));
    try {
      return await this.snapshots.run(true, run);
    } finally {
      this.gate = null;
      this.openGate?.();
    }
  }

  tableNames(): string[] {
    const schemaTables = this.rootDatabase._schema?.tables.keys() ?? [];
    const stored = Object.keys(this.rootDatabase._documents).map(tableOfId);
    return [...new Set([...schemaTables, ...stored])]
      .filter((name) => !name.startsWith("_"))
      .sort();
  }

  documentsOf(table: string) {
    return Object.values(this.rootDatabase._documents).filter(
      (document) => tableOfId(document._id) === table,
    );
  }

  /** Notes that the present execution depends on a table. */
  noteRead(table: string): void {
    this.executions.getStore()?.tables.add(table);
  }

  /** Lets no further transaction begin, and resolves when scheduled functions have ended. */
  async stop(): Promise<void> {
    this.isStopped = true;
    await Promise.allSettled(this.state.scheduler._inFlight);
  }

  private get rootDatabase() {
    return this.state.components[""]!.db;
  }

  private watchTransactions(): void {
    const manager = this.state.transactionManager;
    const begin = manager.begin.bind(manager);
    manager.begin = async (isNested, limits) => {
      if (this.isStopped) throw new Error("canceled: the backend has stopped");
      while (!isNested && this.gate !== null && this.snapshots.getStore() !== true) await this.gate;
      await begin(isNested, limits);
      // What queries of earlier transactions had not read is never asked for again.
      if (!isNested) this.rootDatabase._queryResults = {};
    };
    const commit = manager.commit.bind(manager);
    manager.commit = (isNested) => {
      const written = isNested ? [] : Object.keys(this.rootDatabase._writes[0] ?? {});
      const timestamp = commit(isNested);
      const execution = this.executions.getStore();
      if (timestamp !== null && execution !== undefined) execution.committedAt = timestamp;
      const tables = new Set(written.map(tableOfId));
      if (tables.has(JOBS_TABLE)) this.pruneJobs(written);
      if (tables.size > 0) for (const listener of this.listeners) listener(tables);
      return timestamp;
    };
  }

  private watchReads(): void {
    const database = this.rootDatabase;
    const { forget } = installIndexes(database);
    this.forgetDocument = forget;
    const note = (table: string) => this.noteRead(table);
    const get = database.get.bind(database);
    database.get = (table, id) => {
      note(table ?? tableOfId(id));
      return get(table, id);
    };
    const resolve = database._resolveQuerySource.bind(database);
    database._resolveQuerySource = (query) => {
      const { source } = query;
      note(source.type === "FullTableScan" ? source.tableName : source.indexName.split(".")[0]!);
      return resolve(query);
    };
    const paginate = database.paginate.bind(database);
    database.paginate = (args) => {
      const execution = this.executions.getStore();
      const pin = execution?.pinnedEnd ?? null;
      const isPinned = pin !== null && (args.endCursor ?? null) === null;
      const result = paginate(isPinned ? { ...args, endCursor: pin } : args);
      if (execution !== undefined) execution.pageEnd = result.continueCursor;
      return result;
    };
  }

  /** Keeps the documents of finished scheduled functions from growing without end. */
  private pruneJobs(written: readonly string[]): void {
    for (const id of written) {
      const document = this.rootDatabase._documents[id];
      if (tableOfId(id) === JOBS_TABLE && isFinished(document?.["state"]))
        this.finishedJobs.push(id);
    }
    while (this.finishedJobs.length > MAX_FINISHED_JOBS) {
      const oldest = this.finishedJobs.shift();
      if (oldest !== undefined) this.forgetDocument(oldest);
    }
  }

  /** A scheduled function that is cancelled while it runs rejects; nobody else waits for it. */
  private reportScheduled(): void {
    const { scheduler } = this.state;
    const add = scheduler.add.bind(scheduler);
    scheduler.add = (promise) => {
      promise.catch((error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        if (!message.includes("canceled")) console.error(`scheduled function: ${message}`);
      });
      add(promise);
    };
  }
}

function isFinished(state: unknown): boolean {
  const { kind } = (state ?? {}) as { kind?: string };
  return kind === "success" || kind === "failed" || kind === "canceled";
}
