import { useMemo, useState, useSyncExternalStore } from "react";
import type { AggregationType, FilterOptions } from "../engine";
import { usePageStore } from "./AggregationConfig";
import type { Mode } from "./store/filterEntry";
import { Group, groupId, shownNext, type Snapshot } from "./store/group";
import type { AggregationStates } from "./types";

/**
 * Several aggregations of one filter, by type; else like `useAggregation`.
 *
 * @example
 * const { kpi, monthly_trend } = useAggregations(["kpi", "monthly_trend"], filters);
 */
export function useAggregations<T extends AggregationType>(
  types: readonly T[],
  filters: FilterOptions,
): AggregationStates<T> {
  return useGroup("auto", types, filters);
}

/** The states of a group of aggregations, earlier data standing in while new data is awaited. */
export function useGroup<T extends AggregationType>(
  mode: Mode,
  types: readonly T[],
  filters: FilterOptions,
): AggregationStates<T> {
  const store = usePageStore();
  const id = groupId(types, filters);
  const group = useMemo(() => new Group(store, mode, id), [store, mode, id]);
  const snapshot = useSyncExternalStore(group.subscribe, group.snapshot, group.serverSnapshot);
  // The store keeps each type's data with its type; it does not name them.
  return useShown(snapshot).states as AggregationStates<T>;
}

function useShown(snapshot: Snapshot): Snapshot {
  const [{ latest, shown }, setShown] = useState({ latest: snapshot, shown: snapshot });
  if (latest === snapshot) return shown;
  const next = shownNext(shown, snapshot);
  setShown({ latest: snapshot, shown: next });
  return next;
}
