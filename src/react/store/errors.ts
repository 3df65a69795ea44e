import { ConvexError } from "convex/values";
import type { AggregationError } from "../types";

/** Refusals that computing in the browser cannot get around. */
const FINAL_CODES = new Set(["UNAUTHENTICATED", "INVALID_FILTERS", "UNKNOWN_AGGREGATION"]);

/** Any failure in the one shape components see. */
export function describeError(error: unknown, code = "SERVER_ERROR"): AggregationError {
  const data: unknown = error instanceof ConvexError ? error.data : null;
  if (typeof data === "object" && data !== null && "code" in data && "message" in data) {
    return { code: String(data.code), message: String(data.message) };
  }
  return { code, message: error instanceof Error ? error.message : String(error) };
}

export function isFinal({ code }: AggregationError): boolean {
  return FINAL_CODES.has(code);
}
