import { parseArgs } from "node:util";
import { DEPLOYMENT_USAGE, TARGET_FLAGS, targetOf, type Target } from "../console/target";
import { parseCommandLine, UsageError } from "../console/usageError";

export const USAGE = `Usage: npm run rollout -- COMMAND [--why TEXT] [--url URL] [--yes]

  status               who is on and why, the health, the latest changes [--all]
  enable USER          turn stored results on for one user, whatever the other rules say
  disable USER         turn them off for one user
  clear USER           remove that setting; also takes back a rollback of the user
  percentage SHARE     turn them on for a share of all users, 0 to 100 in steps of 0.01
  enough-data COUNT    turn them on for users with at least COUNT records; "off" removes the rule
  beta-add USER …      add users to the beta group
  beta-remove USER …   remove them
  default on|off       for users whom no rule matches
  kill --why TEXT      turn them off for everybody at once, until revive
  revive               take back kill: the rules apply again as they were

  --why TEXT           kept in the audit trail
  --all                count all users, not only the first 20,000
${DEPLOYMENT_USAGE}`;

/** What to do. */
export type Command =
  | { name: "status"; isWhole: boolean }
  | { name: "enable" | "disable" | "clear"; userId: string }
  | { name: "percentage"; percentage: number }
  | { name: "enough-data"; minRecords: number | null }
  | { name: "beta-add" | "beta-remove"; userIds: string[] }
  | { name: "default"; value: boolean }
  | { name: "kill"; why: string }
  | { name: "revive" };

export type Change = Exclude<Command, { name: "status" }>;

export interface RolloutOptions extends Target {
  command: Command;
  why: string | null;
}

export const FLAGS = {
  why: { type: "string" },
  all: { type: "boolean" },
  ...TARGET_FLAGS,
} as const;

/** @throws UsageError for what cannot be used. */
export function parseOptions(argv: string[]): RolloutOptions {
  const { values, positionals } = parseCommandLine(() =>
    parseArgs({ args: argv, options: FLAGS, allowPositionals: true }),
  );
  const [name, ...operands] = positionals;
  if (name === undefined) throw new UsageError("COMMAND is missing");
  const why = values.why?.trim() ?? null;
  if (why === "") throw new UsageError("--why is empty");
  const command = parseCommand(name, operands, why, values.all ?? false);
  return { command, why, ...targetOf(values) };
}

function parseCommand(
  name: string,
  operands: string[],
  why: string | null,
  isWhole: boolean,
): Command {
  switch (name) {
    case "status":
      none(name, operands);
      return { name, isWhole };
    case "enable":
    case "disable":
    case "clear":
      return { name, userId: one(name, "USER", operands) };
    case "percentage":
      return { name, percentage: numberOf(one(name, "SHARE", operands), "SHARE is 0 to 100") };
    case "enough-data": {
      const count = one(name, "COUNT", operands);
      const allowed = 'COUNT is a number of records from 1 on, or "off"';
      return { name, minRecords: count === "off" ? null : numberOf(count, allowed) };
    }
    case "beta-add":
    case "beta-remove":
      if (operands.length === 0) throw new UsageError(`${name} needs one USER or more`);
      return { name, userIds: operands };
    case "default":
      return { name, value: onOrOff(one(name, "on or off", operands)) };
    case "kill":
      none(name, operands);
      if (why === null) throw new UsageError("kill needs --why, for the person who revives it");
      return { name, why };
    case "revive":
      none(name, operands);
      return { name };
    default:
      throw new UsageError(`there is no command ${name}`);
  }
}

function none(name: string, operands: string[]): void {
  if (operands.length > 0)
    throw new UsageError(`${name} takes no argument, but got ${operands.join(" ")}`);
}

function one(name: string, what: string, operands: string[]): string {
  const [operand, ...others] = operands;
  if (operand === undefined) throw new UsageError(`${name} needs ${what}`);
  if (others.length > 0) throw new UsageError(`${name} takes only one ${what}`);
  return operand;
}

/** The deployment checks the bounds. */
function numberOf(text: string, allowed: string): number {
  const number = Number(text.replace(/ ?%$/, ""));
  if (text.trim() !== "" && Number.isFinite(number)) return number;
  throw new UsageError(`${text === "" ? "an empty text" : text} is not a number; ${allowed}`);
}

function onOrOff(text: string): boolean {
  if (text === "on" || text === "off") return text === "on";
  throw new UsageError(`default is on or off, not ${text}`);
}
