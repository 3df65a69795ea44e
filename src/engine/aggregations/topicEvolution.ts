import * as z from "zod/mini";
import { change, percentage } from "../compute/arithmetic";
import { indexOfGreatest } from "../compute/ranking";
import type { WindowView } from "../compute/view";
import { defineAggregation } from "./define";

const MAX_TOPICS = 25;
const MONTHS_COMPARED = 3;

/** The 25 topics with most dated videos, month by month. */
export const topicEvolution = defineAggregation({
  version: 1,
  lookBack: "window",
  schema: z.object({
    /** "YYYY-MM", from the first to the last with a dated video. */
    months: z.array(z.string()),
    /** Dated videos of each month. */
    monthVideos: z.array(z.int()),
    topics: z.array(
      z.object({
        topic: z.string(),
        totalVideos: z.int(),
        /** Aligned with `months`. */
        videos: z.array(z.int()),
        /** Percent of the dated videos. */
        averageShare: z.number(),
        /** The three months that end with that of `asOf` against the three before, in percent. */
        growthRate: z.nullable(z.number()),
        /** The earliest on ties. */
        peakMonth: z.string(),
        lowMonth: z.string(),
      }),
    ),
  }),
  compute: (view) => {
    const { months, datedTopics, dictionary } = view;
    const topics = view.rankTopics(datedTopics, MAX_TOPICS);
    const byMonth = countByMonth(view, topics);
    return {
      months: months.names,
      monthVideos: Array.from(months.videos),
      topics: topics.map((topic, column) => {
        const videos = byMonth[column]!;
        return {
          topic: dictionary.topics[topic]!,
          totalVideos: datedTopics[topic]!,
          videos: Array.from(videos),
          averageShare: percentage(datedTopics[topic]!, view.datedCount),
          growthRate: growth(view, videos),
          peakMonth: months.names[indexOfGreatest(videos)]!,
          lowMonth: months.names[indexOfSmallest(videos)]!,
        };
      }),
    };
  },
});

/** Videos of each of a few topics by month, from the first month with a dated video on. */
function countByMonth(view: WindowView, topics: readonly number[]): Uint32Array[] {
  const counts = topics.map(() => new Uint32Array(view.months.names.length));
  const columnsOfSet = columnsBySet(view, topics);
  const add = (month: number, set: number, videos: number) => {
    for (const column of columnsOfSet[set]!) counts[column]![month]! += videos;
  };
  if (view.tallies.hasTopicSetMonths) addTallies(view, add);
  else addRows(view, add);
  return counts;
}

type Add = (month: number, set: number, videos: number) => void;

function addTallies({ months, tallies, dictionary }: WindowView, add: Add): void {
  const setCount = dictionary.topicSets.length;
  for (let month = 0; month < months.names.length; month++) {
    const cells = (months.first + month) * setCount;
    for (let set = 0; set < setCount; set++) {
      const videos = tallies.topicSetVideos[cells + set]!;
      if (videos > 0) add(month, set, videos);
    }
  }
}

/** The same row by row, where there are too many topic sets to count each by month. */
function addRows({ months, selection, prepared, start }: WindowView, add: Add): void {
  const { hours, topicSets, count: end } = selection.dated;
  for (let row = start; row < end; row++) {
    add(prepared.dayMonths[(hours[row]! / 24) | 0]! - months.first, topicSets[row]!, 1);
  }
}

/** Which of the topics each topic set holds, as places in `topics`. */
function columnsBySet({ dictionary }: WindowView, topics: readonly number[]): number[][] {
  const columnOf = new Map(topics.map((topic, column) => [topic, column]));
  return dictionary.topicSets.map((set) =>
    set.map((topic) => columnOf.get(topic) ?? -1).filter((column) => column >= 0),
  );
}

function growth({ months, prepared }: WindowView, videos: Uint32Array): number | null {
  const end = prepared.monthCount - months.first;
  const sumOf = (from: number, to: number) =>
    videos.subarray(Math.max(0, from), Math.max(0, to)).reduce((sum, value) => sum + value, 0);
  const recent = sumOf(end - MONTHS_COMPARED, end);
  return change(recent, sumOf(end - 2 * MONTHS_COMPARED, end - MONTHS_COMPARED));
}

function indexOfSmallest(values: Uint32Array): number {
  let smallest = 0;
  for (let index = 1; index < values.length; index++) {
    if (values[index]! < values[smallest]!) smallest = index;
  }
  return smallest;
}
