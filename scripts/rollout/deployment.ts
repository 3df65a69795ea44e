import type { FunctionReturnType } from "convex/server";
import { internal } from "../../convex/_generated/api";
import { addCounts, sumOf } from "../../src/dashboard/operations/userCounts";
import { callDeployment } from "../console/callDeployment";
import { CommandError } from "../console/commandError";
import type { Deployment } from "../console/deployment";
import { ConnectionLost, NeverSent } from "../console/reach";
import type { Change } from "./options";

export type Settings = FunctionReturnType<typeof internal.flags.show>;
export type Report = FunctionReturnType<typeof internal.monitoring.report>;
export type RolloutEvent = FunctionReturnType<typeof internal.rollout.history>[number];
export type UserCount = FunctionReturnType<typeof internal.rollout.survey>["counts"][number];

export interface Survey {
  counts: UserCount[];
  /** Whether all users were counted. */
  isWhole: boolean;
}

/** Users counted without --all. */
const MAX_SURVEYED = 20_000;
const LATEST_EVENTS = 8;
const UNKNOWN_OUTCOME =
  "The change may or may not have been made: `npm run rollout -- status` shows it once the deployment answers.";

/** All that a status shows, except the users, who take longer to count. */
export async function readRollout(deployment: Deployment) {
  const [settings, report, events] = await Promise.all([
    callDeployment(deployment, internal.flags.show, {}),
    callDeployment(deployment, internal.monitoring.report, {}),
    callDeployment(deployment, internal.rollout.history, { limit: LATEST_EVENTS }),
  ]);
  return { settings, report, events };
}

/** Counts users by the value of the flag for them and the rule that decides it. */
export async function surveyUsers(
  deployment: Deployment,
  isWhole: boolean,
  onProgress: (users: number) => void,
): Promise<Survey> {
  let counts: UserCount[] = [];
  for (let cursor: string | null = null; ;) {
    const page: FunctionReturnType<typeof internal.rollout.survey> = await callDeployment(
      deployment,
      internal.rollout.survey,
      { cursor },
    );
    counts = addCounts(counts, page.counts);
    const users = sumOf(counts);
    onProgress(users);
    if (page.isDone) return { counts, isWhole: true };
    if (!isWhole && users >= MAX_SURVEYED) return { counts, isWhole: false };
    cursor = page.cursor;
  }
}

/**
 * Makes a change. Returns the full ids of the users it names, who may be named by subject.
 *
 * @throws CommandError where the deployment refuses it, or does not answer.
 */
export async function change(
  deployment: Deployment,
  command: Change,
  reason: string | null,
): Promise<string[]> {
  try {
    return await make(deployment, command, reason === null ? {} : { why: reason });
  } catch (error) {
    if (!(error instanceof ConnectionLost)) throw error;
    const outcome = error instanceof NeverSent ? "Nothing was changed." : UNKNOWN_OUTCOME;
    throw new CommandError(`${error.message}. ${outcome}`);
  }
}

async function make(
  deployment: Deployment,
  command: Change,
  why: { why?: string },
): Promise<string[]> {
  const { flags } = internal;
  switch (command.name) {
    case "enable":
    case "disable": {
      const { userId: name } = command;
      const target = { userId: name, value: command.name === "enable" };
      const { userId } = await callDeployment(deployment, flags.setUser, { ...target, ...why });
      return [userId];
    }
    case "clear": {
      const { userId: name } = command;
      const target = { userId: name };
      const { userId } = await callDeployment(deployment, flags.clearUser, { ...target, ...why });
      return [userId];
    }
    case "beta-add":
    case "beta-remove": {
      const set = command.name === "beta-add" ? flags.addBetaUsers : flags.removeBetaUsers;
      const { userIds: names } = command;
      return (await callDeployment(deployment, set, { userIds: names, ...why })).userIds;
    }
    case "percentage":
    case "enough-data":
    case "default":
    case "kill":
    case "revive":
      await makeRule(deployment, command, why);
      return [];
  }
}

type RuleChange = Exclude<Change, { userId: string } | { userIds: string[] }>;

async function makeRule(
  deployment: Deployment,
  command: RuleChange,
  why: { why?: string },
): Promise<null> {
  const { flags } = internal;
  switch (command.name) {
    case "percentage":
      return await callDeployment(deployment, flags.setPercentage, {
        percentage: command.percentage,
        ...why,
      });
    case "enough-data": {
      const { minRecords } = command;
      const rule = minRecords === null ? { isEnabled: false } : { isEnabled: true, minRecords };
      return await callDeployment(deployment, flags.setSufficientData, { ...rule, ...why });
    }
    case "default":
      return await callDeployment(deployment, flags.setDefault, { value: command.value, ...why });
    case "kill":
      return await callDeployment(deployment, flags.kill, { why: command.why });
    case "revive":
      return await callDeployment(deployment, flags.revive, why);
  }
}
