import type { Doc } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../_generated/server";

/** Alerts shown together; there are some ten causes. */
const MAX_OPEN = 50;

type Alert = Doc<"alerts">;

export async function listOpenAlerts(ctx: Pick<QueryCtx, "db">): Promise<Alert[]> {
  return await ctx.db
    .query("alerts")
    .withIndex("by_is_open_cause", (q) => q.eq("isOpen", true))
    .take(MAX_OPEN);
}

async function findOpen(ctx: Pick<QueryCtx, "db">, cause: string): Promise<Alert | null> {
  return await ctx.db
    .query("alerts")
    .withIndex("by_is_open_cause", (q) => q.eq("isOpen", true).eq("cause", cause))
    .first();
}

/**
 * Opens the alert of a cause, or notes that it is still there.
 *
 * @param windowMs the next window is counted once this has passed since the last.
 * @returns the windows in a row in which it was seen.
 */
export async function raiseAlert(
  ctx: Pick<MutationCtx, "db">,
  cause: string,
  message: string,
  windowMs: number,
  now: number,
): Promise<number> {
  const open = await findOpen(ctx, cause);
  if (open === null) {
    await ctx.db.insert("alerts", {
      cause,
      isOpen: true,
      message,
      openedAt: now,
      lastSeenAt: now,
      closedAt: null,
      windows: 1,
      countedAt: now,
    });
    return 1;
  }
  const isNext = now - open.countedAt >= windowMs;
  const windows = open.windows + (isNext ? 1 : 0);
  const countedAt = isNext ? now : open.countedAt;
  await ctx.db.patch("alerts", open._id, { message, lastSeenAt: now, windows, countedAt });
  return windows;
}

/** Closes the alert of a cause, where there is one. */
export async function closeAlert(
  ctx: Pick<MutationCtx, "db">,
  cause: string,
  now: number,
): Promise<void> {
  const open = await findOpen(ctx, cause);
  if (open !== null) await ctx.db.patch("alerts", open._id, { isOpen: false, closedAt: now });
}
