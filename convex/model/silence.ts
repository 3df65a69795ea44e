import { internal } from "../_generated/api";
import type { Doc } from "../_generated/dataModel";
import type { MutationCtx } from "../_generated/server";
import { closeAlert, raiseAlert, raiseOrClose } from "./alerts";
import { findFlagProblem } from "./flags";
import { latestRun } from "./jobs/runs";
import { readWindow } from "./samples";
import { thresholdsProblem, type Thresholds } from "./thresholds";

/** What no figure tells, since nothing is measured there: silence, and settings without sense. */

const MINUTE_MS = 60_000;
/** Windows of these alerts; they are shown, not acted upon. */
const WINDOW_MS = 5 * MINUTE_MS;
/** Somebody was there, but no page reported: telemetry is broken. */
const SILENCE_MS = 30 * MINUTE_MS;
/** Time a page has for its first report. */
const REPORT_DUE_MS = 5 * MINUTE_MS;
/** A cron that runs every minute and was not seen for so long is dead. */
export const DEAD_AFTER_MS = 5 * MINUTE_MS;
/** A change that no recompute has taken up for so long: runs fail, or do not come. */
const WAITING_MS = 5 * MINUTE_MS;
/** A first build that was not validated for so long. */
const VALIDATION_DUE_MS = 60 * MINUTE_MS;
/** Validations that got lost and are asked for again in one look. */
const MAX_RETRIES = 10;
const RETRY_AFTER_MS = 5 * MINUTE_MS;
/** Users seen lately that are looked at for one that came back. */
const MAX_SEEN = 50;

/** Settings that somebody's hand has left without sense. */
export async function lookForNonsense(ctx: MutationCtx, now: number): Promise<void> {
  const [thresholds, second] = await ctx.db.query("thresholds").take(2);
  const rows = second === undefined ? null : "there are several rows of thresholds";
  const limits = rows ?? (thresholds === undefined ? null : thresholdsProblem(thresholds));
  const flag = await findFlagProblem(ctx);
  await raiseOrClose(ctx, flag !== null, {
    cause: "flag-configuration",
    message: `${flag ?? ""}; until it is set right that flag is off for everybody`,
    windowMs: WINDOW_MS,
    now,
  });
  await raiseOrClose(ctx, limits !== null, {
    cause: "threshold-configuration",
    message: `${limits ?? ""}; until it is set right the defaults hold`,
    windowMs: WINDOW_MS,
    now,
  });
}

const JOB_KINDS = ["backfill", "validation", "drift", "upgrade"] as const;

/** Users who failed in the latest run of a job, and whom nobody would look for otherwise. */
export async function lookForFailedJobs(ctx: MutationCtx, now: number): Promise<void> {
  const failed: string[] = [];
  for (const kind of JOB_KINDS) {
    const run = await latestRun(ctx, kind);
    if (run !== null && run.failed > 0) failed.push(`${String(run.failed)} in the ${kind}`);
  }
  await raiseOrClose(ctx, failed.length > 0, {
    cause: "jobs-failed",
    message: `users failed after all attempts: ${failed.join(", ")} (jobs:status lists them)`,
    windowMs: WINDOW_MS,
    now,
  });
}

/** What should speak and does not. */
export async function lookForSilence(
  ctx: MutationCtx,
  limits: Thresholds,
  now: number,
): Promise<void> {
  await lookForSilentPages(ctx, limits, now);
  await lookForWaitingChanges(ctx, now);
  await lookForMissingValidations(ctx, now);
}

async function lookForSilentPages(
  ctx: MutationCtx,
  { expectsTelemetry }: Thresholds,
  now: number,
): Promise<void> {
  const cause = "telemetry-silent";
  const { hits, misses, fallbacks, unanswered, off } = await readWindow(ctx, now - SILENCE_MS, now);
  if (!expectsTelemetry || hits + misses + fallbacks + unanswered + off > 0) {
    await closeAlert(ctx, cause, now);
    return;
  }
  const seen = await ctx.db
    .query("aggregation_state")
    .withIndex("by_last_seen_at", (q) =>
      q.gt("lastSeenAt", now - SILENCE_MS).lt("lastSeenAt", now - REPORT_DUE_MS),
    )
    .take(MAX_SEEN);
  if (!seen.some(hasComeBack)) return;
  const minutes = SILENCE_MS / MINUTE_MS;
  const message = `users were there in the last ${minutes} minutes, but no page reported`;
  await raiseAlert(ctx, { cause, message, windowMs: WINDOW_MS, now });
}

/** A user's first sight may be an import from a terminal; later ones are of a page. */
function hasComeBack({ lastSeenAt, _creationTime }: Doc<"aggregation_state">): boolean {
  return lastSeenAt > _creationTime + MINUTE_MS;
}

async function lookForWaitingChanges(ctx: MutationCtx, now: number): Promise<void> {
  const oldest = await ctx.db
    .query("data_change_log")
    .withIndex("by_processed_changed_at", (q) =>
      q.eq("processed", false).lt("changedAt", now - WAITING_MS),
    )
    .first();
  await raiseOrClose(ctx, oldest !== null, {
    cause: "changes-waiting",
    message: `a change has been waiting since ${isoTime(oldest?.changedAt ?? now)}: recomputes fail or do not come (lastError in aggregation_state says why)`,
    windowMs: WINDOW_MS,
    now,
  });
}

/** Asks again for validations that got lost; wrong where even that does not help. */
async function lookForMissingValidations(ctx: MutationCtx, now: number): Promise<void> {
  const overdue = await ctx.db
    .query("user_validations")
    .withIndex("by_status_asked_at", (q) =>
      q.eq("status", "pending").lt("askedAt", now - RETRY_AFTER_MS),
    )
    .take(MAX_RETRIES);
  for (const { _id, userId } of overdue) {
    await ctx.db.patch("user_validations", _id, { askedAt: now });
    await ctx.scheduler.runAfter(0, internal.validation.checkUser, { userId });
  }
  const first = await ctx.db
    .query("user_validations")
    .withIndex("by_status", (q) => q.eq("status", "pending"))
    .first();
  const oldest = first?._creationTime ?? now;
  await raiseOrClose(ctx, oldest < now - VALIDATION_DUE_MS, {
    cause: "validation-silent",
    message: `first results have been waiting for their validation since ${isoTime(oldest)}; until then these users compute in the browser`,
    windowMs: WINDOW_MS,
    now,
  });
}

function isoTime(at: number): string {
  return new Date(at).toISOString();
}
