import type * as z from "zod/mini";
import type { WindowView } from "../compute/view";

/**
 * What an aggregation may read of the dated records before the window: nothing, those from a local
 * date on, or all of them.
 *
 * - "window": nothing. First watch and URL of a channel are known whatever is read.
 * - a function: the first local date read, "YYYY-MM-DD", for results as of `asOf`.
 * - "all": all of them.
 */
export type LookBack = "window" | "all" | ((asOf: string) => string);

/** One aggregation: the schema of its result, the only source of its type, and how to compute it. */
export interface Aggregation<Schema extends z.ZodMiniType> {
  /**
   * Raised with every change of what the result is or means: stored results of an older version
   * read as stale and are recomputed.
   */
  version: number;
  /**
   * How far back of the timeframe's window it reads. It decides which records a result is computed
   * from, and which changes make a stored result be computed again. Left out, it is "all".
   */
  lookBack?: LookBack;
  schema: Schema;
  compute: (view: WindowView) => z.infer<Schema>;
}

export function defineAggregation<Schema extends z.ZodMiniType>(
  aggregation: Aggregation<Schema>,
): Aggregation<Schema> {
  return aggregation;
}
