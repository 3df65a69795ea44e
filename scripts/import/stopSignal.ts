import { Interrupted } from "../console/endSignals";

/** What shells report after Ctrl-C. */
export const STOPPED_EXIT_CODE = 130;

/** npm passes on a Ctrl-C that the terminal has sent already: both are one keystroke. */
const SAME_KEYSTROKE_MS = 500;

/** Fires at the first Ctrl-C or SIGTERM, so that calls in flight can end; the second one exits. */
export function stopSignal(now: () => number = () => performance.now()): AbortSignal {
  const controller = new AbortController();
  let stoppedAt: number | null = null;
  const onSignal = () => {
    if (stoppedAt === null) {
      stoppedAt = now();
      console.error("\nStopping. Press Ctrl-C again to exit at once.");
      controller.abort(new Interrupted(STOPPED_EXIT_CODE));
    } else if (now() - stoppedAt > SAME_KEYSTROKE_MS) {
      process.exit(STOPPED_EXIT_CODE);
    }
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return controller.signal;
}
