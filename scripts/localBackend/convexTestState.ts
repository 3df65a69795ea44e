import { AsyncLocalStorage } from "node:async_hooks";
import type { ValidatorJSON } from "convex/values";

/**
 * The one file that reaches into convex-test, which has no hooks. What the backend needs is wrapped
 * around members of its private state. We find that state by watching what convex-test puts into its
 * AsyncLocalStorages. `convexTestState` fails at start, and names the member, if a new release of
 * convex-test has moved one of them.
 */

/** A document as convex-test stores it. */
export type StoredDocument = Record<string, unknown> & { _id: string; _creationTime: number };

/** A query as convex-test receives it, as far as it is read here. */
export interface QuerySource {
  source:
    | { type: "FullTableScan"; tableName: string; order: "asc" | "desc" | null }
    | { type: "IndexRange"; indexName: string; range: RangeFilter[]; order: "asc" | "desc" | null }
    | { type: "Search"; indexName: string };
  operators?: Record<string, unknown>[];
}

export interface RangeFilter {
  type: "Eq" | "Gt" | "Gte" | "Lt" | "Lte";
  fieldPath: string;
  value: unknown;
}

/** What a query has to look at, in its order, and which of it it wants. */
export interface ResolvedSource {
  sortedDocs: StoredDocument[];
  filterFn: (document: StoredDocument) => boolean;
}

export interface PaginateArgs {
  query: QuerySource;
  cursor: string | null;
  endCursor?: string | null;
  pageSize: number;
  maximumRowsRead?: number | null;
  maximumBytesRead?: number | null;
}

export interface Page {
  page: StoredDocument[];
  isDone: boolean;
  continueCursor: string;
  splitCursor: string | null;
}

/** Stands for the end of a query among its cursors. */
export const END_CURSOR = "_end_cursor";

export interface Database {
  _documents: Record<string, StoredDocument>;
  _writes: Record<string, StoredDocument | null>[];
  _queryResults: Record<number, unknown[]>;
  _schema: {
    schemaValidation: boolean;
    tables: Map<string, { indexes: IndexDefinition[]; documentType: ValidatorJSON }>;
  } | null;
  get(tableName: string | null, id: string): StoredDocument | null;
  commit(timestamp: bigint | null): void;
  startQuery(query: QuerySource): number;
  queryNext(queryId: number): { value: StoredDocument | null; done: boolean };
  paginate(args: PaginateArgs): Page;
  _resolveQuerySource(query: QuerySource): ResolvedSource;
  _iterateDocs(tableName: string, visit: (document: StoredDocument) => void): void;
  /** Checks the fields of a document that is about to be written, without the system's own. */
  _validate(tableName: string, fields: Record<string, unknown>): void;
}

export interface IndexDefinition {
  indexDescriptor: string;
  fields: string[];
}

/** What convex-test counts of a transaction, as far as it is read here. */
export const METRICS = ["bytesRead", "bytesWritten", "documentsRead", "documentsWritten"] as const;
export type Metrics = Record<(typeof METRICS)[number], { used: number }>;

export interface TransactionManager {
  _lastCommitTs: bigint;
  begin(isNested: boolean, limits?: unknown): Promise<void>;
  commit(isNested: boolean): bigint | null;
  rollback(isNested: boolean): void;
  /** What the running transaction has cost so far; null where none runs. */
  getMetricsTracker(): { getTransactionMetrics(): Metrics } | null;
  /** Hides pending writes from a query that reads a stale snapshot. */
  stashWrites(): unknown;
  restoreWrites(stashed: unknown): void;
}

export interface Component {
  db: Database;
  modules: (path: string) => Promise<Record<string, unknown>>;
}

export interface ConvexTestState {
  components: Record<string, Component>;
  transactionManager: TransactionManager;
  scheduler: Scheduler;
  /** What a function asks of the backend, as JSON. */
  syscall(operation: string, json: string): string;
  asyncSyscall(operation: string, json: string): Promise<string>;
}

