import type { Doc } from "../../_generated/dataModel";

/** Whether a run is the hourly sample: its users are drawn when it starts, and named to it. */
export function isHourlySample({
  isOfNamedUsers,
  options,
}: Pick<Doc<"job_runs">, "isOfNamedUsers" | "options">): boolean {
  return isOfNamedUsers && options.sample !== null;
}
