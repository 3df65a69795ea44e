import type { ConvexReactClient } from "convex/react";
import type { FunctionArgs } from "convex/server";
import { api } from "../../../convex/_generated/api";
import type { AggregationType, FilterOptions } from "../../engine/query";
import { LiveQuery, WAITING, type Answer } from "./liveQuery";
import type { AnsweredRow } from "./reduce";

type RowsByType = Partial<Record<AggregationType, AnsweredRow | null>>;

interface Batch {
  types: ReadonlySet<AggregationType>;
  /** The local day asked for; null leaves it to the server. */
  asOf: string | null;
  query: LiveQuery<RowsByType>;
  /** The latest answer, and how many were computed from the segments. */
  last: RowsByType | null;
  computed: number;
}

/**
 * Subscriptions to the server's answers for one filter: one for all types that are wanted together,
 * as a call a type would be ten function calls for every change, and another for those that join
 * later.
 */
export class ServerRows {
  private batches: Batch[] = [];
  /** The server does not answer for the day of this clock. */
  private isDayRefused = false;

  constructor(
    private readonly client: ConvexReactClient,
    private readonly filters: FilterOptions,
    private readonly onChange: () => void,
  ) {}

  /** Subscribes to what is new among the wanted types; ends what holds none of them. */
  want(wanted: ReadonlySet<AggregationType>, today: string): void {
    this.isDayRefused ||= this.batches.some(isRefused);
    const asOf = this.isDayRefused ? null : today;
    const isWanted = (batch: Batch) =>
      batch.asOf === asOf && [...batch.types].some((type) => wanted.has(type));
    for (const batch of this.batches) if (!isWanted(batch)) batch.query.stop();
    this.batches = this.batches.filter(isWanted);
    const covered = new Set(this.batches.flatMap(({ types }) => [...types]));
    const types = [...wanted].filter((type) => !covered.has(type));
    if (types.length > 0) this.subscribe(types, asOf);
  }

  answerOf(type: AggregationType): Answer<AnsweredRow | null> {
    const answer = this.batches.find(({ types }) => types.has(type))?.query.answer ?? WAITING;
    if (answer.state !== "answered") return answer;
    return { state: "answered", value: answer.value[type] ?? null };
  }

  /** All rows that are there. */
  rows(): AnsweredRow[] {
    return this.batches.flatMap(({ query: { answer } }) =>
      answer.state === "answered" ? Object.values(answer.value).filter((row) => row !== null) : [],
    );
  }

  get isSubscribed(): boolean {
    return this.batches.length > 0;
  }

  /** Whether one of them is stored on the server. */
  get hasStored(): boolean {
    return this.rows().some(({ basis }) => basis === "results");
  }

  /** How many answers the server has computed for one subscription, at most. */
  get computedAnswers(): number {
    return Math.max(0, ...this.batches.map(({ computed }) => computed));
  }

  stop(): void {
    for (const { query } of this.batches) query.stop();
    this.batches = [];
  }

  private subscribe(types: AggregationType[], asOf: string | null): void {
    const args = { types: types.sort(), filters: mutableFilters(this.filters) };
    const watch = this.client.watchQuery(
      api.aggregations.getMany,
      asOf === null ? args : { ...args, asOf },
    );
    const query = new LiveQuery<RowsByType>(watch, () => {
      countComputed(batch);
      this.onChange();
    });
    const batch: Batch = { types: new Set(types), asOf, query, last: null, computed: 0 };
    this.batches.push(batch);
    query.start();
  }
}

/** The filters were checked before: it is the day. */
function isRefused({ asOf, query: { answer } }: Batch): boolean {
  return asOf !== null && answer.state === "failed" && answer.error.code === "INVALID_FILTERS";
}

function countComputed(batch: Batch): void {
  const { answer } = batch.query;
  if (answer.state !== "answered" || answer.value === batch.last) return;
  batch.last = answer.value;
  const isComputed = Object.values(answer.value).some((row) => row?.basis === "segments");
  if (isComputed) batch.computed += 1;
}

/** Filters as arguments of functions, which take mutable arrays. */
export function mutableFilters(
  filters: FilterOptions,
): FunctionArgs<typeof api.aggregations.request>["filters"] {
  return { ...filters, topics: [...filters.topics], channels: [...filters.channels] };
}
