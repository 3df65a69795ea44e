import { afterEach, expect, it, vi } from "vitest";
import { startCrons, type CronJob } from "../../scripts/localBackend/crons";

afterEach(() => vi.useRealTimers());

/** Not on a full minute. */
const DEPLOYED_AT = Date.UTC(2026, 0, 31, 3, 30, 30, 250);

function job(name: string, schedule: CronJob["schedule"]): CronJob {
  return { name, args: [{}], schedule };
}

/** When each job ran, in milliseconds after the deploy. */
function startNoting(jobs: CronJob[], work: (name: string) => Promise<void> = async () => {}) {
  vi.useFakeTimers({ now: DEPLOYED_AT });
  const times: Record<string, number[]> = {};
  const stop = startCrons(jobs, ({ name }) => {
    (times[name] ??= []).push(Date.now() - DEPLOYED_AT);
    return work(name);
  });
  return { times, stop };
}

it("Intervals of one length fire at one instant, counted from the deploy", async () => {
  let isFirst = true;
  const { times, stop } = startNoting(
    [
      job("sweep", { type: "interval", minutes: 1 }),
      job("tick", { type: "interval", seconds: 60 }),
      job("slow", { type: "interval", hours: 1 / 60 }),
      job("rare", { type: "interval", minutes: 2 }),
    ],
    async (name) => {
      // What works a while before it first waits must not put those behind it off for good.
      if (name === "tick" && isFirst) vi.advanceTimersByTime(700);
      isFirst = isFirst && name !== "tick";
      await Promise.resolve();
    },
  );
  await vi.advanceTimersByTimeAsync(4 * 60_000 - 700);
  stop();
  const everyMinute = [60_000, 120_000, 180_000, 240_000];
  expect(times["sweep"]).toEqual([0, ...everyMinute]);
  expect(times["tick"]).toEqual([0, ...everyMinute]);
  expect(times["slow"]?.slice(1)).toEqual(everyMinute);
  expect(times["rare"]?.slice(1)).toEqual([120_000, 240_000]);
});

it("Schedules with offsets follow the clock, and do not fire together", async () => {
  const { times, stop } = startNoting([
    job("first", { type: "cron", cron: "1-59/5 * * * *" }),
    job("second", { type: "cron", cron: "3-59/5 * * * *" }),
    job("hourly", { type: "hourly", minuteUTC: 34 }),
  ]);
  await vi.advanceTimersByTimeAsync(9 * 60_000);
  stop();
  const untilMinute = (minute: number) => (minute - 30) * 60_000 - 30_250;
  expect(times).toEqual({
    first: [untilMinute(31), untilMinute(36)],
    second: [untilMinute(33), untilMinute(38)],
    hourly: [untilMinute(34)],
  });
});

it("A job that is still running when it is due skips that time, and keeps to its times", async () => {
  let release: () => void = () => undefined;
  const { times, stop } = startNoting(
    [job("long", { type: "interval", minutes: 1 }), job("short", { type: "interval", minutes: 1 })],
    async (name) => {
      if (name === "long") await new Promise<void>((resolve) => (release = resolve));
    },
  );
  await vi.advanceTimersByTimeAsync(150_000);
  release();
  await vi.advanceTimersByTimeAsync(60_000);
  stop();
  release();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(times).toEqual({ long: [0, 180_000], short: [0, 60_000, 120_000, 180_000] });
});
