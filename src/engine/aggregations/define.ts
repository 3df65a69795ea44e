import type * as z from "zod/mini";
import type { WindowView } from "../compute/view";

/**
 * What an aggregation reads before the timeframe's window, for results as of a day `asOf`.
 *
 * - "window": nothing. First watch and URL of a channel are known whatever is read.
 * - a function: the records from a local date on, "YYYY-MM-DD", where the window begins later.
 * - "all": every record, those without a time included.
 */
export type LookBack = "window" | "all" | ((asOf: string) => string);

/** One aggregation: the schema of its result, the only source of its type, and how to compute it. */
export interface Aggregation<Schema extends z.ZodMiniType> {
  /**
   * Raised with every change of what the result is or means, and where `lookBack` was too short:
   * stored results of an older version read as stale and are recomputed.
   */
  version: number;
  /**
   * How far back it reads. The records that a result is computed from, and the changes after which
   * it is computed again, follow from it: a look-back that is too short gives wrong results.
   *
   * Optional, so that leaving it out is safe: it is "all" then, right but slow.
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