/** What convex-test knows about the function that is running. */
export interface FunctionContexts {
  function: AsyncLocalStorage<{ paginatedQueries: number }>;
  request: AsyncLocalStorage<{ requestId: string; scheduledFunctionId: string | null }>;
}

export interface Scheduler {
  _inFlight: Set<Promise<unknown>>;
  add(promise: Promise<unknown>): void;
  timerScheduled(): void;
  /** A scheduled function is due; its first transaction begins before this turn ends. */
  timerFired(): void;
}

const PINNED = "convex-test 0.0.60";

/** A backend made by `convexTest`, as far as this file calls it. */
export interface TestBackend {
  action(handler: () => Promise<null>): Promise<unknown>;
}

/** The private state of a backend. @throws if it is not as expected. */
export function convexTestState(backend: TestBackend): ConvexTestState {
  const state = storesOf(backend).find(({ store }) => "transactionManager" in store)?.store;
  assertMembers(state);
  return state;
}

/** Where convex-test keeps what it knows about a running function. @throws if they are not found. */
export function functionContexts(backend: TestBackend): FunctionContexts {
  const stores = storesOf(backend);
  const find = (...members: string[]) => {
    const found = stores.find(({ store }) => members.every((member) => member in store));
    if (found === undefined) throw new Error(`${PINNED} was expected: no ${members.join(", ")}`);
    return found.storage;
  };
  return {
    // The members were just looked for.
    function: find("paginatedQueries") as FunctionContexts["function"],
    request: find("requestId", "scheduledFunctionId") as FunctionContexts["request"],
  };
}

interface Stored {
  storage: AsyncLocalStorage<unknown>;
  store: Record<string, unknown>;
}

/** What convex-test stores for an action: it does so before the call returns, without a transaction. */
function storesOf(backend: TestBackend): Stored[] {
  // The method is put back on the prototype as it was.
  const storages = AsyncLocalStorage.prototype as { run: unknown };
  const { run } = storages;
  const stores: Stored[] = [];
  storages.run = function (this: AsyncLocalStorage<unknown>, store: unknown, ...rest: never[]) {
    if (isRecord(store)) stores.push({ storage: this, store });
    return (run as (...args: unknown[]) => unknown).call(this, store, ...rest);
  };
  try {
    void backend.action(() => Promise.resolve(null));
  } finally {
    storages.run = run;
  }
  return stores;
}

function assertMembers(state: unknown): asserts state is ConvexTestState {
  requireMembers("state", state, [
    ...["components", "transactionManager", "scheduler", "syscall", "asyncSyscall"],
  ]);
  const { components, transactionManager, scheduler } = state;
  requireMembers("transactionManager", transactionManager, [
    ...["_lastCommitTs", "begin", "commit", "rollback", "stashWrites", "restoreWrites"],
    "getMetricsTracker",
  ]);
  requireMembers("scheduler", scheduler, [...["_inFlight", "add", "timerScheduled", "timerFired"]]);
  for (const component of Object.values(isRecord(components) ? components : {})) {
    requireMembers("component", component, ["db", "modules"]);
    requireMembers("database", component["db"], [
      ...["_documents", "_writes", "_queryResults", "_schema", "get", "commit", "startQuery"],
      ...["queryNext", "paginate", "_resolveQuerySource", "_iterateDocs", "_validate"],
    ]);
  }
}

function requireMembers(
  name: string,
  value: unknown,
  members: string[],
): asserts value is Record<string, unknown> {
  if (!isRecord(value)) throw new Error(`${PINNED} was expected: no ${name}`);
  const missing = members.find((member) => !(member in value));
  if (missing !== undefined) {
    throw new Error(`${PINNED} was expected: its ${name} has no member "${missing}"`);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** The table of a document id: convex-test writes "0000000000000010007watch_records". */
export function tableOfId(id: string): string {
  return id.replace(/^\d+/, "");
}
