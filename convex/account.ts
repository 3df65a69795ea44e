import { v } from "convex/values";
import { internal } from "./_generated/api";
import { erasingMutation, patientMutation, userQuery } from "./functions";
import { eraseSome } from "./model/erase";
import { findErasure } from "./model/erasure";
import { ensureState, readState } from "./model/schedule";

/** Erasing everything of a user. */

const progressValidator = v.object({
  /** Epoch milliseconds. */
  startedAt: v.number(),
  /** Documents deleted so far. */
  deleted: v.number(),
  /** The user's records at the start: how many there will be, and some more. */
  expected: v.number(),
});

/**
 * Erases everything of the signed-in user, in steps: records, and all that was derived from them or
 * noted of the user, in every table. Returns at once; `account:erasure` tells how far it is. From
 * now to its end what the user writes is refused (`ERASING`; `watchRecords:ingest` answers each
 * record with the reason), so that nothing is left behind. Asking again changes nothing.
 */
export const eraseMyData = patientMutation({
  args: {},
  returns: progressValidator,
  handler: async (ctx) => {
    const { userId } = ctx;
    const present = await findErasure(ctx, userId);
    if (present !== null) return describe(present);
    const state = await ensureState(ctx, userId);
    const now = Date.now();
    const erasure = { startedAt: now, deleted: 0, expected: state.recordCount };
    await ctx.db.insert("account_erasures", { userId, updatedAt: now, ...erasure });
    // Whatever is scheduled or runs for the user is void: its next transaction writes nothing.
    await ctx.db.patch("aggregation_state", state._id, {
      phase: "erasing",
      generation: state.generation + 1,
      dueAt: null,
      refreshAt: null,
    });
    await ctx.scheduler.runAfter(0, internal.account.eraseStep, { userId });
    return erasure;
  },
});

/** How far the erasure of the signed-in user is; null where there is none, or it has ended. */
export const erasure = userQuery({
  args: {},
  returns: v.union(v.null(), progressValidator),
  handler: async (ctx) => {
    const present = await findErasure(ctx, ctx.userId);
    return present === null ? null : describe(present);
  },
});

function describe({ startedAt, deleted, expected }: typeof progressValidator.type) {
  return { startedAt, deleted, expected };
}

/** One transaction's worth of an erasure; the last one takes the marks of the erasure itself. */
export const eraseStep = erasingMutation({
  args: { userId: v.string() },
  returns: v.null(),
  handler: async (ctx, { userId }) => {
    const present = await findErasure(ctx, userId);
    if (present === null) return null;
    const deleted = await eraseSome(ctx, userId);
    if (deleted > 0) {
      const progress = { deleted: present.deleted + deleted, updatedAt: Date.now() };
      await ctx.db.patch("account_erasures", present._id, progress);
      await ctx.scheduler.runAfter(0, internal.account.eraseStep, { userId });
      return null;
    }
    const state = await readState(ctx, userId);
    if (state !== null) await ctx.db.delete("aggregation_state", state._id);
    await ctx.db.delete("account_erasures", present._id);
    return null;
  },
});
