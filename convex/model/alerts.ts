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

/** What is wrong, seen now. */
export interface Sight {
  cause: string;
  message: string;
  /** The next window is counted once this has passed since the last. */
  windowMs: number;
  now: number;
}

/**
 * Opens the alert of a cause, or notes that it is still there.
 *
 * @returns the windows in a row in which it was seen: a whole window without a sighting starts the count over.
 */
export async function raiseAlert(
  ctx: Pick<MutationCtx, "db">,
  { cause, message, windowMs, now }: Sight,
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
  const isInRow = open.windows > 0 && now - open.lastSeenAt <= windowMs;
  const isNext = !isInRow || now - open.countedAt >= windowMs;
  const windows = isInRow ? open.windows + (isNext ? 1 : 0) : 1;
  const countedAt = isNext ? now : open.countedAt;
  await ctx.db.patch("alerts", open._id, { message, lastSeenAt: now, windows, countedAt });
  return windows;
}

/** Ends the row of windows of an alert that stays open: it was not seen, but may come back. */
export async function interruptAlert(ctx: Pick<MutationCtx, "db">, cause: string): Promise<void> {
  const open = await findOpen(ctx, cause);
  if (open !== null && open.windows > 0) await ctx.db.patch("alerts", open._id, { windows: 0 });
}

/** Raises the alert of a sight, or closes it where nothing is wrong. */
export async function raiseOrClose(
  ctx: Pick<MutationCtx, "db">,
  isWrong: boolean,
  sight: Sight,
): Promise<void> {
  if (isWrong) await raiseAlert(ctx, sight);
  else await closeAlert(ctx, sight.cause, sight.now);
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
