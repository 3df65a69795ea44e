import * as z from "zod/mini";
import { percentage } from "../compute/arithmetic";
import { defineAggregation } from "./define";

const HOURS = 24;
const DAYS = 7;
const WEEKS = 5;
const MONTHS = 12;

const bin = { videos: z.int(), percentage: z.number() };

/** Dated videos by local hour, weekday (0 is Sunday), week of the month and month of the year. */
export const viewingPatterns = defineAggregation({
  version: 1,
  lookBack: "window",
  schema: z.object({
    hourly: z.array(z.object({ hour: z.int(), ...bin })),
    daily: z.array(z.object({ dayOfWeek: z.int(), ...bin })),
    weekly: z.array(z.object({ weekOfMonth: z.int(), ...bin })),
    monthly: z.array(z.object({ month: z.int(), ...bin })),
  }),
  compute: ({ clock, firstDay, prepared, datedCount }) => {
    const hourly = new Uint32Array(HOURS);
    const daily = new Uint32Array(DAYS);
    const weekly = new Uint32Array(WEEKS);
    const monthly = new Uint32Array(MONTHS);
    clock.weekHourVideos.forEach((videos, hour) => (hourly[hour % HOURS]! += videos));
    for (let day = firstDay; day < prepared.dayCount; day++) {
      const videos = clock.dayVideos[day]!;
      daily[day % DAYS]! += videos;
      weekly[prepared.dayWeeks[day]!]! += videos;
      monthly[(prepared.firstMonth + prepared.dayMonths[day]!) % MONTHS]! += videos;
    }
    const share = (videos: number) => ({ videos, percentage: percentage(videos, datedCount) });
    return {
      hourly: Array.from(hourly, (videos, hour) => ({ hour, ...share(videos) })),
      daily: Array.from(daily, (videos, dayOfWeek) => ({ dayOfWeek, ...share(videos) })),
      weekly: Array.from(weekly, (videos, week) => ({ weekOfMonth: week + 1, ...share(videos) })),
      monthly: Array.from(monthly, (videos, month) => ({ month: month + 1, ...share(videos) })),
    };
  },
});
