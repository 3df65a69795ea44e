import {
  END_CURSOR,
  tableOfId,
  type Database,
  type PaginateArgs,
  type QuerySource,
  type ResolvedSource,
  type StoredDocument,
} from "./convexTestState";
import { fieldsOf, keyOf, keyOfCursor, sliceOf, WHOLE_TABLE, type Slice } from "./indexSlices";
import { compareKeys, SortedKeys, type Key, type Place } from "./sortedKeys";

/**
 * Keeps sorted keys for each index, because convex-test scans the whole table for every query. They
 * narrow down the documents that convex-test then filters itself, so convex-test still decides what
 * a query returns.
 */

interface SortedIndex {
  fields: string[];
  keys: SortedKeys;
}

/** @returns `forget`, which removes a document without a transaction. */
export function installIndexes(database: Database): { forget: (id: string) => void } {
  const tables = new Map<string, Map<string, SortedIndex>>();
  const indexesOf = (table: string) => {
    let indexes = tables.get(table);
    if (indexes === undefined) tables.set(table, (indexes = emptyIndexes(database, table)));
    return indexes;
  };
  for (const document of Object.values(database._documents)) {
    updateIndexes(indexesOf(tableOfId(document._id)), undefined, document);
  }
  followCommits(database, indexesOf);

  let slice: Slice | null = null;
  let page: PaginateArgs | null = null;
  const paginate = database.paginate.bind(database);
  database.paginate = (args) => {
    page = args;
    try {
      return paginate(args);
    } finally {
      page = null;
    }
  };
  const resolve = database._resolveQuerySource.bind(database);
  database._resolveQuerySource = (query) =>
    resolveEnough(query, (wanted) => {
      slice = page === null ? wanted : sliceOfPage(wanted, page);
      try {
        return resolve(query);
      } finally {
        slice = null;
      }
    });
  database._iterateDocs = (table, visit) => {
    iterate(database, indexesOf(table), table, slice ?? WHOLE_TABLE, visit);
  };
  const forget = (id: string) => {
    updateIndexes(indexesOf(tableOfId(id)), database._documents[id], undefined);
    Reflect.deleteProperty(database._documents, id);
  };
  return { forget };
}

/** How many times as much a filtered query looks at when what it saw did not suffice. */
const GROWTH = 4;

function emptyIndexes(database: Database, table: string): Map<string, SortedIndex> {
  const defined = database._schema?.tables.get(table)?.indexes ?? [];
  const names = ["by_creation_time", "by_id", ...defined.map((index) => index.indexDescriptor)];
  return new Map(
    names.map((name) => [
      name,
      { fields: fieldsOf(database, table, name), keys: new SortedKeys() },
    ]),
  );
}

/** Keeps the indexes as the documents are after each outermost commit. */
function followCommits(
  database: Database,
  indexesOf: (table: string) => Map<string, SortedIndex>,
): void {
  const commit = database.commit.bind(database);
  database.commit = (timestamp) => {
    const isOutermost = database._writes.length === 1;
    const ids = isOutermost ? Object.keys(database._writes[0] ?? {}) : [];
    const before = ids.map((id) => database._documents[id]);
    commit(timestamp);
    ids.forEach((id, index) => {
      updateIndexes(indexesOf(tableOfId(id)), before[index], database._documents[id]);
    });
  };
}

function updateIndexes(
  indexes: Map<string, SortedIndex>,
  before: StoredDocument | undefined,
  after: StoredDocument | undefined,
): void {
  for (const { fields, keys } of indexes.values()) {
    const oldKey = before === undefined ? null : keyOf(before, fields);
    const newKey = after === undefined ? null : keyOf(after, fields);
    if (oldKey !== null && newKey !== null && compareKeys(oldKey, newKey) === 0) continue;
    if (oldKey !== null) keys.remove(oldKey);
    if (newKey !== null) keys.insert(newKey);
  }
}

function iterate(
  database: Database,
  indexes: Map<string, SortedIndex>,
  table: string,
  slice: Slice,
  visit: (document: StoredDocument) => void,
): void {
  const pending = pendingIds(database, table);
  const { keys } = indexes.get(slice.index) ?? indexes.get("by_creation_time")!;
  const start = slice.lower.isInclusive
    ? firstAtLeast(keys, slice.lower.prefix)
    : firstAbove(keys, slice.lower.prefix);
  const end = slice.upper.isInclusive
    ? firstAbove(keys, slice.upper.prefix)
    : firstAtLeast(keys, slice.upper.prefix);
  // What this transaction has written may stand anywhere among them.
  const limit = pending.size === 0 ? (slice.limit ?? Infinity) : Infinity;
  const found = slice.isDescending
    ? keys.descending(start, end, limit)
    : keys.ascending(start, end, limit);
  for (const key of found) {
    const id = key.at(-1) as string; // every key ends with the document's id
    const document = pending.has(id) ? undefined : database._documents[id];
    if (document !== undefined) visit(document);
  }
  for (const id of pending) {
    const document = database.get(table, id);
    if (document !== null) visit(document);
  }
}

function pendingIds(database: Database, table: string): Set<string> {
  const ids = new Set<string>();
  for (const writes of database._writes) {
    for (const id in writes) if (tableOfId(id) === table) ids.add(id);
  }
  return ids;
}

/** Looks at no more of an index than a query needs, also where only a filter knows how much. */
function resolveEnough(
  query: QuerySource,
  resolve: (slice: Slice) => ResolvedSource,
): ResolvedSource {
  const wanted = sliceOf(query);
  const isFiltered = query.operators?.some((operator) => "filter" in operator) === true;
  if (wanted.limit === null || !isFiltered) return resolve(wanted);
  for (let limit = wanted.limit; ; limit *= GROWTH) {
    const resolved = resolve({ ...wanted, limit });
    const { sortedDocs, filterFn } = resolved;
    if (sortedDocs.length < limit) return resolved;
    if (sortedDocs.filter(filterFn).length >= wanted.limit) return resolved;
  }
}

/** What is left of a slice after a page's cursor, and no more than tells whether the page is the last. */
function sliceOfPage(slice: Slice, { query, cursor, endCursor, pageSize }: PaginateArgs): Slice {
  // Cursors of a search are not those of the index.
  if (query.source.type === "Search") return slice;
  const isFiltered = query.operators?.some((operator) => "filter" in operator) === true;
  const hasEnd = endCursor !== null && endCursor !== undefined;
  const left = { ...slice, limit: isFiltered || hasEnd ? null : pageSize + 1 };
  if (cursor === null || cursor === END_CURSOR) return left;
  const start = slice.isDescending ? "upper" : "lower";
  return { ...left, [start]: { prefix: keyOfCursor(cursor), isInclusive: false } };
}

function firstAtLeast(keys: SortedKeys, key: Key): Place {
  return keys.placeOf((stored) => compareKeys(stored, key) >= 0);
}

function firstAbove(keys: SortedKeys, key: Key): Place {
  return keys.placeOf((stored) => compareKeys(stored, key) > 0);
}
