import { setTimeout } from "node:timers/promises";
import { Interrupted } from "../console/endSignals";
import { CommandError } from "../console/commandError";
import { withBackOff } from "../console/reach";
import type { Job, RunStatus } from "./job";

/** Shows a run while it is in progress. */
export interface RunDisplay {
  show: (status: RunStatus) => void;
  /** The deployment does not answer; the next try is after a delay. */
  showLost: (delayMs: number) => void;
  stop: () => void;
}

/** Small jobs end within the first looks; a long one is looked at every second. */
const FIRST_LOOK_MS = 100;
const MAX_LOOK_MS = 1_000;

/**
 * Looks at a run until it ends. While the deployment does not answer, it keeps asking.
 *
 * @param startedAt tells the run from others of its kind.
 * @throws Interrupted once the signal fires; the run goes on.
 * @throws CommandError where another run has replaced it.
 */
export async function follow<Status extends RunStatus>(
  job: Job<Status>,
  startedAt: number,
  display: RunDisplay,
  signal: AbortSignal,
): Promise<Status> {
  try {
    for (let delayMs = FIRST_LOOK_MS; ; delayMs = Math.min(2 * delayMs, MAX_LOOK_MS)) {
      const status = await readPatiently(job, display, signal);
      if (status.status === "never" || status.startedAt !== startedAt) throw gone(job, status);
      display.show(status);
      if (status.status !== "running") return status;
      // Ended early by the signal, which the next look throws for.
      await setTimeout(delayMs, undefined, { signal }).catch(() => undefined);
    }
  } catch (error) {
    throw error instanceof Interrupted ? new Interrupted(error.exitCode, goesOn(job)) : error;
  } finally {
    display.stop();
  }
}

async function readPatiently<Status extends RunStatus>(
  job: Job<Status>,
  display: RunDisplay,
  signal: AbortSignal,
) {
  let losses = 0;
  return await withBackOff(() => job.read(signal), {
    signal,
    giveUpAfterMs: Infinity,
    onWait: ({ delayMs }) => {
      losses += 1;
      // A single one is an idle connection that the other side had closed; nobody need know.
      if (losses > 1 && !signal.aborted) display.showLost(delayMs);
    },
  });
}

function gone({ name, command }: Job, { status }: { status: string }): CommandError {
  return new CommandError(
    status === "never"
      ? `The ${name} is gone: the deployment has no record of it. Was its data replaced?`
      : `The ${name} has ended and another one was started, so its result is no longer available. \`${command} -- --status\` shows the other one.`,
  );
}

function goesOn({ name, seenAgain }: Job): string {
  return `\nThe ${name} continues in the deployment.\n${seenAgain}`;
}
