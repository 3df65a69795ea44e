import { convexTestState } from "../../scripts/localBackend/convexTestState";
import type { Backend } from "./support";

/** Taken before a test puts fake timers in its place. */
const setRealTimeout = globalThis.setTimeout;

const LOOK_UPS = new Set(["1.0/get", "1.0/queryStreamNext", "1.0/queryPage"]);

/**
 * Counts how often functions wait for reads. Those asked for before any is awaited travel together,
 * as on the real backend, and are one round.
 */
export class Rounds {
  private count = 0;
  private current: Promise<void> | null = null;

  static of(backend: Backend): Rounds {
    const rounds = new Rounds();
    const state = convexTestState(backend);
    const call = state.asyncSyscall.bind(state);
    state.asyncSyscall = async (operation, args) => {
      if (LOOK_UPS.has(operation)) await rounds.wait();
      return await call(operation, args);
    };
    return rounds;
  }

  /** The rounds since the last call. */
  take(): number {
    const { count } = this;
    this.count = 0;
    return count;
  }

  /** A timer fires only when no function can ask for more without an answer. */
  private wait(): Promise<void> {
    return (this.current ??= new Promise((resolve) => {
      setRealTimeout(() => {
        this.current = null;
        this.count += 1;
        resolve();
      });
    }));
  }
}
