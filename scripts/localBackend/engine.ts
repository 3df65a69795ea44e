import { AsyncLocalStorage } from "node:async_hooks";
import { convexTest, type TestConvex } from "convex-test";
import type { GenericSchema, SchemaDefinition } from "convex/server";
import type { MountedComponent } from "./components";
import { Breaths } from "./breaths";
import { convexTestState, tableOfId, type ConvexTestState, type Database } from "./convexTestState";
import { installIndexes } from "./indexes";
import { FinishedJobs } from "./jobs";
import { enforceLimits } from "./limits";
import type { ModuleLoaders } from "./modules";
import { limitPlaces } from "./places";
import { releaseNextTimer } from "./timers";

type Schema = SchemaDefinition<GenericSchema, boolean>;
export type Accessor = Pick<
  TestConvex<Schema>,
  "query" | "mutation" | "action" | "fetch" | "withIdentity"
>;

/** What is noted while one function runs. */
export interface Execution {
  /** Tables read, by name, whether they are the app's or a component's. */
  tables: Set<string>;
  /** Timestamp of the last commit; 0 where nothing was committed. */
  committedAt: bigint;
  /** Where the page of a reactive query ended when it last ran: it ends there again. */
  pinnedEnd: string | null;
  /** Where the page that was read last ended. */
  pageEnd: string | null;
  log: (level: string, values: unknown[]) => void;
}

/** The tables of the app or of one component. */
interface WatchedDatabase {
  database: Database;
  jobs: FinishedJobs;
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
  private readonly breaths = new Breaths();
  private readonly databases: WatchedDatabase[];

  private constructor(
    readonly backend: TestConvex<Schema>,
    private readonly state: ConvexTestState,
  ) {
    this.databases = Object.values(state.components).map(({ db }) => this.watch(db));
    this.pinPages();
    this.watchTransactions();
    this.watchScheduler();
    enforceLimits(state);
    limitPlaces(state);
  }

  static async start(
    schema: Schema,
    modules: ModuleLoaders,
    components: readonly MountedComponent[],
  ): Promise<Engine> {
    const options = { schema, modules: asRecords(modules), transactionLimits: true };
    const backend = convexTest(options);
    for (const component of components) {
      // Without a schema it takes null, of which its types know nothing.
      const componentSchema = component.schema as Schema;
      backend.registerComponent(component.path, componentSchema, asRecords(component.modules));
    }
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
      if (!isNested) await this.breaths.takeTurn();
      while (!isNested && this.gate !== null && this.snapshots.getStore() !== true) await this.gate;
      await begin(isNested, limits);
      if (isNested) return;
      // What queries of earlier transactions had not read is never asked for again.
      for (const { database } of this.databases) database._queryResults = {};
    };
    const commit = manager.commit.bind(manager);
    manager.commit = (isNested) => {
      const written = isNested ? [] : this.databases.map(pendingWrites);
      const timestamp = commit(isNested);
      const execution = this.executions.getStore();
      if (timestamp !== null && execution !== undefined) execution.committedAt = timestamp;
      const tables = new Set<string>();
      written.forEach((ids, index) => {
        for (const id of ids) tables.add(tableOfId(id));
        this.databases[index]!.jobs.prune(ids);
      });
      if (tables.size > 0) for (const listener of this.listeners) listener(tables);
      return timestamp;
    };
  }

  /** Notes what is read of a database, and makes it fast. */
  private watch(database: Database): WatchedDatabase {
    const { forget } = installIndexes(database);
    const get = database.get.bind(database);
    database.get = (table, id) => {
      this.noteRead(table ?? tableOfId(id));
      return get(table, id);
    };
    const resolve = database._resolveQuerySource.bind(database);
    database._resolveQuerySource = (query) => {
      const { source } = query;
      const isScan = source.type === "FullTableScan";
      this.noteRead(isScan ? source.tableName : source.indexName.split(".")[0]!);
      return resolve(query);
    };
    return { database, jobs: new FinishedJobs(database, forget) };
  }

  private pinPages(): void {
    const database = this.rootDatabase;
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

  private watchScheduler(): void {
    const { scheduler } = this.state;
    const timerScheduled = scheduler.timerScheduled.bind(scheduler);
    scheduler.timerScheduled = () => {
      timerScheduled();
      // It is set right after this. What it would run ends with the backend.
      releaseNextTimer();
    };
    // A scheduled function that is cancelled while it runs rejects; nobody else waits for it.
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

/** convex-test wants modules to be records; what they hold is looked at when called. */
function asRecords(modules: ModuleLoaders) {
  return modules as Record<string, () => Promise<Record<string, unknown>>>;
}

/** Ids of what the present transaction writes. */
function pendingWrites({ database }: WatchedDatabase): string[] {
  return Object.keys(database._writes[0] ?? {});
}
