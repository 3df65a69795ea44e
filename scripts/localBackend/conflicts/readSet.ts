import { convexToJson, type Value } from "convex/values";
import {
  END_CURSOR,
  tableOfId,
  type Database,
  type Page,
  type PaginateArgs,
  type QuerySource,
  type StoredDocument,
} from "../convexTestState";
import {
  fieldsOf,
  isBetween,
  keyOf,
  keyOfCursor,
  sliceOf,
  tableOfQuery,
  WHOLE_TABLE,
  type Bound,
  type Slice,
} from "../indexSlices";
import type { Key } from "../sortedKeys";

/** What a commit did to one document; null where there is no document. */
export interface Write {
  database: Database;
  id: string;
  before: StoredDocument | null;
  after: StoredDocument | null;
}

/** A read that a write changed. */
export interface Hit {
  table: string;
  /** "by_id" for a document that was read by its id. */
  index: string;
  documentId: string;
}

/** The part of a stream that has been read so far: nothing at first. */
export interface OpenInterval {
  /** Everything up to and including this document has been read. */
  extendTo: (document: StoredDocument) => void;
  /** Everything has been read. */
  extendToEnd: () => void;
}

interface Interval {
  lower: Bound;
  upper: Bound;
  isEmpty: boolean;
}

interface IndexReads {
  index: string;
  fields: string[];
  /**
   * Intervals by how many of their first fields are fixed, and by the values of those. A write is
   * compared only with the intervals that share its values: an ingest alone reads 1,000 of them.
   */
  byFixed: Map<number, Map<string, Interval[]>>;
}

/**
 * What a transaction has read: documents by id, and intervals of indexes. An interval includes its
 * gaps, so a document that appears in one counts as a change of what was read. A document that was
 * looked for and not found counts as read, too.
 */
export class ReadSet {
  private readonly documents = new Map<Database, Set<string>>();
  private readonly tables = new Map<Database, Map<string, Map<string, IndexReads>>>();

  noteDocument(database: Database, id: string): void {
    getOrMake(this.documents, database, () => new Set()).add(id);
  }

  noteTable(database: Database, table: string): void {
    this.add(database, table, WHOLE_TABLE, 0);
  }

  /** Notes a stream of documents, of which nothing has been read yet. */
  noteStream(database: Database, query: QuerySource): OpenInterval {
    const slice = sliceOf(query);
    const { interval, fields } = this.add(database, tableOfQuery(query), slice, fixedFields(query));
    const end = slice.isDescending ? "lower" : "upper";
    interval.isEmpty = true;
    const extend = (bound: Bound) => {
      interval.isEmpty = false;
      interval[end] = bound;
    };
    return {
      extendTo: (document) => extend({ prefix: keyOf(document, fields), isInclusive: true }),
      extendToEnd: () => extend(slice[end]),
    };
  }

  /** Notes a page, from its cursor to where it ended. */
  notePage(database: Database, { query, ...args }: PaginateArgs, page: Page): void {
    const { cursor, endCursor, pageSize } = args;
    if (cursor === END_CURSOR) return;
    const slice = sliceOf(query);
    const fixed = fixedFields(query);
    const { interval, fields } = this.add(database, tableOfQuery(query), slice, fixed);
    const [start, end] = slice.isDescending
      ? (["upper", "lower"] as const)
      : (["lower", "upper"] as const);
    if (cursor !== null) interval[start] = { prefix: keyOfCursor(cursor), isInclusive: false };
    // Convex does not look beyond a page that is full. convex-test does, and calls it the last one.
    const last = page.page.length >= pageSize ? page.page.at(-1) : undefined;
    const endsAt = endCursor ?? page.continueCursor;
    if (endsAt !== END_CURSOR) {
      interval[end] = { prefix: keyOfCursor(endsAt), isInclusive: true };
    } else if (last !== undefined && (endCursor ?? null) === null) {
      interval[end] = { prefix: keyOf(last, fields), isInclusive: true };
    }
  }

  /** The first read that a write changed, or null. */
  hitBy({ database, id, before, after }: Write): Hit | null {
    const table = tableOfId(id);
    if (this.documents.get(database)?.has(id) === true) {
      return { table, index: "by_id", documentId: id };
    }
    for (const reads of this.tables.get(database)?.get(table)?.values() ?? []) {
      const isHit = [before, after].some((document) => document !== null && holds(reads, document));
      if (isHit) return { table, index: reads.index, documentId: id };
    }
    return null;
  }

  private add(database: Database, table: string, slice: Slice, fixed: number) {
    const { index, lower, upper } = slice;
    const tables = getOrMake(this.tables, database, () => new Map<string, never>());
    const indexes = getOrMake(tables, table, () => new Map<string, IndexReads>());
    const { fields, byFixed } = getOrMake(indexes, index, () => ({
      ...{ index, fields: fieldsOf(database, table, index) },
      byFixed: new Map<number, Map<string, Interval[]>>(),
    }));
    const interval: Interval = { lower, upper, isEmpty: false };
    const byValues = getOrMake(byFixed, fixed, () => new Map<string, Interval[]>());
    getOrMake(byValues, textOf(lower.prefix.slice(0, fixed)), () => []).push(interval);
    return { interval, fields };
  }
}

function holds({ fields, byFixed }: IndexReads, document: StoredDocument): boolean {
  const key = keyOf(document, fields);
  for (const [fixed, byValues] of byFixed) {
    const intervals = byValues.get(textOf(key.slice(0, fixed))) ?? [];
    const isHeld = intervals.some(
      ({ lower, upper, isEmpty }) => !isEmpty && isBetween(key, lower, upper),
    );
    if (isHeld) return true;
  }
  return false;
}

/** How many fields of its index a query fixes with `eq`. */
function fixedFields({ source }: QuerySource): number {
  if (source.type !== "IndexRange") return 0;
  return source.range.filter(({ type }) => type === "Eq").length;
}

/** The same for the same values, and for no others. */
function textOf(values: Key): string {
  return values.map(textOfValue).join("\u0000");
}

function textOfValue(value: Value | undefined): string {
  if (value === undefined) return "u";
  if (typeof value === "string") return `s${value}`;
  return JSON.stringify(convexToJson(value)); // keeps -0 and 0 apart, as indexes do
}

function getOrMake<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}
