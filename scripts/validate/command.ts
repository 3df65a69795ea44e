import { runCommand } from "../console/command";
import { confirmation } from "../console/confirm";
import { openDeployment, type Deployment } from "../console/deployment";
import type { Surroundings } from "../console/surroundings";
import { numbers } from "../console/text";
import { refuseTakenByNpm } from "../console/usageError";
import { follow } from "../jobs/follow";
import { NO_OPTIONS } from "../jobs/job";
import { usersText } from "../jobs/options";
import { RunProgress } from "../jobs/runProgress";
import { cancelAll, startOrAttach, type Control } from "../jobs/startOrAttach";
import { describeValidation } from "./describe";
import { COMMAND, takesUsersOff, validationJob, type Validation } from "./job";
import { FLAGS, parseOptions, USAGE, type ValidateOptions } from "./options";
import { sumsOf, verdictOf } from "./verdict";

/** `npm run validate`: compares stored results with the records. Returns the exit code. */
export async function validate(around: Surroundings): Promise<number> {
  return await runCommand(USAGE, around, async () => {
    refuseTakenByNpm(FLAGS, COMMAND, around.environment);
    return await main(parseOptions(around.args), around);
  });
}

async function main(options: ValidateOptions, around: Surroundings): Promise<number> {
  const deployment = await openDeployment(options.url, around);
  const confirm = confirmation(deployment, changeOf(options), options.isConfirmed, around);
  const { signal } = around;
  const job = validationJob(deployment);
  switch (options.action) {
    case "run":
      return await run(deployment, options, { signal, confirm });
    case "status": {
      const latest = await job.read(signal);
      if (latest.status !== "never") {
        return report(latest, await takesUsersOff(deployment, signal));
      }
      console.log(`No validation has run yet. ${COMMAND} starts one.`);
      return 0;
    }
    case "cancel":
      await cancelAll([job], { signal, confirm });
      return 0;
  }
}

/** What a person is asked to agree to: a validation does not only read. */
function changeOf({ action, userIds, sample, repairs }: ValidateOptions): string {
  if (action === "cancel") return "Cancel the running validation";
  const users = sample === null ? usersText(userIds) : "a sample of the users";
  const repair = repairs ? ", rebuild what differs" : "";
  return `Validate the stored results of ${users}${repair} and roll back users with wrong results`;
}

async function run(
  deployment: Deployment,
  { userIds, sample, repairs }: ValidateOptions,
  control: Control,
): Promise<number> {
  const job = validationJob(deployment);
  // Read before it starts, so that a connection lost at the end does not cost the report.
  const takesOff = await takesUsersOff(deployment, control.signal);
  const request = { userIds, options: { ...NO_OPTIONS, sample, repairs } };
  const { startedAt } = await startOrAttach(job, request, control);
  const display = new RunProgress("Validating", (status) => {
    const { faulty } = sumsOf(status);
    return faulty === 0 ? "" : `${numbers.format(faulty)} with differences`;
  });
  const ended = await follow(job, startedAt, display, control.signal);
  console.log();
  return report(ended, takesOff);
}

/** Prints the report; the exit code. */
function report(validation: Validation, takesOff: boolean): number {
  console.log(describeValidation(validation, takesOff).join("\n"));
  return verdictOf(validation).isFine ? 0 : 1;
}
