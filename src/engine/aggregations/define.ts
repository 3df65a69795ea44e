import type * as z from "zod/mini";
import type { WindowView } from "../compute/view";

/** One aggregation: the schema of its result, the only source of its type, and how to compute it. */
export interface Aggregation<Schema extends z.ZodMiniType> {
  /**
   * Raised with every change of what the result is or means: stored results of an older version
   * read as stale and are recomputed.
   */
  version: number;
  schema: Schema;
  compute: (view: WindowView) => z.infer<Schema>;
}

export function defineAggregation<Schema extends z.ZodMiniType>(
  aggregation: Aggregation<Schema>,
): Aggregation<Schema> {
  return aggregation;
}
