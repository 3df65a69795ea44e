import { jsonToConvex, type JSONValue, type Value } from "convex/values";
import type { Database, QuerySource, StoredDocument } from "./convexTestState";
import { compareKeys, type Key } from "./sortedKeys";

/** The slice of an index that a query asks for. */
export interface Slice {
  index: string;
  lower: Bound;
  upper: Bound;
  /** How many documents to look at, from the end where the order starts; null for all of them. */
  limit: number | null;
  isDescending: boolean;
}

/** One end of a slice. An empty prefix leaves that end open. */
export interface Bound {
  prefix: Key;
  isInclusive: boolean;
}

const OPEN: Bound = { prefix: [], isInclusive: true };

export const WHOLE_TABLE: Slice = {
  index: "by_creation_time",
  lower: OPEN,
  upper: OPEN,
  limit: null,
  isDescending: false,
};

/** The table a query reads. */
export function tableOfQuery({ source }: QuerySource): string {
  if (source.type === "FullTableScan") return source.tableName;
  return source.indexName.split(".")[0]!; // "table.index"
}

/** The slice a query asks for: the whole table for a search. */
export function sliceOf({ source, operators = [] }: QuerySource): Slice {
  if (source.type === "Search") return WHOLE_TABLE;
  const slice: Slice = {
    ...WHOLE_TABLE,
    limit: limitOf(operators),
    isDescending: source.order === "desc",
  };
  if (source.type === "FullTableScan") return slice;
  slice.index = source.indexName.split(".")[1] ?? slice.index;
  const equal: Key = source.range
    .filter(({ type }) => type === "Eq")
    .map(({ value }) => toValue(value));
  slice.lower = { prefix: equal, isInclusive: true };
  slice.upper = { prefix: equal, isInclusive: true };
  for (const { type, value } of source.range) {
    const bound = { prefix: [...equal, toValue(value)], isInclusive: type.endsWith("e") };
    if (type.startsWith("G")) slice.lower = bound;
    if (type.startsWith("L")) slice.upper = bound;
  }
  return slice;
}

function limitOf(operators: Record<string, unknown>[]): number | null {
  const limit = operators.find((operator) => "limit" in operator)?.["limit"];
  return typeof limit === "number" ? limit : null;
}

/** A value of an index range: JSON, or a mark for a missing field. */
function toValue(json: unknown): Value | undefined {
  if (typeof json === "object" && json !== null && "$undefined" in json) return undefined;
  return jsonToConvex(json as Parameters<typeof jsonToConvex>[0]); // convex wrote it as JSON
}

/** All fields an index sorts by; the last one is the id. @throws if the index does not exist. */
export function fieldsOf(database: Database, table: string, index: string): string[] {
  if (index === "by_id") return ["_id"];
  if (index === "by_creation_time") return ["_creationTime", "_id"];
  const indexes = database._schema?.tables.get(table)?.indexes ?? [];
  const found = indexes.find(({ indexDescriptor }) => indexDescriptor === index);
  if (found === undefined) throw new Error(`The table "${table}" has no index "${index}".`);
  return [...found.fields, "_creationTime", "_id"];
}

/** Where a document stands in the index that sorts by these fields. */
export function keyOf(document: StoredDocument, fields: readonly string[]): Key {
  // Documents hold Convex values; a path into one yields one or undefined.
  return fields.map((path) => {
    let value: unknown = document;
    for (const name of path.split(".")) {
      const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
      value = isObject ? (value as Record<string, unknown>)[name] : undefined;
    }
    return value as Value | undefined;
  });
}

/** convex-test's cursors: a list of values, each JSON in a string, or null for a missing field. */
export function keyOfCursor(cursor: string): Key {
  const parts = JSON.parse(cursor) as (string | null)[];
  return parts.map((part) =>
    part === null ? undefined : jsonToConvex(JSON.parse(part) as JSONValue),
  );
}

/** Whether a key lies between two bounds. */
export function isBetween(key: Key, lower: Bound, upper: Bound): boolean {
  const above = compareKeys(key, lower.prefix);
  if (lower.isInclusive ? above < 0 : above <= 0) return false;
  const below = compareKeys(key, upper.prefix);
  return upper.isInclusive ? below <= 0 : below < 0;
}
