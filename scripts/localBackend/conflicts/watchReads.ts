import type { Database, QuerySource } from "../convexTestState";
import type { OpenInterval, ReadSet } from "./readSet";

interface OpenStream {
  interval: OpenInterval;
  /** How many documents it may still return before its limit ends it. */
  left: number;
}

/** Notes what is read from a database in the read set of the transaction that reads. */
export function watchReads(database: Database, readSet: () => ReadSet | null): void {
  // convex-test reads documents one by one to answer a query. We note the query's interval instead.
  let isAnswering = false;
  const answer = <T>(run: () => T): T => {
    isAnswering = true;
    try {
      return run();
    } finally {
      isAnswering = false;
    }
  };
  const get = database.get.bind(database);
  database.get = (table, id) => {
    if (!isAnswering) readSet()?.noteDocument(database, id);
    return get(table, id);
  };
  watchStreams(database, readSet, answer);
  const paginate = database.paginate.bind(database);
  database.paginate = (args) => {
    const page = answer(() => paginate(args));
    readSet()?.notePage(database, args, page);
    return page;
  };
}

function watchStreams(
  database: Database,
  readSet: () => ReadSet | null,
  answer: <T>(run: () => T) => T,
): void {
  const streams = new WeakMap<ReadSet, Map<number, OpenStream>>();
  const start = database.startQuery.bind(database);
  database.startQuery = (query) => {
    const queryId = answer(() => start(query));
    const reads = readSet();
    if (reads !== null) {
      const open = streams.get(reads) ?? new Map<number, OpenStream>();
      streams.set(reads, open);
      open.set(queryId, { interval: reads.noteStream(database, query), left: limitOf(query) });
    }
    return queryId;
  };
  const next = database.queryNext.bind(database);
  database.queryNext = (queryId) => {
    const result = next(queryId);
    const reads = readSet();
    const open = reads === null ? undefined : streams.get(reads);
    const stream = open?.get(queryId);
    if (stream === undefined) return result;
    if (result.value !== null && !result.done) {
      stream.left -= 1;
      stream.interval.extendTo(result.value);
    } else {
      if (stream.left > 0) stream.interval.extendToEnd();
      open?.delete(queryId);
    }
    return result;
  };
}

function limitOf({ operators = [] }: QuerySource): number {
  const limit = operators.find((operator) => "limit" in operator)?.["limit"];
  return typeof limit === "number" ? limit : Infinity;
}
