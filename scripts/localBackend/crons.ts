import { Cron } from "croner";
import type { JSONValue } from "convex/values";

/** A cron job as `cronJobs()` keeps it. */
export interface CronJob {
  name: string;
  args: JSONValue[];
  schedule: Schedule;
}

type Schedule =
  | { type: "interval"; seconds?: number; minutes?: number; hours?: number }
  | { type: "cron"; cron: string }
  | { type: "hourly"; minuteUTC: number }
  | { type: "daily"; hourUTC: number; minuteUTC: number }
  | { type: "weekly"; dayOfWeek: string; hourUTC: number; minuteUTC: number }
  | { type: "monthly"; day: number; hourUTC: number; minuteUTC: number };

const WEEKDAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

/** The jobs that convex/crons.ts exports by default. */
export function cronJobsOf(exported: unknown): CronJob[] {
  const { crons = {} } = (exported ?? {}) as { crons?: Record<string, CronJob> };
  return Object.values(crons);
}

/** Runs each job whenever it is due, until stopped. A run is not begun before the last has ended. */
export function startCrons(jobs: CronJob[], run: (job: CronJob) => Promise<void>): () => void {
  const stops = jobs.map((job) => {
    const { schedule } = job;
    if (schedule.type === "interval") return startInterval(intervalMs(schedule), () => run(job));
    const cron = new Cron(cronExpression(schedule), { timezone: "UTC", protect: true }, () =>
      run(job),
    );
    return () => cron.stop();
  });
  return () => stops.forEach((stop) => stop());
}

/** The five fields of cron, in UTC, that a schedule stands for. */
export function cronExpression(schedule: Exclude<Schedule, { type: "interval" }>): string {
  switch (schedule.type) {
    case "cron":
      return schedule.cron;
    case "hourly":
      return `${String(schedule.minuteUTC)} * * * *`;
    case "daily":
      return `${String(schedule.minuteUTC)} ${String(schedule.hourUTC)} * * *`;
    case "weekly": {
      const weekday = WEEKDAYS.indexOf(schedule.dayOfWeek);
      return `${String(schedule.minuteUTC)} ${String(schedule.hourUTC)} * * ${String(weekday)}`;
    }
    case "monthly":
      return `${String(schedule.minuteUTC)} ${String(schedule.hourUTC)} ${String(schedule.day)} * *`;
  }
}

function intervalMs(schedule: Extract<Schedule, { type: "interval" }>): number {
  const { hours = 0, minutes = 0, seconds = 0 } = schedule;
  return ((hours * 60 + minutes) * 60 + seconds) * 1000;
}

function startInterval(everyMs: number, run: () => Promise<void>): () => void {
  let isRunning = false;
  const begin = () => {
    if (isRunning) return;
    isRunning = true;
    void run().finally(() => {
      isRunning = false;
    });
  };
  // Convex, too, runs an interval for the first time when it is deployed.
  begin();
  const timer = setInterval(begin, everyMs);
  return () => clearInterval(timer);
}
