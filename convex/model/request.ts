import { type FilterOptions } from "../../src/engine";
import { internal } from "../_generated/api";
import type { Doc } from "../_generated/dataModel";
import type { MutationCtx } from "../_generated/server";
import { refusal } from "../errors";
import { hasWaitingChanges } from "./changeLog";
import { isUpToDate } from "./results";
import { ensureRunScheduled, ensureState, nextDriftCheck, requestRun } from "./schedule";
import { localDayAt, timeZoneOf, type LocalDay } from "./settings";
import { keepFilter, MAX_KEPT_FILTERS, touchTracked } from "./trackedFilters";

/** What `aggregations:request` does for a signed-in user. */
export async function answerRequest(
  ctx: MutationCtx,
  userId: string,
  filters: FilterOptions,
  keep: boolean,
): Promise<"ready" | "scheduled"> {
  const day = localDayAt(Date.now(), await timeZoneOf(ctx, userId));
  const tracked = keep
    ? await keepOrRefuse(ctx, userId, filters)
    : await touchTracked(ctx, userId, filters);
  await noteSeen(ctx, userId, day);
  // Heals a run that was lost, even if every cron is dead.
  if (await hasWaitingChanges(ctx, userId)) await ensureRunScheduled(ctx, userId);
  if (tracked !== null && isUpToDate(tracked, day)) return "ready";
  // From a snapshot of its own: a run that rewrites the segments must not make this begin again.
  const answer: "computed" | "unbuilt" | "unreadable" | "too-large" = await ctx.runQuery(
    internal.answers.test,
    { userId, filters: { ...filters, ...mutableLists(filters) }, asOf: day.asOf },
    { useStaleSnapshot: true },
  );
  switch (answer) {
    case "computed":
      // What is kept is to be stored for this day; meanwhile the query answers.
      if (tracked !== null) await requestRun(ctx, userId);
      return "ready";
    case "unreadable":
      // Damaged columns are rebuilt from the records; the results follow.
      await requestRun(ctx, userId, { rebuildRequested: true });
      return "scheduled";
    case "too-large":
      // No query can compute it: it is stored, if there is room.
      await keepFilter(ctx, userId, filters);
      await requestRun(ctx, userId);
      return "scheduled";
    case "unbuilt":
      await requestRun(ctx, userId);
      return "scheduled";
  }
}

async function keepOrRefuse(
  ctx: MutationCtx,
  userId: string,
  filters: FilterOptions,
): Promise<Doc<"tracked_filters">> {
  const kept = await keepFilter(ctx, userId, filters);
  if (kept !== null) return kept;
  throw refusal(
    "LIMIT_REACHED",
    `The results of ${MAX_KEPT_FILTERS} filters are kept for you, and all of them were asked for ` +
      "lately; this filter is computed whenever it is read.",
    { maxKept: MAX_KEPT_FILTERS },
  );
}

function mutableLists({ topics, channels }: FilterOptions) {
  return { topics: [...topics], channels: [...channels] };
}

const SEEN_INTERVAL_MS = 3_600_000;

/** Remembers, at most once an hour, that the user was here: the day's turn is then computed ahead. */
async function noteSeen(ctx: MutationCtx, userId: string, { endsAt }: LocalDay): Promise<void> {
  const state = await ensureState(ctx, userId);
  const now = Date.now();
  const sinceSeenMs = now - state.lastSeenAt;
  const isNoted = sinceSeenMs >= 0 && sinceSeenMs < SEEN_INTERVAL_MS;
  // A day's turn that lies beyond the present day was noted by a clock that was wrong.
  if (isNoted && state.refreshAt !== null && state.refreshAt <= endsAt) return;
  // A user who comes back after a long time is checked within a day, like all active users.
  const driftDueAt = Math.min(state.driftDueAt ?? now, nextDriftCheck(now));
  await ctx.db.patch("aggregation_state", state._id, {
    lastSeenAt: now,
    refreshAt: endsAt,
    driftDueAt,
    isUnvalidated: true,
  });
}
