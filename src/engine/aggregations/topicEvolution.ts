import * as z from "zod/mini";
import { change, percentage } from "../compute/arithmetic";
import { best, byCountThenName, indexOfGreatest } from "../compute/ranking";
import type { WindowView } from "../compute/view";
import { defineAggregation } from "./define";

const MAX_TOPICS = 25;
const MONTHS_COMPARED = 3;

/** The 25 topics with most dated videos, month by month. */
export const topicEvolution = defineAggregation({
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
    const isWatched = (topic: number) => datedTopics[topic]! > 0;
    const order = byCountThenName(datedTopics, dictionary.topics);
    const topics = best(dictionary.topics.length, MAX_TOPICS, isWatched, order);
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
  const { columnStarts, columns } = columnsBySet(view, topics);
  const add = (month: number, set: number, videos: number) => {
    for (let at = columnStarts[set]!; at < columnStarts[set + 1]!; at++) {
      counts[columns[at]!]![month - view.months.first]! += videos;
    }
  };
  if (view.tallies.hasTopicSetMonths) addTallies(view, add);
  else addRows(view, add);
  return counts;
}

type Add = (month: number, set: number, videos: number) => void;

function addTallies({ tallies, dictionary }: WindowView, add: Add): void {
  const setCount = dictionary.topicSets.length;
  tallies.topicSetVideos.forEach((videos, cell) => {
    if (videos > 0) add(Math.floor(cell / setCount), cell % setCount, videos);
  });
}

/** The same row by row, where there are too many topic sets to count each by month. */
function addRows({ selection, prepared, start }: WindowView, add: Add): void {
  const { hours, topicSets, count: end } = selection.dated;
  for (let row = start; row < end; row++) {
    add(prepared.dayMonths[(hours[row]! / 24) | 0]!, topicSets[row]!, 1);
  }
}

/** Which of the topics each topic set holds, as places in `topics`, all sets in one array. */
function columnsBySet({ dictionary }: WindowView, topics: readonly number[]) {
  const columnOf = new Map(topics.map((topic, column) => [topic, column]));
  const columnStarts = new Uint32Array(dictionary.topicSets.length + 1);
  const columns: number[] = [];
  dictionary.topicSets.forEach((set, index) => {
    for (const topic of set) {
      const column = columnOf.get(topic);
      if (column !== undefined) columns.push(column);
    }
    columnStarts[index + 1] = columns.length;
  });
  return { columnStarts, columns: Uint8Array.from(columns) };
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
