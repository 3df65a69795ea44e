import type { ChannelRelationships } from "../../../src/engine/index";
import { byName, distinct, histogram, sum } from "./arithmetic";
import { channelPairs, topicsOf } from "./channels";
import type { DatedRecord, Selection } from "./selection";

export function channelRelationships(selection: Selection): ChannelRelationships {
  const recordsOf = (channel: string) =>
    selection.dated.filter((record) => record.channelTitle === channel);
  return channelPairs(selection)
    .filter((pair) => pair.coWatchScore >= 10)
    .sort(
      (left, right) =>
        right.coWatchScore - left.coWatchScore ||
        right.coSessions - left.coSessions ||
        byName(left.channel1, right.channel1) ||
        byName(left.channel2, right.channel2),
    )
    .slice(0, 50)
    .map((pair) => {
      const records1 = recordsOf(pair.channel1);
      const records2 = recordsOf(pair.channel2);
      return {
        ...pair,
        topicOverlap: topicOverlap(records1, records2),
        temporalCorrelation: correlation(hoursOf(records1), hoursOf(records2)),
      };
    });
}

function topicOverlap(records1: readonly DatedRecord[], records2: readonly DatedRecord[]) {
  const topics2 = topicsOf(records2);
  return topicsOf(records1)
    .filter((topic) => topics2.includes(topic))
    .slice(0, 20);
}

function hoursOf(records: readonly DatedRecord[]): number[] {
  return histogram(
    records.map((record) => record.local.hour),
    24,
  );
}

/**
 * Pearson's r from the deviations of both sides from their means, summed by hour; 0 where a side is
 * constant. aggregations.md leaves the order of operations open; the worked cases settle it to the bit.
 */
function correlation(left: readonly number[], right: readonly number[]): number {
  if (distinct(left).length === 1 || distinct(right).length === 1) return 0;
  const deviationsLeft = deviationsOf(left);
  const deviationsRight = deviationsOf(right);
  const products = deviationsLeft.map((deviation, hour) => deviation * deviationsRight[hour]!);
  const squares = (deviations: readonly number[]) => sum(deviations.map((value) => value * value));
  return sum(products) / Math.sqrt(squares(deviationsLeft) * squares(deviationsRight));
}

function deviationsOf(values: readonly number[]): number[] {
  const mean = sum(values) / values.length;
  return values.map((value) => value - mean);
}
