import { numbers, plural } from "../console/text";
import {
  describeFailures,
  describeHeading,
  describeNext,
  describeRows,
  paceRows,
  userRows,
  type Row,
} from "../jobs/describe";
import type { RunStatus } from "../jobs/job";
import { COMMAND } from "./jobs";

/** A backfill, as text. */
export function describeBackfill(run: RunStatus): string[] {
  const { isDryRun } = run.options;
  const what = isDryRun ? "Dry run of a backfill" : "Backfill";
  const counts = isDryRun ? measuredRows(run) : builtRows(run);
  return [
    describeHeading(what, run),
    "",
    ...describeRows([...userRows(run), ...counts, ...paceRows(run)]),
    ...(run.status === "done" ? remarks(run) : []),
    ...describeFailures(run),
    ...describeNext(run),
  ];
}

function builtRows({ counts }: RunStatus): Row[] {
  return [
    ["records", numbers.format(counts["records"] ?? 0)],
    ["left to a running recompute", numbers.format(counts["leftToChanges"] ?? 0)],
  ];
}

function measuredRows({ counts }: RunStatus): Row[] {
  return [
    ["users with records", numbers.format(counts["users"] ?? 0)],
    ["records", numbers.format(counts["records"] ?? 0)],
  ];
}

function remarks({ counts, options, total }: RunStatus): string[] {
  if (total === 0) {
    return ["", `No users are listed. \`${COMMAND} -- --adopt\` lists all users who have records.`];
  }
  if (!options.isDryRun) return [];
  const records = plural(counts["records"] ?? 0, "record");
  const users = plural(counts["users"] ?? 0, "user");
  return ["", `Dry run: nothing was built. A backfill would read ${records} of ${users}.`];
}
