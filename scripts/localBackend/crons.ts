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

/**
 * Runs each job whenever it is due, until stopped. A job that is still running when it is due again
 * skips that time.
 *
 * As on the real backend, intervals are counted from the deploy, which is now: the jobs of one
 * interval always fire together. Other schedules follow the clock. The real backend delays each of
 * those by up to a minute, the same for each job [CRON_SPLAY_SECONDS]; here those of one minute
 * fire together as well, which is the harder case.
 */
export function startCrons(jobs: CronJob[], run: (job: CronJob) => Promise<void>): () => void {
  const deployedAt = Date.now();
  const intervals = new Map<number, (() => void)[]>();
  const stops: (() => void)[] = [];
  for (const job of jobs) {
    const { schedule } = job;
    const begin = skippingWhileBusy(() => run(job));
    if (schedule.type === "interval") {
      const everyMs = intervalMs(schedule);
      intervals.set(everyMs, [...(intervals.get(everyMs) ?? []), begin]);
    } else {
      const cron = new Cron(cronExpression(schedule), { timezone: "UTC" }, begin);
      stops.push(() => cron.stop());
    }
  }
  for (const [everyMs, begins] of intervals) {
    stops.push(startInterval(deployedAt, everyMs, () => begins.forEach((begin) => begin())));
  }
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

/** Calls back now, and at each whole number of intervals after the deploy: it never drifts. */
function startInterval(deployedAt: number, everyMs: number, fire: () => void): () => void {
  let timer: NodeJS.Timeout;
  const setNext = () => {
    const elapsed = Date.now() - deployedAt;
    timer = setTimeout(
      () => {
        setNext();
        fire();
      },
      everyMs - (elapsed % everyMs),
    );
  };
  setNext();
  fire();
  return () => clearTimeout(timer);
}

function skippingWhileBusy(run: () => Promise<void>): () => void {
  let isRunning = false;
  return () => {
    if (isRunning) return;
    isRunning = true;
    void run().finally(() => {
      isRunning = false;
    });
  };
}
