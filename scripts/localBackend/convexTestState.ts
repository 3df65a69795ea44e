import { AsyncLocalStorage } from "node:async_hooks";

/**
 * The one file that reaches into convex-test. It offers no hooks, so what the backend needs is put
 * around members of its private state, found by watching what it keeps in its AsyncLocalStorage.
 * `assertMembers` fails at start, by name, when a new release has moved one of them.
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
  endCursor?: string | null;
}

export interface Database {
  _documents: Record<string, StoredDocument>;
  _writes: Record<string, StoredDocument | null>[];
  _queryResults: Record<number, unknown[]>;
  _schema: { tables: Map<string, { indexes: IndexDefinition[] }> } | null;
  get(tableName: string | null, id: string): StoredDocument | null;
  commit(timestamp: bigint | null): void;
  startQuery(query: QuerySource): number;
  queryNext(queryId: number): { value: unknown; done: boolean };
  paginate(args: PaginateArgs): { continueCursor: string };
  _resolveQuerySource(query: QuerySource): ResolvedSource;
  _iterateDocs(tableName: string, visit: (document: StoredDocument) => void): void;
  /** Checks the fields of a document that is about to be written, without the system's own. */
  _validate(tableName: string, fields: Record<string, unknown>): void;
}

export interface IndexDefinition {
  indexDescriptor: string;
  fields: string[];
}

export interface TransactionManager {
  _lastCommitTs: bigint;
  begin(isNested: boolean, limits?: unknown): Promise<void>;
  commit(isNested: boolean): bigint | null;
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

export interface Scheduler {
  _inFlight: Set<Promise<unknown>>;
  add(promise: Promise<unknown>): void;
  timerScheduled(): void;
  /** A scheduled function is due; its first transaction begins before this turn ends. */
  timerFired(): void;
}

const PINNED = "convex-test 0.0.60";

/** The private state of a backend made by `convexTest`. @throws where it is not as expected. */
export async function convexTestState(backend: {
  query: (handler: () => Promise<null>) => Promise<null>;
}): Promise<ConvexTestState> {
  // Its methods are put back on the prototype as they were.
  const storages = AsyncLocalStorage.prototype as { run: unknown };
  const { run } = storages;
  let found: unknown = null;
  storages.run = function (this: AsyncLocalStorage<unknown>, store: unknown, ...rest: never[]) {
    if (isRecord(store) && "transactionManager" in store) found = store;
    return (run as (...args: unknown[]) => unknown).call(this, store, ...rest);
  };
  try {
    await backend.query(() => Promise.resolve(null));
  } finally {
    storages.run = run;
  }
  assertMembers(found);
  return found;
}

function assertMembers(state: unknown): asserts state is ConvexTestState {
  requireMembers("state", state, [
    ...["components", "transactionManager", "scheduler", "syscall", "asyncSyscall"],
  ]);
  const { components, transactionManager, scheduler } = state;
  requireMembers("transactionManager", transactionManager, ["_lastCommitTs", "begin", "commit"]);
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
