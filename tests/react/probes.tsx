import type { ReactNode } from "react";
import type { AggregationType, FilterOptions } from "../../src/engine";
import {
  useAggregation,
  useAggregations,
  type AggregationState,
  type AggregationStates,
} from "../../src/react";
import { Seen } from "./support";

/** A component that shows one aggregation, and what it was given so far. */
export function probe<T extends AggregationType>(type: T) {
  const seen = new Seen<AggregationState<T>>();
  function Probe({ filters }: { filters: FilterOptions }): ReactNode {
    // Filters written inline, as applications do: a new object each time.
    const state = useAggregation(type, { ...filters, topics: [...filters.topics] });
    seen.push(state);
    return state.status;
  }
  return { seen, Probe };
}

/** A component that shows several aggregations. */
export function groupProbe<T extends AggregationType>(types: readonly T[]) {
  const seen = new Seen<AggregationStates<T>>();
  function Probe({ filters }: { filters: FilterOptions }): ReactNode {
    const states = useAggregations(types, filters);
    seen.push(states);
    return null;
  }
  return { seen, Probe };
}
