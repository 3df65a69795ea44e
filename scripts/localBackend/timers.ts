/** Node fires a timer longer than this at once: such a wait is made in steps. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

const installed = new WeakSet();

/**
 * Makes `globalThis.setTimeout`, which convex-test schedules with, wait as long as it is told.
 * Scheduled functions may lie months ahead.
 */
export function installLongTimers(): void {
  if (installed.has(globalThis.setTimeout)) return;
  const shortTimeout = globalThis.setTimeout;
  const longTimeout = (callback: (...args: unknown[]) => void, delayMs = 0, ...args: unknown[]) => {
    if (delayMs <= MAX_TIMEOUT_MS) return shortTimeout(callback, delayMs, ...args);
    return shortTimeout(
      () => longTimeout(callback, delayMs - MAX_TIMEOUT_MS, ...args),
      MAX_TIMEOUT_MS,
    );
  };
  // Keeps what else hangs on the function, such as its promisified form.
  globalThis.setTimeout = Object.assign(longTimeout, shortTimeout) as typeof globalThis.setTimeout;
  installed.add(globalThis.setTimeout);
}
