import { convexTest, type TestConvex } from "convex-test";
import type { GenericSchema, SchemaDefinition } from "convex/server";
import { Admission } from "./admission";
import { Breaths } from "./breaths";
import type { MountedComponent } from "./components";
import { ConflictChecker } from "./conflicts/conflictChecker";
import type { Write } from "./conflicts/readSet";
import type { Conflict } from "./conflicts/retries";
import { convexTestState, tableOfId, type ConvexTestState, type Database } from "./convexTestState";
import { sealCursors } from "./cursors";
import { executions, snapshots } from "./executions";
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

/** The tables of the app or of one component. */
interface WatchedDatabase {
  database: Database;
  jobs: FinishedJobs;
}

/**
 * convex-test with what a server needs: transactions that conflict as Convex's do, knowledge of what
 * each commit wrote and each live query read, one snapshot for several queries, and speed with tens of
 * thousands of documents.
 */
export class Engine {
  private readonly listeners = new Set<(writes: readonly Write[]) => void>();
  private readonly admission = new Admission();
  private isStopped = false;
  private readonly breaths = new Breaths();
  private readonly databases: WatchedDatabase[];

  private constructor(
    readonly backend: TestConvex<Schema>,
    private readonly state: ConvexTestState,
    onConflict: (conflict: Conflict) => void,
  ) {
    this.databases = Object.values(state.components).map(({ db }) => {
      const { forget } = installIndexes(db);
      return { database: db, jobs: new FinishedJobs(db, forget) };
    });
    new ConflictChecker(backend, {
      sleep: (delayMs) => new Promise((resolve) => void setTimeout(resolve, delayMs).unref()),
      random: Math.random,
      isCron: () => executions.getStore()?.isCron === true,
      readSet: () => executions.getStore()?.reads ?? null,
      onConflict,
      onCommit: (writes) => this.noteCommit(writes),
    });
    // Around the checker, which reads the bounds of a page from the cursors inside.
    for (const { database } of this.databases) sealCursors(database);
    this.pinPages();
    this.watchTransactions();
    this.watchScheduler();
    enforceLimits(state);
    limitPlaces(state);
  }

  static start(
    schema: Schema,
    modules: ModuleLoaders,
    components: readonly MountedComponent[],
    onConflict: (conflict: Conflict) => void = () => undefined,
  ): Engine {
    const options = { schema, modules: asRecords(modules), transactionLimits: true };
    const backend = convexTest(options);
    for (const component of components) {
      // A component without tables has no schema. convex-test takes null for it; its types do not.
      const componentSchema = component.schema as Schema;
      backend.registerComponent(component.path, componentSchema, asRecords(component.modules));
    }
    const state = convexTestState(backend);
    // Clients take timestamp 0 for "never".
    state.transactionManager._lastCommitTs = BigInt(Date.now()) * 1_000_000n;
    return new Engine(backend, state, onConflict);
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

  /** Calls back after each commit with what it wrote. */
  onCommit(listener: (writes: readonly Write[]) => void): void {
    this.listeners.add(listener);
  }

  /** Runs queries while no other transaction is admitted, so that they all see one snapshot. */
  async withSnapshot<T>(run: () => Promise<T>): Promise<T> {
    return await this.admission.alone(() => snapshots.run(true, run));
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

  /** Notes that the live query that is running depends on a whole table of the app. */
  noteTable(table: string): void {
    executions.getStore()?.reads?.noteTable(this.rootDatabase, table);
  }

  /** Lets no more transactions begin, and resolves when all scheduled functions have ended. */
  async stop(): Promise<void> {
    this.isStopped = true;
    await Promise.allSettled(this.state.scheduler._inFlight);
  }

  private get rootDatabase() {
    return this.state.components[""]!.db;
  }

  private watchTransactions(): void {
    const manager = this.state.transactionManager;
    const isAdmitted = () => snapshots.getStore() !== true;
    const begin = manager.begin.bind(manager);
    manager.begin = async (isNested, limits) => {
      if (this.isStopped) throw new Error("canceled: the backend has stopped");
      if (isNested) {
        await begin(true, limits);
        return;
      }
      await this.breaths.takeTurn();
      if (isAdmitted()) await this.admission.enter();
      await begin(false, limits);
      // Earlier transactions never ask for the rest of their queries.
      for (const { database } of this.databases) database._queryResults = {};
    };
    const commit = manager.commit.bind(manager);
    manager.commit = (isNested) => {
      const timestamp = commit(isNested);
      const execution = executions.getStore();
      if (timestamp !== null && execution !== undefined) execution.committedAt = timestamp;
      if (!isNested && isAdmitted()) this.admission.leave();
      return timestamp;
    };
    const rollback = manager.rollback.bind(manager);
    manager.rollback = (isNested) => {
      rollback(isNested);
      if (!isNested && isAdmitted()) this.admission.leave();
    };
  }

  private noteCommit(writes: readonly Write[]): void {
    for (const { database, jobs } of this.databases) {
      jobs.prune(writes.filter((write) => write.database === database).map(({ id }) => id));
    }
    for (const listener of this.listeners) listener(writes);
  }

  private pinPages(): void {
    const database = this.rootDatabase;
    const paginate = database.paginate.bind(database);
    database.paginate = (args) => {
      const execution = executions.getStore();
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
      // convex-test sets the timer right after this call. It must not keep the process alive.
      releaseNextTimer();
    };
    // The promise of a scheduled function that is canceled while it runs rejects. Nobody awaits it.
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

/** convex-test wants modules to be records. It looks at their members when it calls one. */
function asRecords(modules: ModuleLoaders) {
  return modules as Record<string, () => Promise<Record<string, unknown>>>;
}
