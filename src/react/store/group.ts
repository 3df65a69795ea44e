import {
  AGGREGATION_TYPES,
  canonicalizeFilters,
  type AggregationType,
  type FilterOptions,
} from "../../engine/query";
import type { AggregationError } from "../types";
import type { Mode } from "./filterEntry";
import { filterKey } from "./filterKey";
import type { PageStore } from "./pageStore";
import { failed, PENDING, type State } from "./reduce";

/** What a component asked for, as text: equal for filters that mean the same. */
export function groupId(types: readonly AggregationType[], filters: FilterOptions): string {
  const asked: Asked = { types, ...checked(types, filters) };
  return JSON.stringify(asked);
}

interface Asked {
  types: readonly AggregationType[];
  filters?: FilterOptions;
  error?: AggregationError;
}

function checked(types: readonly string[], filters: FilterOptions): Omit<Asked, "types"> {
  const unknown = types.find((type) => !AGGREGATION_TYPES.some((known) => known === type));
  if (unknown !== undefined) {
    const message = `"${unknown}" is not an aggregation; there are ${AGGREGATION_TYPES.join(", ")}.`;
    return { error: { code: "UNKNOWN_AGGREGATION", message } };
  }
  try {
    return { filters: canonicalizeFilters(filters) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { error: { code: "INVALID_FILTERS", message } };
  }
}

/** The states of several aggregations at one instant, and whose they are. */
export interface Snapshot {
  owner: number;
  states: Partial<Record<AggregationType, State>>;
}

/** The aggregations one component shows, as an external store for React. */
export class Group {
  private readonly asked: Asked;
  private readonly key: string | null;
  private last: Snapshot;

  constructor(
    private readonly store: PageStore,
    private readonly mode: Mode,
    id: string,
  ) {
    this.asked = JSON.parse(id) as Asked; // what `groupId` wrote
    const { filters, error } = this.asked;
    this.key = filters === undefined ? null : filterKey(filters);
    const initial = error === undefined ? PENDING : failed(error);
    this.last = { owner: store.owner, states: this.byType(() => initial) };
    this.server = this.last;
  }

  private readonly server: Snapshot;

  readonly subscribe = (listener: () => void): (() => void) => {
    const { filters, types } = this.asked;
    if (filters === undefined) return () => undefined;
    const release = this.store.retain(this.mode, types, filters);
    const unlisten = this.store.listen(listener);
    return () => {
      unlisten();
      release();
    };
  };

  /** The same object while nothing changed. */
  readonly snapshot = (): Snapshot => {
    const { key, last, store } = this;
    if (key === null) return last;
    const states = this.byType((type) => store.stateOf(this.mode, type, key) ?? PENDING);
    const isSame =
      last.owner === store.owner &&
      this.asked.types.every((type) => last.states[type] === states[type]);
    return isSame ? last : (this.last = { owner: store.owner, states });
  };

  readonly serverSnapshot = (): Snapshot => this.server;

  private byType(stateOf: (type: AggregationType) => State): Snapshot["states"] {
    return Object.fromEntries(this.asked.types.map((type) => [type, stateOf(type)]));
  }
}

/**
 * What a component shows next: each new state, but earlier data in place of a pending one, as long
 * as it is the same user's.
 */
export function shownNext(shown: Snapshot, next: Snapshot): Snapshot {
  if (shown.owner !== next.owner) return next;
  const states = { ...next.states };
  for (const type of AGGREGATION_TYPES) {
    const before = shown.states[type];
    const now = states[type];
    if (now?.status !== "pending" || before?.status !== "success") continue;
    states[type] = { ...before, loading: true, isStale: true, progress: now.progress };
  }
  return { owner: next.owner, states };
}
