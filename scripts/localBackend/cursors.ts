import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import type { Database, PaginateArgs } from "./convexTestState";

/**
 * Cursors as the real backend has them. Each belongs to one query: its table, index, bounds and
 * order. convex-test takes a cursor of any query, and answers it with the wrong page.
 */

const FINGERPRINT_DIGITS = 32;
const OTHER_QUERY =
  "InvalidCursor: Tried to run a query starting from a cursor, but it looks like this cursor is from a different query.";
/** Documents a transaction may read, so no page may ask for more. */
const MAX_PAGE_ITEMS = 32_000;

/** Refuses sizes and cursors in the words of the real backend, and binds cursors to their query. */
export function sealCursors(database: Database): void {
  const paginate = database.paginate.bind(database);
  database.paginate = (args) => {
    requireSizes(args);
    const fingerprint = fingerprintOf(database, args);
    const open = (cursor: string | null | undefined) =>
      cursor === null || cursor === undefined ? null : openCursor(cursor, fingerprint);
    const result = paginate({
      ...args,
      cursor: open(args.cursor),
      endCursor: open(args.endCursor),
    });
    const { continueCursor, splitCursor } = result;
    return {
      ...result,
      continueCursor: seal(continueCursor, fingerprint),
      splitCursor: splitCursor === null ? null : seal(splitCursor, fingerprint),
    };
  };
}

function requireSizes({ pageSize, maximumRowsRead, maximumBytesRead }: PaginateArgs): void {
  for (const size of [pageSize, maximumRowsRead ?? 1, maximumBytesRead ?? 1]) {
    if (Number.isInteger(size) && size >= 0) continue;
    throw new Error(`Invalid arguments for "queryPage": ${size} is not a whole number from 0 on`);
  }
  if (pageSize === 0) throw new Error("Must request at least 1 document while paginating");
  if (pageSize > MAX_PAGE_ITEMS) throw new Error(`Requested too many items: ${pageSize}`);
  if (maximumRowsRead === 0 || maximumBytesRead === 0) {
    throw new Error("maximumRowsRead and maximumBytesRead must be greater than 0");
  }
}

function fingerprintOf(database: Database, { query }: PaginateArgs): string {
  const [table = "", index = ""] =
    query.source.type === "FullTableScan" ? [] : query.source.indexName.split(".");
  const indexes = database._schema?.tables.get(table)?.indexes ?? [];
  const fields = indexes.find(({ indexDescriptor }) => indexDescriptor === index)?.fields;
  const text = JSON.stringify([query, fields]);
  return createHash("sha256").update(text).digest("hex").slice(0, FINGERPRINT_DIGITS);
}

function seal(cursor: string, fingerprint: string): string {
  return Buffer.from(fingerprint + cursor).toString("base64url");
}

function openCursor(sealed: string, fingerprint: string): string {
  const text = Buffer.from(sealed, "base64url").toString();
  if (!/^[0-9a-f]{32}(?:_end_cursor$|\[)/.test(text)) throw new Error("Failed to parse cursor");
  if (text.startsWith(fingerprint)) return text.slice(FINGERPRINT_DIGITS);
  // convex makes a ConvexError of an error with data.
  throw Object.assign(new Error(OTHER_QUERY), {
    data: { isConvexSystemError: true, paginationError: "InvalidCursor" },
  });
}
