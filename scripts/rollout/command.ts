import { runCommand } from "../console/command";
import { CommandError } from "../console/commandError";
import { confirmation } from "../console/confirm";
import { openDeployment, type Deployment } from "../console/deployment";
import { startCounter } from "../console/progress";
import { ConnectionLost } from "../console/reach";
import type { Surroundings } from "../console/surroundings";
import { refuseTakenByNpm } from "../console/usageError";
import { change, readRollout, surveyUsers } from "./deployment";
import {
  describeChange,
  describeEvents,
  describeHealth,
  describeNamed,
  describeRules,
  describeUsers,
} from "./describe";
import { FLAGS, parseOptions, USAGE, type RolloutOptions } from "./options";

/** `npm run rollout`: shows or changes who is served stored results. Returns the exit code. */
export async function rollout(around: Surroundings): Promise<number> {
  return await runCommand(USAGE, around, async () => {
    refuseTakenByNpm(FLAGS, "npm run rollout", around.environment);
    await main(parseOptions(around.args), around);
    return 0;
  });
}

async function main(options: RolloutOptions, around: Surroundings): Promise<void> {
  const { command, why } = options;
  const deployment = await openDeployment(options.url, around);
  if (command.name === "status") {
    await showStatus(deployment, command.isWhole);
    return;
  }
  await confirmation(deployment, describeChange(command), options.isConfirmed, around)();
  const userIds = await change(deployment, command, why);
  if (userIds.length > 0) print(describeNamed(userIds));
  print(await describeOutcome(deployment));
}

/** The change is made: a deployment that does not answer now must not look like one that refused. */
async function describeOutcome(deployment: Deployment): Promise<string[]> {
  try {
    const { settings, events } = await readRollout(deployment);
    return [...describeRules(settings), "", ...describeEvents(events.slice(0, 1))];
  } catch (error) {
    if (!(error instanceof CommandError || error instanceof ConnectionLost)) throw error;
    throw new CommandError(
      `The change was made, but the rollout could not be shown afterwards: ${error.message}`,
    );
  }
}

async function showStatus(deployment: Deployment, isWhole: boolean): Promise<void> {
  const { settings, report, events } = await readRollout(deployment);
  print([...describeRules(settings), ""]);
  const counter = startCounter("counting users");
  const survey = await surveyUsers(deployment, isWhole, counter.update).finally(counter.stop);
  print([...describeUsers(survey), ""]);
  print([...describeHealth(report, Date.now()), "", ...describeEvents(events)]);
}

function print(lines: readonly string[]): void {
  console.log(lines.join("\n"));
}
