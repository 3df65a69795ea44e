import { Interrupted } from "../console/endSignals";

/** What shells report after Ctrl-C. */
export const STOPPED_EXIT_CODE = 130;

/** Fires at the first Ctrl-C or SIGTERM, so that calls in flight can end; the second one exits. */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) process.exit(STOPPED_EXIT_CODE);
    console.error("\nStopping. Press Ctrl-C again to exit at once.");
    controller.abort(new Interrupted(STOPPED_EXIT_CODE));
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return controller.signal;
}
