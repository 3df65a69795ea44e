import { parseArgs } from "node:util";
import { checkUrl } from "../console/deployment";
import { parseCommandLine, UsageError } from "../console/usageError";

export const USAGE = `Usage: npm run rollout -- COMMAND [--why TEXT] [--url URL]

  status               who is on and why, the health of it, the latest changes [--all]
  enable USER          on for one user, whatever the other rules say
  disable USER         off for one user
  clear USER           as others again; also takes back a rollback of the user
  percentage SHARE     on for a share of all users, 0 to 100 in steps of 0.01
  enough-data COUNT    on for users with at least COUNT records; "off" switches the rule off
  beta-add USER …      into the beta group
  beta-remove USER …   out of it
  default on|off       where no rule applies
  kill --why TEXT      off for everybody at once, until revive
  revive               takes back kill: the rules hold again as they stood

  --why TEXT           kept in the audit trail
  --url URL            the deployment (default: CONVEX_SELF_HOSTED_URL, from the environment or
                       .env.local; else the local backend, http://127.0.0.1:3210)
  --all                counts all users; without it, the first 20,000

Needs the deployment's admin key: CONVEX_SELF_HOSTED_ADMIN_KEY beside its URL (npm run backend writes
both to .env.local), or CONVEX_DEPLOY_KEY.`;

/** What is to be done. */
export type Command =
  | { name: "status"; isWhole: boolean }
  | { name: "enable" | "disable" | "clear"; userId: string }
  | { name: "percentage"; percentage: number }
  | { name: "enough-data"; minRecords: number | null }
  | { name: "beta-add" | "beta-remove"; userIds: string[] }
  | { name: "default"; value: boolean }
  | { name: "kill"; why: string }
  | { name: "revive" };

export interface RolloutOptions {
  command: Command;
  why: string | null;
  url: string | null;
}

const FLAGS = {
  why: { type: "string" },
  url: { type: "string" },
  all: { type: "boolean" },
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
  return { command, why, url: values.url === undefined ? null : checkUrl(values.url) };
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
      return { name, percentage: numberOf(one(name, "SHARE", operands)) };
    case "enough-data": {
      const count = one(name, "COUNT", operands);
      return { name, minRecords: count === "off" ? null : numberOf(count) };
    }
    case "beta-add":
    case "beta-remove":
      if (operands.length === 0) throw new UsageError(`${name} needs one USER or more`);
      return { name, userIds: operands };
    case "default":
      return { name, value: onOrOff(one(name, "on or off", operands)) };
    case "kill":
      none(name, operands);
      if (why === null) throw new UsageError("kill needs --why: whoever revives it will ask");
      return { name, why };
    case "revive":
      none(name, operands);
      return { name };
    default:
      throw new UsageError(`there is no command ${name}`);
  }
}

function none(name: string, operands: string[]): void {
  if (operands.length > 0) throw new UsageError(`${name} takes nothing, not ${operands.join(" ")}`);
}

function one(name: string, what: string, operands: string[]): string {
  const [operand, ...others] = operands;
  if (operand === undefined) throw new UsageError(`${name} needs ${what}`);
  if (others.length > 0) throw new UsageError(`${name} takes one ${what}`);
  return operand;
}

/** What the deployment allows it says itself. */
function numberOf(text: string): number {
  const number = Number(text.replace(/ ?%$/, ""));
  if (text.trim() !== "" && Number.isFinite(number)) return number;
  throw new UsageError(`${text} is not a number`);
}

function onOrOff(text: string): boolean {
  if (text === "on" || text === "off") return text === "on";
  throw new UsageError(`default is on or off, not ${text}`);
}
