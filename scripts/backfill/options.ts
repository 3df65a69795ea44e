import { parseArgs } from "node:util";
import { JOB_FLAGS, JOB_USAGE, jobOptionsOf, type JobOptions } from "../jobs/options";
import { parseCommandLine } from "../console/usageError";

export const USAGE = `Usage: npm run backfill -- [--users USER,…] [--dry-run] [--adopt] [--url URL]
       npm run backfill -- --status | --cancel [--url URL]

Builds segments and results of all users from their records, beside live traffic, and shows how far
it is. Where a backfill is at work already, that one is shown instead.

  --users USER,…       of these users only; may be repeated, up to 1,000 users
  --dry-run            builds nothing: counts the records that a build would read
  --adopt              lists the users first whose records were there before, or were written past
                       the functions: only users that are listed are found; with --dry-run, too
${JOB_USAGE}`;

export interface BackfillOptions extends JobOptions {
  isDryRun: boolean;
  adopts: boolean;
}

export const FLAGS = {
  ...JOB_FLAGS,
  "dry-run": { type: "boolean" },
  adopt: { type: "boolean" },
} as const;

/** @throws UsageError for what cannot be used. */
export function parseOptions(argv: string[]): BackfillOptions {
  const { values } = parseCommandLine(() => parseArgs({ args: argv, options: FLAGS }));
  const { "dry-run": isDryRun = false, adopt: adopts = false } = values;
  const others = [...(isDryRun ? ["--dry-run"] : []), ...(adopts ? ["--adopt"] : [])];
  return { ...jobOptionsOf(values, others), isDryRun, adopts };
}
