import { durationText } from "../../src/dashboard/shared/duration";
import { startCounter } from "../console/progress";
import { numbers } from "../console/text";
import { follow, type RunDisplay } from "../jobs/follow";
import { JobError, NO_OPTIONS, type Job, type RunStatus } from "../jobs/job";
import { startOrAttach } from "../jobs/startOrAttach";

/**
 * Lists the users whose records were there before, showing how far it is.
 *
 * @returns how many were not listed yet.
 * @throws JobError where somebody has cancelled it.
 */
export async function adopt(job: Job, signal: AbortSignal): Promise<number> {
  const { startedAt } = await startOrAttach(job, { userIds: null, options: NO_OPTIONS }, signal);
  const run = await follow(job, startedAt, new AdoptionProgress(), signal);
  if (run.status === "cancelled") {
    throw new JobError(`The ${job.name} was cancelled. No backfill was started.`);
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

/** Counts up: how many users there are nobody knows before. */
class AdoptionProgress implements RunDisplay {
  private readonly counter = startCounter("listing users");
  private found = 0;

  show(status: RunStatus): void {
    this.found = status.done;
    this.counter.update(this.found, foundText(status));
  }

  showLost(delayMs: number): void {
    this.counter.update(this.found, `(no answer, trying again in ${durationText(delayMs)})`);
  }

  stop(): void {
    this.counter.stop();
  }
}
