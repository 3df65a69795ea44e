import { useQueries } from "convex/react";
import type { FunctionReturnType } from "convex/server";
import { api } from "../../../convex/_generated/api";

const FIRST_RECORD = {
  first: { query: api.watchRecords.page, args: { paginationOpts: { numItems: 1, cursor: null } } },
};
const NOTHING = {};

/**
 * Whether the user has any records at all, aggregated or not; undefined while that is not known.
 * Only reads: an aggregation that is asked for is stored, even of nothing.
 *
 * @param isAsked false where it is known anyway.
 */
export function useHasRecords(isAsked: boolean): boolean | undefined {
  const answers: Record<
    string,
    FunctionReturnType<typeof api.watchRecords.page> | Error | undefined
  > = useQueries(isAsked ? FIRST_RECORD : NOTHING);
  const { first } = answers;
  // The panels say what is wrong.
  if (first instanceof Error) return true;
  return first === undefined ? undefined : first.page.length > 0;
}
