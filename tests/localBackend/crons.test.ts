import { Cron } from "croner";
import { afterEach, expect, it, vi } from "vitest";
import { cronExpression, cronJobsOf, startCrons } from "../../scripts/localBackend/crons";
import crons from "../../convex/crons";

afterEach(() => vi.useRealTimers());

const START = new Date(Date.UTC(2026, 0, 31, 3, 30));

function nextRun(schedule: Parameters<typeof cronExpression>[0]): string | undefined {
  return new Cron(cronExpression(schedule), { timezone: "UTC" }).nextRun(START)?.toISOString();
}

it("takes each kind of schedule to its next moment in UTC", () => {
  expect(nextRun({ type: "hourly", minuteUTC: 17 })).toBe("2026-01-31T04:17:00.000Z");
  expect(nextRun({ type: "daily", hourUTC: 3, minuteUTC: 30 })).toBe("2026-02-01T03:30:00.000Z");
  expect(nextRun({ type: "weekly", dayOfWeek: "monday", hourUTC: 1, minuteUTC: 0 })).toBe(
    "2026-02-02T01:00:00.000Z",
  );
  expect(nextRun({ type: "monthly", day: 31, hourUTC: 0, minuteUTC: 5 })).toBe(
    "2026-03-31T00:05:00.000Z",
  );
  expect(nextRun({ type: "cron", cron: "3-59/5 * * * *" })).toBe("2026-01-31T03:33:00.000Z");
});

it("finds the jobs of convex/crons.ts, none on the full hour", () => {
  const jobs = cronJobsOf(crons);
  expect(jobs.map((job) => job.name).sort()).toEqual([
    "drift:compareHourly",
    "jobs:watch",
    "maintenance:cleanUp",
    "maintenance:refreshDays",
    "maintenance:sweep",
    "monitoring:cleanUp",
    "monitoring:tick",
    "upgrade:look",
    "validation:sampleHourly",
  ]);
  for (const { schedule } of jobs) {
    if (schedule.type === "interval") continue;
    const next = new Cron(cronExpression(schedule), { timezone: "UTC" }).nextRuns(50, START);
    expect(next.every((date) => date.getUTCMinutes() !== 0)).toBe(true);
  }
});

it("runs a job each time it is due, never twice at once, until stopped", async () => {
  vi.useFakeTimers({ now: START });
  const ends: (() => void)[] = [];
  const run = vi.fn(() => new Promise<void>((resolve) => ends.push(resolve)));
  const job = { name: "a:b", args: [{}], schedule: { type: "interval", seconds: 2 } } as const;
  const stop = startCrons([{ ...job, args: [{}] }], run);
  expect(run).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(8_000);
  expect(run).toHaveBeenCalledTimes(1);
  ends.shift()?.();
  await vi.advanceTimersByTimeAsync(1_999);
  expect(run).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(run).toHaveBeenCalledTimes(2);
  stop();
  ends.shift()?.();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(run).toHaveBeenCalledTimes(2);
});
