import { useConvexAuth, useQueries } from "convex/react";
import {
  getFunctionName,
  makeFunctionReference,
  type FunctionReference,
  type FunctionReturnType,
} from "convex/server";
import { useMemo } from "react";

type QueryWithoutArgs = FunctionReference<"query", "public", Record<string, never>>;

/**
 * A query of the signed-in user that the page can do without: undefined while it is loading, and
 * where it fails, which convex's `useQuery` would end the page for.
 *
 * @param isWanted false while it need not be asked yet.
 */
export function useQuietQuery<Query extends QueryWithoutArgs>(
  query: Query,
  isWanted = true,
): FunctionReturnType<Query> | undefined {
  const { isAuthenticated } = useConvexAuth();
  const isAsked = isAuthenticated && isWanted;
  // References are new objects each time.
  const name = getFunctionName(query);
  const queries = useMemo(
    () =>
      isAsked ? { answer: { query: makeFunctionReference<"query">(name), args: {} } } : NOTHING,
    [isAsked, name],
  );
  const answers: Record<string, FunctionReturnType<Query> | Error | undefined> =
    useQueries(queries);
  const { answer } = answers;
  if (answer instanceof Error) return undefined;
  return answer;
}

const NOTHING = {};
