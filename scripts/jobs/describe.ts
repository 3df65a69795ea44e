import { durationText } from "../../src/dashboard/shared/duration";
import { alignColumns } from "../console/table";
import { numbers, plain, plural, rateText, shortTime } from "../console/text";
import type { RunStatus } from "./job";

/** Runs of jobs, as text. */

const SECOND_MS = 1_000;

/** A label and its value. */
export type Row = [label: string, value: string];

/** "Backfill, started 2026-11-24 10:03 UTC: done". */
export function describeHeading(what: string, run: RunStatus): string {
  const { status, done, failed, total, isCounted, startedAt } = run;
  const far = isCounted ? `${numbers.format(done + failed)} of ${numbers.format(total)} users` : "";
  const texts = {
    running: far === "" ? `counting users … ${numbers.format(total)}` : `running, ${far} so far`,
    done: failed === 0 ? "done" : `done, but ${plural(failed, "user")} failed`,
    cancelled: far === "" ? "cancelled" : `cancelled after ${far}`,
  };
  return `${what}, started ${shortTime(startedAt)} UTC: ${texts[status]}`;
}

/** How many users are done, and how many have failed. */
export function userRows({ done, failed, total, isCounted }: RunStatus): Row[] {
  const all = isCounted ? numbers.format(Math.max(total, done + failed)) : "those counted so far";
  return [
    ["users done", `${numbers.format(done)} of ${all}`],
    ...(failed === 0 ? [] : [["users failed", numbers.format(failed)] satisfies Row]),
  ];
}

/** How long it took so far, and its rate. */
export function paceRows({ status, startedAt, updatedAt, finishedAt, ...run }: RunStatus): Row[] {
  const durationMs = (finishedAt ?? updatedAt) - startedAt;
  const rows: Row[] = [["time", durationText(durationMs)]];
  const finished = run.done + run.failed;
  if (finished > 0 && durationMs > 0)
    rows.push(["users/s", rateText((finished / durationMs) * SECOND_MS)]);
  if (status === "running" && run.remainingMs !== null) {
    rows.push(["time left", durationText(run.remainingMs)]);
  }
  return rows;
}

/** Rows with their values aligned. */
export function describeRows(rows: readonly Row[]): string[] {
  return alignColumns(
    rows.map(([label, value]) => [`  ${label}`, value]),
    [1],
  );
}

/** Users that failed and why, those being retried, and those left open. */
export function describeFailures({ failures, failed, retrying, left }: RunStatus): string[] {
  return [
    ...describeTable(`${plural(failed, "user")} failed:`, failures, failed - failures.length),
    ...describeTable(`${plural(retrying.length, "user")} being retried:`, retrying, 0),
    ...describeTable(`${plural(left.length, "user")} left open:`, left, 0),
  ];
}

function describeTable(title: string, failures: RunStatus["failures"], more: number): string[] {
  if (failures.length === 0) return [];
  const rows = failures.map(({ userId, attempts, error }) => {
    return [`  ${plain(userId)}`, String(attempts), plain(error)];
  });
  const lines = alignColumns([["  user", "attempts", "error"], ...rows], [1]);
  const rest = more > 0 ? [`  … and ${numbers.format(more)} more`] : [];
  return ["", title, ...lines, ...rest];
}

/** The next command to run, from the deployment. */
export function describeNext({ next }: { next: string }): string[] {
  return ["", `Next: ${plain(next)}`];
}

/** Whether all went well: nobody failed, and it was not cancelled. */
export function isSound({ status, failed }: RunStatus): boolean {
  return status !== "cancelled" && failed === 0;
}
