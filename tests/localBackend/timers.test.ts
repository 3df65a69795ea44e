import { afterEach, expect, it, vi } from "vitest";
import { installLongTimers, releaseNextTimer } from "../../scripts/localBackend/timers";

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const DAY_MS = 86_400_000;

it("waits as long as it is told, also beyond the 24.8 days of Node's timers", () => {
  vi.useFakeTimers();
  installLongTimers();
  const fired = vi.fn();
  setTimeout(fired, 60 * DAY_MS, "argument");
  vi.advanceTimersByTime(60 * DAY_MS - 1);
  expect(fired).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(fired).toHaveBeenCalledExactlyOnceWith("argument");
});

it("leaves short waits as they are", () => {
  vi.useFakeTimers();
  installLongTimers();
  const fired = vi.fn();
  clearTimeout(setTimeout(fired, 1_000));
  setTimeout(fired, 2_000);
  vi.advanceTimersByTime(1_500);
  expect(fired).not.toHaveBeenCalled();
  vi.advanceTimersByTime(500);
  expect(fired).toHaveBeenCalledTimes(1);
});

it("lets a process end before a released timer, in whatever step of it, and before no other", () => {
  vi.useFakeTimers();
  const steps = vi.spyOn(globalThis, "setTimeout");
  installLongTimers();
  const fired = vi.fn();
  releaseNextTimer();
  setTimeout(fired, 60 * DAY_MS);
  vi.advanceTimersByTime(60 * DAY_MS);
  expect(fired).toHaveBeenCalledTimes(1);
  setTimeout(fired, 1);
  const timers = steps.mock.results.map(({ value }) => value as NodeJS.Timeout); // setTimeout's
  expect(timers.map((timer) => timer.hasRef())).toEqual([false, false, false, true]);
});
