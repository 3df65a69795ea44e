import { findDeployment, readEnvironment, type Deployment } from "./console/deployment";
import { numbers } from "./console/text";
import { runJobCommand } from "./jobs/command";
import { follow } from "./jobs/follow";
import { NO_OPTIONS } from "./jobs/job";
import { refuseTakenByNpm } from "./jobs/options";
import { RunProgress } from "./jobs/runProgress";
import { cancelAll, startOrAttach } from "./jobs/startOrAttach";
import { describeValidation } from "./validate/describe";
import { COMMAND, takesUsersOff, validationJob, type Validation } from "./validate/job";
import { FLAGS, parseOptions, USAGE, type ValidateOptions } from "./validate/options";
import { sumsOf, verdictOf } from "./validate/verdict";

async function main(options: ValidateOptions, signal: AbortSignal): Promise<number> {
  const deployment = findDeployment(options.url, readEnvironment());
  const job = validationJob(deployment);
  switch (options.action) {
    case "run":
      return await run(deployment, options, signal);
    case "status": {
      const latest = await job.read(signal);
      if (latest.status !== "never") {
        return report(deployment, latest, await takesUsersOff(deployment, signal));
      }
      console.log(`There has been no validation on ${deployment.url} yet: ${COMMAND} starts one.`);
      return 0;
    }
    case "cancel":
      await cancelAll([job], signal);
      return 0;
  }
}

async function run(
  deployment: Deployment,
  { userIds, sample, repairs }: ValidateOptions,
  signal: AbortSignal,
): Promise<number> {
  const job = validationJob(deployment);
  // Before it begins: its report must not be lost with a connection at the end.
  const takesOff = await takesUsersOff(deployment, signal);
  const request = { userIds, options: { ...NO_OPTIONS, sample, repairs } };
  const { startedAt } = await startOrAttach(job, request, signal);
  const display = new RunProgress("Validating", (status) => {
    const { faulty } = sumsOf(status);
    return faulty === 0 ? "" : `${numbers.format(faulty)} with differences`;
  });
  const ended = await follow(job, startedAt, display, signal);
  console.log();
  return report(deployment, ended, takesOff);
}

/** Prints the report; the exit code. */
function report({ url }: Deployment, validation: Validation, takesOff: boolean): number {
  console.log(describeValidation(url, validation, takesOff).join("\n"));
  return verdictOf(validation).isFine ? 0 : 1;
}

await runJobCommand(USAGE, async (signal) => {
  refuseTakenByNpm(FLAGS, COMMAND, process.env);
  return await main(parseOptions(process.argv.slice(2)), signal);
});
