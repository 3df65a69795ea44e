import { ConvexError, type Value } from "convex/values";

/** Every refusal a client can meet. */
export type ErrorCode =
  | "UNAUTHENTICATED"
  | "INVALID_FILTERS"
  | "INVALID_RECORDS"
  | "INVALID_TIME_ZONE"
  | "BATCH_TOO_LARGE"
  | "RATE_LIMITED"
  | "UNKNOWN_AGGREGATION"
  | "NOT_FOUND"
  /**
   * The request names no page. The cursor is not one of this query and user (then read again from
   * the first page), or `numItems` is not a whole number from 1 on.
   */
  | "INVALID_CURSOR"
  /** The user keeps the results of as many filters as may be kept, and uses all of them. */
  | "LIMIT_REACHED"
  /** Everything of the user is being deleted: what they write meanwhile is refused. */
  | "ERASING"
  /** Met by who calls what is for operators. */
  | "FORBIDDEN"
  /** Met by operators only. */
  | "INVALID_SETTING"
  /** Of the jobs over all users, one of a kind runs at a time. */
  | "ALREADY_RUNNING";

/**
 * An expected failure, in the one shape clients switch on.
 *
 * @param message what was wrong, with the value, and what is allowed.
 */
export function refusal(code: ErrorCode, message: string, context: Record<string, Value> = {}) {
  return new ConvexError({ code, message, ...context });
}
