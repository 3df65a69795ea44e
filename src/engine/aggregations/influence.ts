import { timeframeWindow } from "../calendar/windows";
import { startOfLocalDay } from "../calendar/zones";
import { AGGREGATION_TYPES, dayOf, type AggregationType, type TimeframeFilter } from "../query";
import type { LookBack } from "./define";
import { AGGREGATIONS } from "./registry";

/**
 * Before this instant no dated record can change a result of a filter with this timeframe, first
 * watch and URL of channels apart: the start of the window, or of what an aggregation looks back on.
 *
 * @returns epoch milliseconds; -Infinity where all records count.
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
