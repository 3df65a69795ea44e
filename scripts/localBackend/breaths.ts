import { setImmediate } from "node:timers/promises";

/** Work is not begun any more, once it has gone on for so long without a look at the network. */
const MAX_BUSY_MS = 20;

/**
 * Lets the process hear of the network between transactions. They are all in memory, so a chain of
 * them, each begun where another ends, would never return to the event loop by itself, and whoever
 * asks meanwhile would wait for the end of all.
 */
export class Breaths {
  private lastAt = performance.now();
  private next: Promise<void> | null = null;

  /** Resolves when a transaction may begin; those that wait go in the order they came. */
  async takeTurn(): Promise<void> {
    if (this.next === null && performance.now() - this.lastAt < MAX_BUSY_MS) return;
    this.next ??= setImmediate().then(() => {
      this.lastAt = performance.now();
      this.next = null;
    });
    await this.next;
  }
}
