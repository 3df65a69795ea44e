/** Node fires a timer longer than this at once: such a wait is made in steps. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

const installed = new WeakSet();
let isNextReleased = false;

/**
 * Makes `globalThis.setTimeout`, which convex-test schedules with, wait as long as it is told.
 * Scheduled functions may lie months ahead.
 */
export function installLongTimers(): void {
  if (installed.has(globalThis.setTimeout)) return;
  const shortTimeout = globalThis.setTimeout;
  const longTimeout = (callback: (...args: unknown[]) => void, delayMs = 0, ...args: unknown[]) => {
    const isReleased = isNextReleased;
    isNextReleased = false;
    const goOn = () => {
      if (isReleased) releaseNextTimer();
      longTimeout(callback, delayMs - MAX_TIMEOUT_MS, ...args);
    };
    const timer =
      delayMs <= MAX_TIMEOUT_MS
        ? shortTimeout(callback, delayMs, ...args)
        : shortTimeout(goOn, MAX_TIMEOUT_MS);
    return isReleased ? timer.unref() : timer;
  };
  // Keeps what else hangs on the function, such as its promisified form.
  globalThis.setTimeout = Object.assign(longTimeout, shortTimeout) as typeof globalThis.setTimeout;
  installed.add(globalThis.setTimeout);
}

/** The timer that is set next does not keep the process from ending. */
export function releaseNextTimer(): void {
  isNextReleased = true;
}
