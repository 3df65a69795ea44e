import { runCommand } from "../console/command";
import { confirmation } from "../console/confirm";
import { openDeployment, type Deployment } from "../console/deployment";
import type { Surroundings } from "../console/surroundings";
import { plural } from "../console/text";
import { refuseTakenByNpm } from "../console/usageError";
import { isSound } from "../jobs/describe";
import { follow } from "../jobs/follow";
import { NO_OPTIONS } from "../jobs/job";
import { usersText } from "../jobs/options";
import { RunProgress } from "../jobs/runProgress";
import { cancelAll, startOrAttach, type Control } from "../jobs/startOrAttach";
import { adopt, describeAdoption } from "./adopt";
import { describeBackfill } from "./describe";
import { adoptionJob, backfillJob, COMMAND } from "./jobs";
import { FLAGS, parseOptions, USAGE, type BackfillOptions } from "./options";

/** `npm run backfill`: builds the stored results of all users. Returns the exit code. */
export async function backfill(around: Surroundings): Promise<number> {
  return await runCommand(USAGE, around, async () => {
    refuseTakenByNpm(FLAGS, COMMAND, around.environment);
    return await main(parseOptions(around.args), around);
  });
}

async function main(options: BackfillOptions, around: Surroundings): Promise<number> {
  const deployment = await openDeployment(options.url, around);
  const confirm = confirmation(deployment, changeOf(options), options.isConfirmed, around);
  const { signal } = around;
  switch (options.action) {
    case "run":
      return await run(deployment, options, { signal, confirm });
    case "status":
      return await showStatus(deployment, signal);
    case "cancel":
      await cancelAll([adoptionJob(deployment), backfillJob(deployment)], { signal, confirm });
      return 0;
  }
}

/** What a person is asked to agree to. */
function changeOf({ action, adopts, isDryRun, userIds }: BackfillOptions): string {
  if (action === "cancel") return "Cancel the running backfill";
  const listing = "List all users who have records";
  if (isDryRun) return listing;
  const building = `uild the stored results of ${usersText(userIds)}`;
  return adopts ? `${listing} and b${building}` : `B${building}`;
}

async function run(
  deployment: Deployment,
  { userIds, isDryRun, adopts }: BackfillOptions,
  control: Control,
): Promise<number> {
  const newlyListed = adopts ? await adopt(adoptionJob(deployment), control) : 0;
  const job = backfillJob(deployment);
  const request = { userIds, options: { ...NO_OPTIONS, isDryRun } };
  // A dry run only reads and counts.
  const confirm = isDryRun ? () => Promise.resolve() : control.confirm;
  const { startedAt, isNew } = await startOrAttach(job, request, { ...control, confirm });
  const label = isDryRun ? "Dry run" : "Backfill";
  const ended = await follow(job, startedAt, new RunProgress(label), control.signal);
  print(["", ...describeBackfill(ended)]);
  // It may have passed the places in the list where these users now stand.
  const areLeft = newlyListed > 0 && !isNew;
  if (areLeft) {
    console.error(
      `\n${plural(newlyListed, "user")} joined the list while the backfill was running and may not be included. Run the command again.`,
    );
  }
  return isSound(ended) && !areLeft ? 0 : 1;
}

async function showStatus(deployment: Deployment, signal: AbortSignal): Promise<number> {
  const adoption = await adoptionJob(deployment).read(signal);
  if (adoption.status === "running") print([describeAdoption(adoption), ""]);
  const latest = await backfillJob(deployment).read(signal);
  if (latest.status === "never") {
    print([`No backfill has run yet. ${COMMAND} starts one.`]);
    return 0;
  }
  print(describeBackfill(latest));
  return isSound(latest) ? 0 : 1;
}

function print(lines: readonly string[]): void {
  console.log(lines.join("\n"));
}
