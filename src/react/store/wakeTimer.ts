/** Browsers fire a longer timer at once. */
const MAX_DELAY_MS = 2_147_483_647;

/** One timer, set to the next instant at which time alone changes something. */
export class WakeTimer {
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(private readonly onWake: () => void) {}

  /** @param at epoch milliseconds; Infinity for never. */
  set(at: number, now: number): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    if (at === Infinity) return;
    this.timer = setTimeout(this.onWake, Math.min(Math.max(at - now, 0), MAX_DELAY_MS));
  }
}
