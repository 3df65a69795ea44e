import type * as z from "zod/mini";
import type { WindowView } from "../compute/view";

/** One aggregation: the schema of its result, the only source of its type, and how to compute it. */
export interface Aggregation<Schema extends z.ZodMiniType> {
  schema: Schema;
  compute: (view: WindowView) => z.infer<Schema>;
}

export function defineAggregation<Schema extends z.ZodMiniType>(
  aggregation: Aggregation<Schema>,
): Aggregation<Schema> {
  return aggregation;
}
