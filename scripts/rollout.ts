import { findDeployment, readEnvironment, type Deployment } from "./console/deployment";
import { startCounter } from "./console/progress";
import { UsageError } from "./console/usageError";
import { change, readRollout, RolloutError, surveyUsers } from "./rollout/deployment";
import { describeEvents, describeHealth, describeRules, describeUsers } from "./rollout/describe";
import { parseOptions, USAGE, type RolloutOptions } from "./rollout/options";

async function main({ command, why, url }: RolloutOptions): Promise<void> {
  const deployment = findDeployment(url, readEnvironment());
  if (command.name === "status") {
    await showStatus(deployment, command.isWhole);
    return;
  }
  await change(deployment, command, why);
  const { settings, events } = await readRollout(deployment);
  print([...describeRules(settings), "", ...describeEvents(events.slice(0, 1))]);
}

async function showStatus(deployment: Deployment, isWhole: boolean): Promise<void> {
  const { settings, report, events } = await readRollout(deployment);
  print([deployment.url, "", ...describeRules(settings), ""]);
  const counter = startCounter("counting users");
  const survey = await surveyUsers(deployment, isWhole, counter.update).finally(counter.stop);
  print([...describeUsers(survey), ""]);
  print([...describeHealth(report, Date.now()), "", ...describeEvents(events)]);
}

function print(lines: readonly string[]): void {
  console.log(lines.join("\n"));
}

try {
  await main(parseOptions(process.argv.slice(2)));
} catch (error) {
  if (error instanceof UsageError) {
    console.error(`${error.message}\n\n${USAGE}`);
    process.exitCode = 2;
  } else if (error instanceof RolloutError) {
    console.error(error.message);
    process.exitCode = 1;
  } else throw error;
}
