import { percentText } from "../../src/dashboard/operations/vocabulary";
import { numbers } from "../console/text";
import {
  describeFailures,
  describeHeading,
  describeNext,
  describeRows,
  paceRows,
  userRows,
  type Row,
} from "../jobs/describe";
import { describeDifferences, describeTakenOff } from "./differences";
import type { Validation } from "./job";
import { scoreText, sumsOf, verdictOf } from "./verdict";

/** A validation, as text. */
export function describeValidation(run: Validation, takesOff: boolean): string[] {
  const { sample, repairs } = run.options;
  const share = sample === null ? "" : ` of a sample of ${percentText(sample)}`;
  const what = `Validation${share}${repairs ? " with repair" : ""}`;
  return [
    describeHeading(what, run),
    "",
    ...describeRows([...scoreRows(run), ...userRows(run), ...countRows(run), ...paceRows(run)]),
    "",
    verdictOf(run).text,
    ...describeDifferences(run),
    ...(takesOff ? describeTakenOff(run) : []),
    ...describeFailures(run),
    ...describeNext(run),
  ];
}

function scoreRows(run: Validation): Row[] {
  return [["score", scoreText(sumsOf(run))]];
}

function countRows(run: Validation): Row[] {
  const { compared, equal, differing, stale, segments, faulty, repaired, inconclusive } =
    sumsOf(run);
  const rows: [label: string, count: number][] = [
    ["results compared", compared],
    ["  equal", equal],
    ["  wrong", differing],
    ["  stale", stale],
    ["segments that differ", segments],
    ["users with differences", faulty],
    ...(run.options.repairs ? [["  repaired", repaired] satisfies [string, number]] : []),
    ["users inconclusive", inconclusive],
  ];
  return rows.map(([label, count]) => [label, numbers.format(count)]);
}
