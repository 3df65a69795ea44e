import { v, type Infer } from "convex/values";
import { internal } from "../_generated/api";
import type { Doc } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../_generated/server";
import type { Rollup } from "../metricValidators";
import { closeAlert, raiseAlert, raiseOrClose } from "./alerts";
import { findFlagProblem } from "./flags";
import { parallelismProblem } from "./jobs/pool";
import { isPending } from "./jobs/upkeep";
import { beat, readHeartbeat } from "./monitorState";
import { countReads } from "./rollups";
import { readMinutes } from "./samples";
import { DEFAULT_THRESHOLDS, thresholdsProblem, type Thresholds } from "./thresholds";
import { askForCheck } from "./validations";

/** What no figure shows, since nothing is measured there: silence, and invalid settings. */

const MINUTE_MS = 60_000;
/** Windows of these alerts; they are shown, not acted upon. */
const WINDOW_MS = 5 * MINUTE_MS;
/** Users were there, but no page reported: telemetry is broken. */
const SILENCE_MS = 30 * MINUTE_MS;
/** Time a page has for its first report. */
const REPORT_DUE_MS = 5 * MINUTE_MS;
/** A cron that runs every minute or two and was not seen for so long is dead. */
export const DEAD_AFTER_MS = 5 * MINUTE_MS;
/** A change that no recompute has taken up for so long: runs fail, or do not come. */
const WAITING_MS = 5 * MINUTE_MS;
/** A first build that was not validated for so long. */
const VALIDATION_DUE_MS = 60 * MINUTE_MS;
/** Checks that got lost and are asked for again in one look. */
const MAX_RETRIES = 10;
const RETRY_AFTER_MS = 5 * MINUTE_MS;
/** Users seen lately that are looked at for one that came back. */
const MAX_SEEN = 50;
const MAX_QUEUE_DEPTH = 1_000;

/** What users' own transactions write all the time: read from a snapshot, apart from what is written. */
export const observedValidator = v.object({
  /** Users whose run is scheduled or running; 1,000 stands for as many or more. */
  queueDepth: v.number(),
  /** Users came back, but no page reported. */
  isTelemetrySilent: v.boolean(),
  /** The oldest change that has waited for too long. */
  waitingSince: v.union(v.number(), v.null()),
  /** Checks of first builds that should have ended, and since when the oldest has been awaited. */
  overdueChecks: v.array(v.id("user_validations")),
  uncheckedSince: v.union(v.number(), v.null()),
});
export type Observed = Infer<typeof observedValidator>;

type Reader = Pick<QueryCtx, "db">;

/** @param isSilent no page has reported in the last minutes, though pages should. */
export async function observe(
  ctx: Reader,
  { now, isSilent }: { now: number; isSilent: boolean },
): Promise<Observed> {
  const scheduled = await ctx.db
    .query("aggregation_state")
    .withIndex("by_due_at", (q) => q.gt("dueAt", null))
    .take(MAX_QUEUE_DEPTH);
  const waiting = await ctx.db
    .query("data_change_log")
    .withIndex("by_processed_changed_at", (q) =>
      q.eq("processed", false).lt("changedAt", now - WAITING_MS),
    )
    .first();
  const overdue = await ctx.db
    .query("user_validations")
    .withIndex("by_status_asked_at", (q) =>
      q.eq("status", "pending").lt("askedAt", now - RETRY_AFTER_MS),
    )
    .take(MAX_RETRIES);
  const unchecked = await ctx.db
    .query("user_validations")
    .withIndex("by_status", (q) => q.eq("status", "pending"))
    .first();
  return {
    queueDepth: scheduled.length,
    isTelemetrySilent: isSilent && (await isTelemetrySilent(ctx, now)),
    waitingSince: waiting?.changedAt ?? null,
    overdueChecks: overdue.map(({ _id }) => _id),
    uncheckedSince: unchecked?._creationTime ?? null,
  };
}

async function isTelemetrySilent(ctx: Reader, now: number): Promise<boolean> {
  const seen = await ctx.db
    .query("aggregation_state")
    .withIndex("by_last_seen_at", (q) =>
      q.gt("lastSeenAt", now - SILENCE_MS).lt("lastSeenAt", now - REPORT_DUE_MS),
    )
    .take(MAX_SEEN);
  if (!seen.some(hasComeBack)) return false;
  const minutes = await readMinutes(ctx, now - SILENCE_MS, now);
  return minutes.every((minute) => countReads(minute) === 0);
}

/** A user's first sight may be an import from a terminal; later ones are of a page. */
function hasComeBack({ lastSeenAt, _creationTime }: Doc<"aggregation_state">): boolean {
  return lastSeenAt > _creationTime + MINUTE_MS;
}

