import { once } from "node:events";
import { constants } from "node:os";

const SIGNALS = ["SIGINT", "SIGTERM"] as const;
/** What shells add to the number of the signal that ended a command. */
const SIGNAL_EXIT_CODE = 128;

/** A command that was ended from outside; the message says what that means. */
export class Interrupted extends Error {
  override name = "Interrupted";

  constructor(
    /** 130 after Ctrl-C, 143 after SIGTERM. */
    readonly exitCode: number,
    message = "Interrupted.",
  ) {
    super(message);
  }
}

/**
 * Fires at Ctrl-C or SIGTERM, with an `Interrupted` as its reason. Later ones do nothing: npm passes
 * on a Ctrl-C that the terminal has sent already.
 */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of SIGNALS) {
    process.on(name, () => {
      controller.abort(new Interrupted(SIGNAL_EXIT_CODE + constants.signals[name]));
    });
  }
  return controller.signal;
}

/** Resolves once the signal has fired. */
export async function interrupted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, "abort");
}
