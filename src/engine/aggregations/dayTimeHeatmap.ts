import * as z from "zod/mini";
import { defineAggregation } from "./define";

const DAYS = 7;
const HOURS = 24;

/** Dated videos by local weekday (row 0 is Sunday) and hour (0–23). */
export const dayTimeHeatmap = defineAggregation({
  version: 1,
  lookBack: "window",
  schema: z.object({ videos: z.array(z.array(z.int())) }),
  compute: ({ clock: { weekHourVideos } }) => ({
    videos: Array.from({ length: DAYS }, (_, day) =>
      Array.from(weekHourVideos.subarray(day * HOURS, (day + 1) * HOURS)),
    ),
  }),
});
