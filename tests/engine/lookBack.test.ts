import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  AGGREGATION_TYPES,
  aggregateHistory,
  channelAttributes,
  decodeHistory,
  encodeSegment,
  HistoryDictionary,
  influenceStart,
  prepareHistory,
  TIMEFRAMES,
  type AggregationType,
} from "../../src/engine/index";
import { AGGREGATIONS } from "../../src/engine/aggregations/registry";
import { propertyRuns } from "./reference/compare";
import { scenario, type Scenario } from "./reference/scenarios";

/** Whether a result stays as it is whatever becomes of the records before its look-back. */
function isBlindBefore(type: AggregationType, { records, filters, ...at }: Scenario): boolean {
  const dated = records
    .filter(({ watchedAt }) => watchedAt !== null)
    .sort((a, b) => (a.watchedAt ?? 0) - (b.watchedAt ?? 0));
  return TIMEFRAMES.every((timeframe) => {
    const start = influenceStart(timeframe, at.asOf, at.timeZone, [type]);
    const isEarlier = ({ watchedAt }: { watchedAt: number | null }) => (watchedAt ?? 0) < start;
    const dictionary = HistoryDictionary.decode([]);
    const earlier = encodeSegment(dated.filter(isEarlier), dictionary);
    const later = encodeSegment(
      dated.filter((record) => !isEarlier(record)),
      dictionary,
    );
    const whole = prepareHistory(decodeHistory(dictionary, [earlier, later]), at);
    // What channels are known for stays: a change of that counts for every timeframe.
    const end = prepareHistory(decodeHistory(dictionary, [later], channelAttributes(whole)), at);
    const asked = [{ ...filters, timeframe }];
    const resultOf = (history: typeof whole) =>
      JSON.stringify(aggregateHistory(history, asked, [type]));
    return resultOf(whole) === resultOf(end);
  });
}

function search(type: AggregationType, runs: number) {
  return fc.check(
    fc.property(scenario(80), (given) => isBlindBefore(type, given)),
    propertyRuns(runs),
  );
}

describe("a change before the look-back of an aggregation", { timeout: 180_000 }, () => {
  it.each(AGGREGATION_TYPES)("never changes its result: %s", (type) => {
    const { failed, seed, counterexample } = search(type, 60);
    expect({ failed, seed: failed ? seed : null, counterexample }).toMatchObject({ failed: false });
  });

  it.each(["kpi", "topics_leaderboard"] as const)("is found where %s hides it", (type) => {
    const aggregation = AGGREGATIONS[type];
    const { lookBack } = aggregation;
    try {
      aggregation.lookBack = "window";
      expect(search(type, 500).failed).toBe(true);
    } finally {
      aggregation.lookBack = lookBack!;
    }
  });
});

it("an aggregation that declares no look-back may read everything", () => {
  const { lookBack } = AGGREGATIONS.kpi;
  try {
    delete AGGREGATIONS.kpi.lookBack;
    expect(influenceStart("MTD", "2026-05-31", "UTC")).toBe(-Infinity);
    expect(influenceStart("MTD", "2026-05-31", "UTC", ["monthly_trend"])).toBe(
      Date.UTC(2026, 4, 1),
    );
  } finally {
    AGGREGATIONS.kpi.lookBack = lookBack!;
  }
});
