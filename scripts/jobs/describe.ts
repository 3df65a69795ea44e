import { durationText } from "../../src/dashboard/shared/duration";
import { alignColumns } from "../console/table";
import { numbers, plain, plural, rateText, shortTime } from "../console/text";
import type { RunStatus } from "./job";

/** Runs of jobs as text for people. */

const SECOND_MS = 1_000;

/** A label and what belongs to it. */
export type Row = [label: string, value: string];

/** "Backfill on http://…, begun 2026-11-24 10:03 UTC: done". */
export function describeHeading(what: string, url: string, run: RunStatus): string {
  const { status, done, failed, total, isCounted, startedAt } = run;
  const far = isCounted ? `${numbers.format(done + failed)} of ${numbers.format(total)} users` : "";
  const texts = {
    running: far === "" ? `counting users … ${numbers.format(total)}` : `at work, ${far} so far`,
    done: failed === 0 ? "done" : `done, but ${plural(failed, "user")} failed`,
    cancelled: far === "" ? "cancelled" : `cancelled after ${far}`,
  };
  return `${what} on ${url}, begun ${shortTime(startedAt)} UTC: ${texts[status]}`;
}

/** How many users it was, or is, about, and how many have failed. */
export function userRows({ done, failed, total, isCounted }: RunStatus): Row[] {
  const all = isCounted ? numbers.format(Math.max(total, done + failed)) : "those still counted";
  return [
    ["users done", `${numbers.format(done)} of ${all}`],
    ...(failed === 0 ? [] : [["users failed", numbers.format(failed)] satisfies Row]),
  ];
}

/** How long it took, or has taken, and how many users that is a second. */
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

/** Rows beneath each other, their values aligned. */
export function describeRows(rows: readonly Row[]): string[] {
  return alignColumns(
    rows.map(([label, value]) => [`  ${label}`, value]),
    [1],
  );
}

/** Who failed and why, who is being tried again, and of whom nothing could be done or said. */
export function describeFailures({ failures, failed, retrying, left }: RunStatus): string[] {
  return [
    ...describeTable(`${plural(failed, "user")} failed:`, failures, failed - failures.length),
    ...describeTable(`${plural(retrying.length, "user")} being tried again:`, retrying, 0),
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

/** The command that comes next, as the deployment says. */
export function describeNext({ next }: { next: string }): string[] {
  return ["", `Next: ${plain(next)}`];
}

/** Whether anything is wrong: somebody failed, or it was ended before its time. */
export function isSound({ status, failed }: RunStatus): boolean {
  return status !== "cancelled" && failed === 0;
}
