import { parseArgs } from "node:util";
import { JOB_FLAGS, JOB_USAGE, jobOptionsOf, type JobOptions } from "../jobs/options";
import { parseCommandLine } from "../console/usageError";

export const USAGE = `Usage: npm run backfill -- [--users USER,…] [--dry-run] [--adopt] [--url URL] [--yes]
       npm run backfill -- --status | --cancel [--url URL] [--yes]

Builds the stored results of all users from their records, beside live traffic, and shows progress.
If a backfill is already running, this follows it instead.

  --users USER,…       only these users; may be repeated, up to 1,000 users
  --dry-run            build nothing; count the records that a backfill would read
  --adopt              first list all users who have records: a backfill only sees listed users, and
                       records written by other means do not list theirs
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
