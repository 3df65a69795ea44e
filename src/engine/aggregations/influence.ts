import { timeframeWindow } from "../calendar/windows";
import { startOfLocalDay } from "../calendar/zones";
import { AGGREGATION_TYPES, dayOf, type AggregationType, type TimeframeFilter } from "../query";
import type { LookBack } from "./define";
import { AGGREGATIONS } from "./registry";

/**
 * The earliest instant at which a change of a record can alter a result of any of these types in a
 * timeframe: the start of the window, or of what the types look back on. A change of a channel's
 * first watch or URL can alter results whenever it lies.
 *
 * @returns epoch milliseconds; -Infinity where every record counts, those without a time included.
 */
export function influenceStart(
  timeframe: TimeframeFilter,
  asOf: string,
  timeZone: string,
  types: readonly AggregationType[] = AGGREGATION_TYPES,
): number {
  const day = dayOf(timeframe, asOf);
  const window = timeframeWindow(timeframe, asOf, timeZone).from;
  return types.reduce((earliest, type) => {
    const aggregation: { lookBack?: LookBack } = AGGREGATIONS[type];
    const { lookBack = "all" } = aggregation;
    if (lookBack === "window") return earliest;
    if (lookBack === "all") return -Infinity;
    return Math.min(earliest, startOfLocalDay(lookBack(day), timeZone));
  }, window);
}
