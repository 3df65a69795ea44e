import { customMutation, customQuery } from "convex-helpers/server/customFunctions";
import { Triggers } from "convex-helpers/server/triggers";
import type { Auth } from "convex/server";
import type { DataModel } from "./_generated/dataModel";
import {
  internalMutation as rawInternalMutation,
  mutation as rawMutation,
  query as rawQuery,
  type MutationCtx,
} from "./_generated/server";
import { refusal } from "./errors";
import { ChangeCollector } from "./model/changeLog";

/**
 * The constructors every function of this module is made with.
 *
 * The wrapped `db` is the one choke point for writes of `watch_records`: it notes each change, and
 * the notes are committed as rows of `data_change_log` in the same transaction. The linter keeps
 * other modules from the unwrapped constructors.
 */
type LoggingCtx = MutationCtx & { changes: ChangeCollector };

const triggers = new Triggers<DataModel, LoggingCtx>();
triggers.register("watch_records", (ctx, change) => {
  ctx.changes.note(change);
  return Promise.resolve();
});

function withChangeLog(ctx: MutationCtx) {
  const changes = new ChangeCollector();
  const wrapped = triggers.wrapDB({ ...ctx, changes });
  return { db: wrapped.db, onSuccess: () => changes.flush(ctx) };
}

/** The signed-in user's id (the token's subject); refuses everybody else. */
export async function requireUserId(ctx: { auth: Auth }): Promise<string> {
  const identity = await ctx.auth.getUserIdentity();
  if (identity === null) {
    throw refusal("UNAUTHENTICATED", "You are not signed in: call this with a user's token.");
  }
  return identity.subject;
}

/** A public query of the signed-in user: `ctx.userId`. */
export const userQuery = customQuery(rawQuery, {
  args: {},
  input: async (ctx) => ({ ctx: { userId: await requireUserId(ctx) }, args: {} }),
});

/** A public mutation of the signed-in user: `ctx.userId`, changes logged. */
export const userMutation = customMutation(rawMutation, {
  args: {},
  input: async (ctx) => {
    const userId = await requireUserId(ctx);
    const { db, onSuccess } = withChangeLog(ctx);
    return { ctx: { userId, db }, args: {}, onSuccess };
  },
});

/** An internal mutation, changes logged. */
export const internalMutation = customMutation(rawInternalMutation, {
  args: {},
  input: (ctx) => {
    const { db, onSuccess } = withChangeLog(ctx);
    return { ctx: { db }, args: {}, onSuccess };
  },
});
