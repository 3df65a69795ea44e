import type { ConvexReactClient } from "convex/react";
import type { FunctionArgs } from "convex/server";
import { api } from "../../../convex/_generated/api";
import type { AggregationType, FilterOptions } from "../../engine/query";
import { LiveQuery, WAITING, type Answer } from "./liveQuery";
import type { StoredRow } from "./reduce";

type RowsByType = Partial<Record<AggregationType, StoredRow | null>>;

interface Batch {
  types: ReadonlySet<AggregationType>;
  query: LiveQuery<RowsByType>;
}

/**
 * Subscriptions to the stored rows of one filter: one for all types that are wanted together, as a
 * call a type would be ten function calls for every change, and another for those that join later.
 */
export class StoredRows {
  private batches: Batch[] = [];

  constructor(
    private readonly client: ConvexReactClient,
    private readonly filters: FilterOptions,
    private readonly onChange: () => void,
  ) {}

  /** Subscribes to what is new among the wanted types; ends what holds none of them. */
  want(wanted: ReadonlySet<AggregationType>): void {
    const isWanted = ({ types }: Batch) => [...types].some((type) => wanted.has(type));
    for (const batch of this.batches) if (!isWanted(batch)) batch.query.stop();
    this.batches = this.batches.filter(isWanted);
    const covered = new Set(this.batches.flatMap(({ types }) => [...types]));
    const types = [...wanted].filter((type) => !covered.has(type));
    if (types.length > 0) this.subscribe(types);
  }

  answerOf(type: AggregationType): Answer<StoredRow | null> {
    const answer = this.batches.find(({ types }) => types.has(type))?.query.answer ?? WAITING;
    if (answer.state !== "answered") return answer;
    return { state: "answered", value: answer.value[type] ?? null };
  }

  /** All rows that are there. */
  rows(): StoredRow[] {
    return this.batches.flatMap(({ query: { answer } }) =>
      answer.state === "answered" ? Object.values(answer.value).filter((row) => row !== null) : [],
    );
  }

  stop(): void {
    for (const { query } of this.batches) query.stop();
    this.batches = [];
  }

  private subscribe(types: AggregationType[]): void {
    const args = { types: types.sort(), filters: mutableFilters(this.filters) };
    const watch = this.client.watchQuery(api.aggregations.getMany, args);
    const query = new LiveQuery<RowsByType>(watch, this.onChange);
    this.batches.push({ types: new Set(types), query });
    query.start();
  }
}

/** Filters as arguments of functions, which take mutable arrays. */
export function mutableFilters(
  filters: FilterOptions,
): FunctionArgs<typeof api.aggregations.request>["filters"] {
  return { ...filters, topics: [...filters.topics], channels: [...filters.channels] };
}
