import { useCallback, useSyncExternalStore } from "react";
import { usePageStore } from "./AggregationConfig";
import { LOADING_FLAG } from "./store/flagStore";
import type { FeatureFlag } from "./types";

/**
 * A flag for the signed-in user, in OpenFeature's terms; changes in the database show at once.
 * While it is loading, and where it cannot be read, its value is false.
 *
 * @example
 * const { value, reason } = useFeatureFlag("precomputed_aggregations");
 */
export function useFeatureFlag(key: string): FeatureFlag {
  const { flags } = usePageStore();
  const subscribe = useCallback(
    (listener: () => void) => {
      const unlisten = flags.listen(listener);
      const release = flags.retain(key);
      return () => {
        unlisten();
        release();
      };
    },
    [flags, key],
  );
  return useSyncExternalStore(
    subscribe,
    () => flags.stateOf(key),
    () => LOADING_FLAG,
  );
}
