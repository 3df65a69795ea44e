import type {
  DocumentByInfo,
  GenericTableInfo,
  OrderedQuery,
  PaginationOptions,
  PaginationResult,
} from "convex/server";
import { ConvexError } from "convex/values";
import { refusal } from "../errors";

/**
 * Reads a page of a query with options that come from a caller. The caller's function bounds how
 * much is read.
 *
 * @throws INVALID_CURSOR for a cursor that Convex did not make for this query, and for a page size
 *   that is not a whole number from 1 on.
 */
export async function readPage<Table extends GenericTableInfo>(
  query: OrderedQuery<Table>,
  options: PaginationOptions,
): Promise<PaginationResult<DocumentByInfo<Table>>> {
  const { numItems, maximumRowsRead = numItems } = options;
  requireSize("numItems", numItems);
  requireSize("maximumRowsRead", maximumRowsRead);
  try {
    return await query.paginate(options);
  } catch (error) {
    if (isInvalidCursor(error)) throw invalidCursor();
    throw error;
  }
}

function requireSize(name: "numItems" | "maximumRowsRead", size: number): void {
  if (Number.isInteger(size) && size >= 1) return;
  throw refusal(
    "INVALID_CURSOR",
    `Nothing was read: ${name} is ${size}; it must be a whole number from 1 on.`,
  );
}

/** What Convex says of a cursor that it cannot decrypt; only one of another query has data. */
const UNREADABLE_CURSOR =
  /^(?:Failed to parse cursor|Key is invalid for instance|Missing position field)/;

function isInvalidCursor(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (!(error instanceof ConvexError)) return UNREADABLE_CURSOR.test(error.message);
  const data: unknown = error.data;
  return (
    typeof data === "object" &&
    data !== null &&
    "paginationError" in data &&
    data.paginationError === "InvalidCursor"
  );
}

/** Carries Convex's own data as well: by that, its `usePaginatedQuery` knows to start again. */
function invalidCursor() {
  return refusal(
    "INVALID_CURSOR",
    "The cursor was not made by this query for this user; read again from the first page, with null as the cursor.",
    { isConvexSystemError: true, paginationError: "InvalidCursor" },
  );
}
