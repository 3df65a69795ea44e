import { setTimeout } from "node:timers/promises";
import { Interrupted } from "../console/endSignals";
import { withBackOff } from "../console/reach";
import { JobError, type Job, type RunStatus } from "./job";

/** Shows a run while it is at work. */
export interface RunDisplay {
  show: (status: RunStatus) => void;
  /** The deployment does not answer; it is asked again after a delay. */
  showLost: (delayMs: number) => void;
  stop: () => void;
}

const POLL_INTERVAL_MS = 1_000;

/**
 * Looks at a run every second until it ends; a deployment out of reach is asked until it answers.
 *
 * @param startedAt tells the run from others of its kind.
 * @throws Interrupted once the signal fires; the run goes on.
 * @throws JobError where another run has taken its place.
 */
export async function follow<Status extends RunStatus>(
  job: Job<Status>,
  startedAt: number,
  display: RunDisplay,
  signal: AbortSignal,
): Promise<Status> {
  try {
    for (;;) {
      const status = await readPatiently(job, display, signal);
      if (status.status === "never" || status.startedAt !== startedAt) throw gone(job, status);
      display.show(status);
      if (status.status !== "running") return status;
      // Ended early by the signal, which the next look throws for.
      await setTimeout(POLL_INTERVAL_MS, undefined, { signal }).catch(() => undefined);
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
      // One alone is an idle connection that the other side had closed: nothing to worry people with.
      if (losses > 1 && !signal.aborted) display.showLost(delayMs);
    },
  });
}

function gone({ name, command }: Job, { status }: { status: string }): JobError {
  return new JobError(
    status === "never"
      ? `The ${name} is gone: the deployment knows of none any more. Was it started anew, or its data replaced?`
      : `The ${name} has ended, and another was started since: how it ended is not told. \`${command} -- --status\` shows the other.`,
  );
}

function goesOn({ name, seenAgain }: Job): string {
  return `\nThe ${name} goes on; only what was shown here has ended.\n${seenAgain}`;
}
