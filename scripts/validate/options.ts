import { parseArgs } from "node:util";
import { parseCommandLine, UsageError } from "../console/usageError";
import { JOB_FLAGS, JOB_USAGE, jobOptionsOf, type JobOptions } from "../jobs/options";

export const USAGE = `Usage: npm run validate -- [--users USER,… | --sample SHARE] [--repair] [--url URL] [--yes]
       npm run validate -- --status | --cancel [--url URL] [--yes]

Compares the stored results of all users with their records and reports differences. Users with a
wrong result are rolled back automatically. If a validation is already running, this follows it
instead.

  --users USER,…       only these users; may be repeated, up to 1,000 users
  --sample SHARE       only a random share of all users: 0.01 or 1%
  --repair             rebuild what differs, and compare again
${JOB_USAGE}`;

export interface ValidateOptions extends JobOptions {
  /** Above 0, up to 1; null for all users. */
  sample: number | null;
  repairs: boolean;
}

export const FLAGS = {
  ...JOB_FLAGS,
  sample: { type: "string" },
  repair: { type: "boolean" },
} as const;

/** @throws UsageError for what cannot be used. */
export function parseOptions(argv: string[]): ValidateOptions {
  const { values } = parseCommandLine(() => parseArgs({ args: argv, options: FLAGS }));
  const { sample, repair: repairs = false } = values;
  const others = [...(sample === undefined ? [] : ["--sample"]), ...(repairs ? ["--repair"] : [])];
  const options = jobOptionsOf(values, others);
  if (sample !== undefined && options.userIds !== null) {
    throw new UsageError(
      "--sample and --users cannot be used together: --sample is a share of all users",
    );
  }
  return { ...options, sample: sample === undefined ? null : shareOf(sample), repairs };
}

function shareOf(text: string): number {
  const [, digits = "", percent] = /^\s*(\d+(?:\.\d*)?|\.\d+)\s*(%)?\s*$/.exec(text) ?? [];
  const share = percent === undefined ? Number(digits) : Number(digits) / 100;
  if (digits !== "" && share > 0 && share <= 1) return share;
  throw new UsageError(
    `--sample is ${text}; it must be a share of all users above 0 and up to 1, such as 0.01 or 1%`,
  );
}
