import * as z from "zod/mini";
import { defineAggregation } from "./define";

/** One row for every month from the first to the last with a dated video, empty ones included. */
export const monthlyTrend = defineAggregation({
  version: 1,
  lookBack: "window",
  schema: z.array(
    z.object({
      /** "YYYY-MM" */
      month: z.string(),
      videos: z.int(),
      watchTimeSeconds: z.int(),
      uniqueChannels: z.int(),
    }),
  ),
  compute: ({ months, tallies }) =>
    months.names.map((month, index) => ({
      month,
      videos: months.videos[index]!,
      watchTimeSeconds: tallies.monthSeconds[months.first + index]!,
      uniqueChannels: tallies.monthChannels[months.first + index]!,
    })),
});
