import type { FunctionArgs, FunctionReference, FunctionReturnType } from "convex/server";
import { internal } from "../../convex/_generated/api";
import { addCounts, sumOf } from "../../src/dashboard/operations/userCounts";
import { callDeployment } from "../console/callDeployment";
import type { Deployment } from "../console/deployment";
import { ConnectionLost } from "../console/reach";
import type { Command } from "./options";

type AnyFunction = FunctionReference<"query" | "mutation", "internal">;
export type Settings = FunctionReturnType<typeof internal.flags.show>;
export type Report = FunctionReturnType<typeof internal.monitoring.report>;
export type RolloutEvent = FunctionReturnType<typeof internal.rollout.history>[number];
export type UserCount = FunctionReturnType<typeof internal.rollout.survey>["counts"][number];

/** A deployment that does not answer, or refuses; nothing was changed. */
export class RolloutError extends Error {
  override name = "RolloutError";
}

export interface Survey {
  counts: UserCount[];
  /** Whether all users were counted. */
  isWhole: boolean;
}

/** Users counted where not all are asked for. */
const MAX_SURVEYED = 20_000;
const LATEST_EVENTS = 8;

async function call<F extends AnyFunction>(
  deployment: Deployment,
  reference: F,
  args: FunctionArgs<F>,
): Promise<FunctionReturnType<F>> {
  try {
    return await callDeployment(deployment, reference, args);
  } catch (error) {
    const isLost = error instanceof ConnectionLost;
    const message = error instanceof Error ? error.message : String(error);
    throw new RolloutError(
      isLost ? `${deployment.url} does not answer; nothing was changed.` : message,
    );
  }
}

/** Everything a status shows but the users, who take longer. */
export async function readRollout(deployment: Deployment) {
  const [settings, report, events] = await Promise.all([
    call(deployment, internal.flags.show, {}),
    call(deployment, internal.monitoring.report, {}),
    call(deployment, internal.rollout.history, { limit: LATEST_EVENTS }),
  ]);
  return { settings, report, events };
}

/** Counts users by what the flag is for them, page by page. */
export async function surveyUsers(
  deployment: Deployment,
  isWhole: boolean,
  onProgress: (users: number) => void,
): Promise<Survey> {
  let counts: UserCount[] = [];
  for (let cursor: string | null = null; ;) {
    const page: FunctionReturnType<typeof internal.rollout.survey> = await call(
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

/** Carries out a change. */
export async function change(
  deployment: Deployment,
  command: Exclude<Command, { name: "status" }>,
  reason: string | null,
): Promise<void> {
  const why = reason === null ? {} : { why: reason };
  const { flags } = internal;
  switch (command.name) {
    case "enable":
    case "disable": {
      const value = command.name === "enable";
      await call(deployment, flags.setUser, { userId: command.userId, value, ...why });
      return;
    }
    case "clear":
      await call(deployment, flags.clearUser, { userId: command.userId, ...why });
      return;
    case "percentage":
      await call(deployment, flags.setPercentage, { percentage: command.percentage, ...why });
      return;
    case "enough-data": {
      const { minRecords } = command;
      const rule = minRecords === null ? { isEnabled: false } : { isEnabled: true, minRecords };
      await call(deployment, flags.setSufficientData, { ...rule, ...why });
      return;
    }
    case "beta-add":
      await call(deployment, flags.addBetaUsers, { userIds: command.userIds, ...why });
      return;
    case "beta-remove":
      await call(deployment, flags.removeBetaUsers, { userIds: command.userIds, ...why });
      return;
    case "default":
      await call(deployment, flags.setDefault, { value: command.value, ...why });
      return;
    case "kill":
      await call(deployment, flags.kill, { why: command.why });
      return;
    case "revive":
      await call(deployment, flags.revive, why);
      return;
  }
}
