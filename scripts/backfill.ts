import { adopt, describeAdoption } from "./backfill/adopt";
import { describeBackfill } from "./backfill/describe";
import { adoptionJob, backfillJob, COMMAND } from "./backfill/jobs";
import { FLAGS, parseOptions, USAGE, type BackfillOptions } from "./backfill/options";
import { findDeployment, readEnvironment, type Deployment } from "./console/deployment";
import { plural } from "./console/text";
import { runJobCommand } from "./jobs/command";
import { isSound } from "./jobs/describe";
import { follow } from "./jobs/follow";
import { NO_OPTIONS } from "./jobs/job";
import { refuseTakenByNpm } from "./jobs/options";
import { RunProgress } from "./jobs/runProgress";
import { cancelAll, startOrAttach } from "./jobs/startOrAttach";

async function main(options: BackfillOptions, signal: AbortSignal): Promise<number> {
  const deployment = findDeployment(options.url, readEnvironment());
  switch (options.action) {
    case "run":
      return await run(deployment, options, signal);
    case "status":
      return await showStatus(deployment, signal);
    case "cancel":
      await cancelAll([adoptionJob(deployment), backfillJob(deployment)], signal);
      return 0;
  }
}

async function run(
  deployment: Deployment,
  { userIds, isDryRun, adopts }: BackfillOptions,
  signal: AbortSignal,
): Promise<number> {
  const newlyListed = adopts ? await adopt(adoptionJob(deployment), signal) : 0;
  const job = backfillJob(deployment);
  const request = { userIds, options: { ...NO_OPTIONS, isDryRun } };
  const { startedAt, isNew } = await startOrAttach(job, request, signal);
  const label = isDryRun ? "Dry run" : "Backfill";
  const ended = await follow(job, startedAt, new RunProgress(label), signal);
  print(["", ...describeBackfill(deployment.url, ended)]);
  // Who was listed while it was at work may stand before the place it had come to.
  const areLeft = newlyListed > 0 && !isNew;
  if (areLeft) {
    console.error(
      `\n${plural(newlyListed, "user")} came to the list while the backfill was at work, which may have passed them: run the command again.`,
    );
  }
  return isSound(ended) && !areLeft ? 0 : 1;
}

async function showStatus(deployment: Deployment, signal: AbortSignal): Promise<number> {
  const adoption = await adoptionJob(deployment).read(signal);
  if (adoption.status === "running") print([describeAdoption(adoption), ""]);
  const latest = await backfillJob(deployment).read(signal);
  if (latest.status === "never") {
    print([`There has been no backfill on ${deployment.url} yet: ${COMMAND} starts one.`]);
    return 0;
  }
  print(describeBackfill(deployment.url, latest));
  return isSound(latest) ? 0 : 1;
}

function print(lines: readonly string[]): void {
  console.log(lines.join("\n"));
}

await runJobCommand(USAGE, async (signal) => {
  refuseTakenByNpm(FLAGS, COMMAND, process.env);
  return await main(parseOptions(process.argv.slice(2)), signal);
});
