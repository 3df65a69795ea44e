import type { MonthlyTrend } from "../../../src/engine/index";
import { monthsFromTo } from "./localTime";
import { titlesOf, watchTimeSecondsOf, type DatedRecord, type Selection } from "./selection";

export function monthlyTrend(selection: Selection): MonthlyTrend {
  return monthsOf(selection.dated).map((month) => {
    const records = selection.dated.filter((record) => record.local.month === month);
    return {
      month,
      videos: records.length,
      watchTimeSeconds: watchTimeSecondsOf(records),
      uniqueChannels: titlesOf(records).length,
    };
  });
}

/** Every month from the first to the last that has a record. */
export function monthsOf(dated: readonly DatedRecord[]): string[] {
  const months = dated.map((record) => record.local.month).sort();
  const [first, last] = [months[0], months.at(-1)];
  return first === undefined || last === undefined ? [] : monthsFromTo(first, last);
}
