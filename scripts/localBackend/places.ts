import type { ConvexTestState } from "./convexTestState";

/**
 * How many scheduled functions the real backend runs at a time, on the smallest cloud class and
 * self-hosted. [SCHEDULED_JOB_EXECUTION_PARALLELISM]
 */
export const SCHEDULER_PLACES = 8;

/**
 * Gives each scheduled function that is due a place until it ends, an action included, and lets the
 * others wait: they begin in the order in which they fell due. A function that waits is still
 * pending, so it can be cancelled. Crons have places of their own.
 *
 * Call this after everything else that wraps `transactionManager.begin`: nothing of a function that
 * waits has begun.
 */
export function limitPlaces(state: ConvexTestState, count = SCHEDULER_PLACES): void {
  const { scheduler, transactionManager } = state;
  const places = new Places(count);
  /** Set while convex-test starts a scheduled function, which it does without a pause. */
  let isStarting = false;
  const timerFired = scheduler.timerFired.bind(scheduler);
  scheduler.timerFired = () => {
    timerFired();
    isStarting = true;
  };
  const begin = transactionManager.begin.bind(transactionManager);
  transactionManager.begin = async (isNested, limits) => {
    const isFirst = isStarting;
    isStarting = false;
    if (isFirst) await places.take();
    await begin(isNested, limits);
  };
  const add = scheduler.add.bind(scheduler);
  scheduler.add = (promise) => {
    // It asked for a place by now, unless it failed before its first transaction.
    const hasPlace = !isStarting;
    isStarting = false;
    const release = () => places.release();
    if (hasPlace) promise.then(release, release);
    add(promise);
  };
}

class Places {
  private readonly waiting: (() => void)[] = [];

  constructor(private free: number) {}

  async take(): Promise<void> {
    if (this.free > 0) this.free -= 1;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  release(): void {
    const next = this.waiting.shift();
    if (next === undefined) this.free += 1;
    else next();
  }
}
