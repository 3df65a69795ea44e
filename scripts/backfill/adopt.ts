import { durationText } from "../../src/dashboard/shared/duration";
import { CommandError } from "../console/commandError";
import { startCounter } from "../console/progress";
import { numbers } from "../console/text";
import { follow, type RunDisplay } from "../jobs/follow";
import { NO_OPTIONS, type Job, type RunStatus } from "../jobs/job";
import { startOrAttach, type Control } from "../jobs/startOrAttach";

/**
 * Lists users who have records but are not on the list yet, showing progress.
 *
 * @returns how many were not listed yet.
 * @throws CommandError where somebody cancelled it.
 */
export async function adopt(job: Job, control: Control): Promise<number> {
  const { startedAt } = await startOrAttach(job, { userIds: null, options: NO_OPTIONS }, control);
  const run = await follow(job, startedAt, new AdoptionProgress(), control.signal);
  if (run.status === "cancelled") {
    throw new CommandError(`The ${job.name} was cancelled. No backfill was started.`);
  }
  console.log(describeAdoption(run));
  return newlyListed(run);
}

/** "Users listed: 1,234 found, 12 of them new". */
export function describeAdoption(run: RunStatus): string {
  const heading = run.status === "running" ? "Users are being listed" : "Users listed";
  return `${heading}: ${numbers.format(run.done)} ${foundText(run)}`;
}

function foundText(run: RunStatus): string {
  return `found, ${numbers.format(newlyListed(run))} of them newly listed`;
}

function newlyListed({ counts }: RunStatus): number {
  return counts["adopted"] ?? 0;
}

/** Counts up, as their number is not known before. */
class AdoptionProgress implements RunDisplay {
  private readonly counter = startCounter("listing users");
  private found = 0;

  show(status: RunStatus): void {
    this.found = status.done;
    this.counter.update(this.found, foundText(status));
  }

  showLost(delayMs: number): void {
    this.counter.update(this.found, `(no answer, retrying in ${durationText(delayMs)})`);
  }

  stop(): void {
    this.counter.stop();
  }
}
