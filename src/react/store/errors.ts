import { ConvexError } from "convex/values";
import type { AggregationError } from "../types";

/** Refusals that computing in the browser cannot get around. */
const FINAL_CODES = new Set(["UNAUTHENTICATED", "INVALID_FILTERS", "UNKNOWN_AGGREGATION"]);

/** The server answers neither over WebSocket nor over HTTP. */
export class NoConnectionError extends Error {
  override name = "NoConnectionError";

  constructor(cause: unknown) {
    super("The server cannot be reached. The page keeps trying.", { cause });
  }
}

/** Any failure in the one shape components see. */
export function describeError(error: unknown, code = "SERVER_ERROR"): AggregationError {
  const data: unknown = error instanceof ConvexError ? error.data : null;
  if (typeof data === "object" && data !== null && "code" in data && "message" in data) {
    return { code: String(data.code), message: String(data.message) };
  }
  if (error instanceof NoConnectionError) return { code: "NO_CONNECTION", message: error.message };
  return { code, message: error instanceof Error ? error.message : String(error) };
}

/** A cursor that reading again from the first page replaces; not a wrong page size. */
export function isInvalidCursor(error: unknown): boolean {
  const data: unknown = error instanceof ConvexError ? error.data : null;
  return (
    typeof data === "object" &&
    data !== null &&
    "paginationError" in data &&
    data.paginationError === "InvalidCursor"
  );
}

export function isFinal({ code }: AggregationError): boolean {
  return FINAL_CODES.has(code);
}
