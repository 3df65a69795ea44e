import {
  aggregateHistory,
  AGGREGATION_TYPES,
  dayOf,
  FILTER_LIMITS,
  filterHash,
  prepareHistory,
  type AggregationResults,
  type AggregationType,
  type FilterOptions,
  type HistoryColumns,
} from "../../../src/engine";
import { internal } from "../../_generated/api";
import type { ActionCtx } from "../../_generated/server";
import { differencesBetween } from "../compare";
import { localDayAt } from "../settings";
import type { Difference } from "./report";

/** Whether the query answers rightly what is not stored, of the segments and attributes in store. */

/** Differences kept of one result. */
const MAX_OF_RESULT = 5;

type Answer = Partial<AggregationResults> | null;

/**
 * Asks for some filters through the code of the query, and compares with what the records come to.
 * What the query leaves to `request` is passed over.
 */
export async function checkAnswers(
  ctx: ActionCtx,
  userId: string,
  timeZone: string,
  history: HistoryColumns,
): Promise<Difference[]> {
  const { asOf } = localDayAt(Date.now(), timeZone);
  const differences: Difference[] = [];
  for (const filters of samplesOf(history, asOf)) {
    const answer: Answer = await ctx.runQuery(internal.answers.compute, { userId, filters, asOf });
    if (answer === null) continue;
    const day = { asOf: dayOf(filters.timeframe, asOf), timeZone };
    const expected = aggregateHistory(prepareHistory(history, day), [filters])[0]!;
    for (const aggregationType of AGGREGATION_TYPES) {
      differences.push(...differencesOf(aggregationType, filters, answer, expected));
    }
  }
  return differences;
}

/** A short timeframe of a topic, one of a channel, all time of a product, and the last year. */
function samplesOf({ dictionary }: HistoryColumns, asOf: string) {
  const year = String(Number(asOf.slice(0, 4)) - 1);
  const everything = { product: "All" as const, topics: [], channels: [] };
  const canBeChosen = (name: string) => name.length <= FILTER_LIMITS.maxStringLength;
  // The first title stands for none.
  const channels = dictionary.titles.slice(1).filter(canBeChosen).slice(0, 1);
  const topics = dictionary.topics.filter(canBeChosen).slice(0, 1);
  return [
    { ...everything, timeframe: "Last6M" as const, topics },
    { ...everything, timeframe: "MTD" as const, channels },
    { ...everything, timeframe: "All" as const, product: "YouTube" as const },
    { ...everything, timeframe: `${year}-01-01/${year}-12-31` as const },
  ];
}

function differencesOf(
  aggregationType: AggregationType,
  filters: FilterOptions & Difference["filters"],
  answer: Partial<AggregationResults>,
  expected: Partial<AggregationResults>,
): Difference[] {
  const [given, right] = [answer[aggregationType], expected[aggregationType]];
  const leaves = differencesBetween(given, right, { limit: MAX_OF_RESULT });
  const place = { aggregationType, filters, filterHash: filterHash(filters) };
  return leaves.map((leaf) => ({ fault: "answer-differs", ...place, ...leaf }));
}

/** Results among differences: each may differ in several places. */
export function countResults(differences: readonly Difference[]): number {
  return new Set(
    differences.map((one) => `${String(one.aggregationType)} ${String(one.filterHash)}`),
  ).size;
}