/** Raises alerts about settings that are invalid, and returns the limits in force. */
export async function checkSettings(ctx: MutationCtx, now: number): Promise<Thresholds> {
  const [thresholds, second] = await ctx.db.query("thresholds").take(2);
  const rows = second === undefined ? null : "there are several rows of thresholds";
  const limits = rows ?? (thresholds === undefined ? null : thresholdsProblem(thresholds));
  const flag = await findFlagProblem(ctx);
  const parallelism = parallelismProblem();
  const sight = { windowMs: WINDOW_MS, now };
  await raiseOrClose(ctx, flag !== null, {
    cause: "flag-configuration",
    message: `${flag ?? ""}; until this is fixed, that flag is off for everybody`,
    ...sight,
  });
  await raiseOrClose(ctx, limits !== null, {
    cause: "threshold-configuration",
    message: `${limits ?? ""}; until this is fixed, the defaults apply`,
    ...sight,
  });
  await raiseOrClose(ctx, parallelism !== null, {
    cause: "job-configuration",
    message: `${parallelism ?? ""}; until this is fixed, the default applies`,
    ...sight,
  });
  return thresholds === undefined || limits !== null ? DEFAULT_THRESHOLDS : thresholds;
}

/** Raises or closes the alerts about what should be heard of and is not. */
export async function lookForSilence(
  ctx: MutationCtx,
  { isTelemetrySilent, waitingSince, overdueChecks, uncheckedSince }: Observed,
  { expectsTelemetry, recent, now }: { expectsTelemetry: boolean; recent: Rollup; now: number },
): Promise<void> {
  const sight = { windowMs: WINDOW_MS, now };
  if (isTelemetrySilent) {
    const minutes = SILENCE_MS / MINUTE_MS;
    const message = `users were there in the last ${minutes} minutes, but no page reported`;
    await raiseAlert(ctx, { cause: "telemetry-silent", message, ...sight });
  } else if (!expectsTelemetry || countReads(recent) > 0) {
    await closeAlert(ctx, "telemetry-silent", now);
  }
  await raiseOrClose(ctx, waitingSince !== null, {
    cause: "changes-waiting",
    message: `a change has been waiting since ${isoTime(waitingSince ?? now)}: recomputes fail or do not come (lastError in aggregation_state says why)`,
    ...sight,
  });
  for (const id of overdueChecks) await repeatCheck(ctx, id);
  const oldest = uncheckedSince ?? now;
  await raiseOrClose(ctx, oldest < now - VALIDATION_DUE_MS, {
    cause: "validation-silent",
    message: `first results have been waiting for their validation since ${isoTime(oldest)}; until then these users compute in the browser`,
    ...sight,
  });
}

/** Asks for a check again that got lost: one whose function still waits for its turn is not lost. */
async function repeatCheck(ctx: MutationCtx, id: Doc<"user_validations">["_id"]): Promise<void> {
  const validation = await ctx.db.get("user_validations", id);
  if (validation?.status !== "pending") return;
  if (await isPending(ctx, validation.scheduledId ?? null)) return;
  await askForCheck(ctx, validation);
}

/** Notes that the cron that looks at the figures is alive, and notices the other's death. */
export async function noteTick(
  ctx: MutationCtx,
  before: Doc<"cron_heartbeats"> | null,
  { now, isQuiet }: { now: number; isQuiet: boolean },
): Promise<void> {
  await beat(ctx, before, { cron: "tick", at: now, isQuiet });
  await raiseOrClose(ctx, isSilent(await lastSeen(ctx, "watch"), before, now), {
    cause: "sweep-silent",
    message: "the cron that watches the monitoring is silent: are crons deployed and running?",
    windowMs: WINDOW_MS,
    now,
  });
}

/** The same the other way round. */
export async function noteWatch(ctx: MutationCtx, now: number): Promise<void> {
  const before = await readHeartbeat(ctx, "watch");
  await beat(ctx, before, { cron: "watch", at: now, isQuiet: true });
  await raiseOrClose(ctx, isSilent(await lastSeen(ctx, "tick"), before, now), {
    cause: "monitoring-silent",
    message: "the cron that looks at the figures is silent: its errors are in the logs",
    windowMs: WINDOW_MS,
    now,
  });
}

/** From a snapshot: the other cron may be writing its row at the same instant. */
async function lastSeen(ctx: MutationCtx, cron: "tick" | "watch"): Promise<number | null> {
  return await ctx.runQuery(internal.monitoring.lastSeen, { cron }, { useStaleSnapshot: true });
}

/** Whether a cron has not been alive for too long: one that never was, since the other began. */
export function isSilent(
  lastSeenAt: number | null,
  other: Doc<"cron_heartbeats"> | null,
  now: number,
): boolean {
  return now - (lastSeenAt ?? other?._creationTime ?? now) > DEAD_AFTER_MS;
}

function isoTime(at: number): string {
  return new Date(at).toISOString();
}
