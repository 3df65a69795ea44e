import { customMutation, customQuery } from "convex-helpers/server/customFunctions";
import { Triggers } from "convex-helpers/server/triggers";
import type { Auth, WithoutSystemFields } from "convex/server";
import type { DataModel, Doc, TableNames } from "./_generated/dataModel";
import {
  internalMutation as rawInternalMutation,
  mutation as rawMutation,
  query as rawQuery,
  type DatabaseWriter,
  type MutationCtx,
} from "./_generated/server";
import { refusal } from "./errors";
import { adminClaim, isAdmin } from "./model/admin";
import { ChangeCollector } from "./model/changeLog";
import { isErasing, refuseWhileErasing } from "./model/erasure";
import { userIdOf } from "./userId";

/**
 * The constructors every function of this module is made with.
 *
 * `recordMutation` and its internal twin are the one choke point for writes of `watch_records`:
 * their `db` notes each change, and the notes are committed as rows of `data_change_log` in the
 * same transaction. The `db` of the others refuses to write records; the linter keeps other modules
 * from Convex's own constructors.
 */
type LoggingCtx = MutationCtx & { changes: ChangeCollector };

const triggers = new Triggers<DataModel, LoggingCtx>();
triggers.register("watch_records", (ctx, change) => {
  ctx.changes.note(change);
  return Promise.resolve();
});

/**
 * A writer for all tables but the records. Not by triggers: their writer reads every document
 * before and after each write, whatever its table.
 */
export function withoutRecordWrites(db: DatabaseWriter): DatabaseWriter {
  const guarded = { ...bindMethods(db) };
  for (const method of ["insert", "patch", "replace", "delete"] as const) {
    // Each has overloads with and without the table's name; all begin with it or with an id.
    const write = db[method].bind(db) as (...args: unknown[]) => Promise<unknown>;
    const guard = async (...args: [string, ...unknown[]]) => {
      if (args[0] === RECORDS || db.normalizeId(RECORDS, args[0]) !== null) {
        throw new Error(`${RECORDS} is written through recordMutation only, which logs changes`);
      }
      return await write(...args);
    };
    Object.assign(guarded, { [method]: guard });
  }
  return guarded;
}

const RECORDS = "watch_records";

function bindMethods(db: DatabaseWriter): DatabaseWriter {
  return {
    system: db.system,
    vars: db.vars,
    get: db.get.bind(db),
    query: db.query.bind(db),
    normalizeId: db.normalizeId.bind(db),
    insert: db.insert.bind(db),
    patch: db.patch.bind(db),
    replace: db.replace.bind(db),
    delete: db.delete.bind(db),
  };
}

/** The signed-in user's id; refuses everybody else. */
export async function requireUserId(ctx: { auth: Auth }): Promise<string> {
  const identity = await ctx.auth.getUserIdentity();
  if (identity === null) {
    throw refusal("UNAUTHENTICATED", "You are not signed in: call this with a user's token.");
  }
  return userIdOf(identity);
}

/** A public query of the signed-in user: `ctx.userId`. */
export const userQuery = customQuery(rawQuery, {
  args: {},
  input: async (ctx) => ({ ctx: { userId: await requireUserId(ctx) }, args: {} }),
});

/**
 * A public query of operators: users whose token carries the admin claim. Refuses others with
 * `FORBIDDEN`.
 */
export const adminQuery = customQuery(rawQuery, {
  args: {},
  input: async (ctx) => {
    await requireUserId(ctx);
    if (!(await isAdmin(ctx))) {
      throw refusal("FORBIDDEN", `This is for holders of the claim ${adminClaim().name}.`);
    }
    return { ctx: {}, args: {} };
  },
});

/**
 * A public mutation of the signed-in user: `ctx.userId`. Refuses with `ERASING` while everything of
 * the user is being deleted, so that nothing is left behind.
 */
export const userMutation = customMutation(rawMutation, {
  args: {},
  input: async (ctx) => {
    const userId = await requireUserId(ctx);
    await refuseWhileErasing(ctx, userId);
    return { ctx: { userId, db: withoutRecordWrites(ctx.db) }, args: {} };
  },
});

/** The same for what says itself what becomes of it meanwhile: `ctx.isErasing`. */
export const patientMutation = customMutation(rawMutation, {
  args: {},
  input: async (ctx) => {
    const userId = await requireUserId(ctx);
    const db = withoutRecordWrites(ctx.db);
    return { ctx: { userId, isErasing: await isErasing(ctx, userId), db }, args: {} };
  },
});

/**
 * A public mutation of the signed-in user's records: `ctx.userId`, every change logged. While
 * everything of the user is being deleted, `ctx.isErasing`: then it may not write.
 */
export const recordMutation = customMutation(rawMutation, {
  args: {},
  input: async (ctx) => {
    const userId = await requireUserId(ctx);
    const { db, onSuccess } = loggedWrites(ctx);
    return { ctx: { userId, isErasing: await isErasing(ctx, userId), db }, args: {}, onSuccess };
  },
});

/** An internal mutation that mends records, every change logged. */
export const internalRecordMutation = customMutation(rawInternalMutation, {
  args: {},
  input: (ctx) => {
    const { db, onSuccess } = loggedWrites(ctx);
    return { ctx: { db }, args: {}, onSuccess };
  },
});

/** A writer that notes each change of a record, and what commits the notes. */
function loggedWrites(ctx: MutationCtx) {
  const changes = new ChangeCollector();
  const { db } = triggers.wrapDB({ ...ctx, changes });
  // A trigger reads back what was inserted, one record after the other; what it says is known.
  const insert: DatabaseWriter["insert"] = async (table, value) => {
    const id = await ctx.db.insert(table, value);
    if (isRecord(table, value)) changes.note({ operation: "insert", oldDoc: null, newDoc: value });
    return id;
  };
  return { db: { ...db, insert }, onSuccess: () => changes.flush(ctx) };
}

function isRecord(
  table: TableNames,
  _value: unknown,
): _value is WithoutSystemFields<Doc<"watch_records">> {
  return table === RECORDS;
}

/**
 * The internal mutation that deletes a user's records without a log row: all that is derived from
 * them is deleted with them. For `account` alone.
 */
export const erasingMutation = customMutation(rawInternalMutation, {
  args: {},
  input: () => Promise.resolve({ ctx: {}, args: {} }),
});

/** An internal mutation: what crons, recompute and operators run. */
export const internalMutation = customMutation(rawInternalMutation, {
  args: {},
  input: (ctx) => ({ ctx: { db: withoutRecordWrites(ctx.db) }, args: {} }),
});
