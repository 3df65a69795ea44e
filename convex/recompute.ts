import { v } from "convex/values";
import { CorruptColumnsError } from "../src/engine";
import { internal } from "./_generated/api";
import type { Doc } from "./_generated/dataModel";
import {
  internalAction,
  internalQuery,
  type ActionCtx,
  type MutationCtx,
} from "./_generated/server";
import { internalMutation } from "./functions";
import { UserColumns } from "./model/columns";
import { hasHeadroom } from "./model/fold";
import { foldWork, startRebuild, storeWork } from "./model/runSteps";
import { addSample } from "./model/samples";
import {
  ensureState,
  LEASE_MS,
  readState,
  renewLease,
  scheduleRetry,
  scheduleSpaced,
} from "./model/schedule";
import { markPending, readValidation } from "./model/validations";
import { addCost, noteCost, planWork, workValidator, type Work } from "./model/work";

/**
 * Folds changed records into the segments and recomputes the results that may differ.
 *
 *               change          begin              finish, nothing new
 *      idle ────────────► scheduled ─────► running ────────────────────► idle
 *                          ▲   ▲             │  │
 *                          │   └─ finish, ───┘  │
 *                          │      new changes   │
 *                          └── fail, or the lease ran out (sweep)
 *
 * Every arrow into `scheduled` raises the generation. Each transaction of a run checks it, so a
 * run that was given up for dead and wakes again writes nothing. A run that dies anywhere leaves
 * its log rows unprocessed: the next one folds the same days again, to the same bytes.
 */

const runArgs = { userId: v.string(), generation: v.number() };

/** Old-epoch documents deleted in one transaction. */
const MAX_DELETIONS = 200;

type State = Doc<"aggregation_state">;

/** One run for one user, from the changes waiting at its start to rest or to the next run. */
export const run = internalAction({
  args: runArgs,
  returns: v.null(),
  handler: async (ctx, args) => {
    await drive(ctx, args);
    return null;
  },
});

/**
 * Rebuilds a user's segments and results from the records, and returns when it is done.
 * `npx convex run recompute:user '{"userId": "…"}'`. Takes over from a run under way.
 */
export const user = internalAction({
  args: { userId: v.string() },
  returns: v.object({
    userId: v.string(),
    status: v.union(v.literal("done"), v.literal("superseded"), v.literal("failed")),
    recordCount: v.number(),
    error: v.union(v.string(), v.null()),
  }),
  handler: async (ctx, { userId }): Promise<UserSummary> => {
    const generation = await ctx.runMutation(internal.recompute.takeOver, { userId });
    const status = await drive(ctx, { userId, generation });
    const end = await ctx.runQuery(internal.recompute.describe, { userId });
    return { userId, status, ...end };
  },
});

interface UserSummary {
  userId: string;
  status: RunEnd;
  recordCount: number;
  error: string | null;
}

type RunEnd = "done" | "superseded" | "failed";

async function drive(
  ctx: ActionCtx,
  args: { userId: string; generation: number },
): Promise<RunEnd> {
  const startedAt = Date.now();
  try {
    let work: Work | null = await ctx.runMutation(internal.recompute.begin, args);
    if (work === null) return "superseded";
    const isRebuild = work.rebuild !== null;
    while (work !== null) {
      const step: Step = await ctx.runMutation(internal.recompute.advance, { ...args, work });
      if (step.status === "superseded") return "superseded";
      work = step.work;
    }
    await ctx.runMutation(internal.recompute.finish, args);
    while (isRebuild && (await ctx.runMutation(internal.recompute.dropOldEpochs, args)));
    return "done";
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const durationMs = Date.now() - startedAt;
    await ctx.runMutation(internal.recompute.fail, { ...args, message, durationMs });
    return "failed";
  }
}

/** The state, if this generation still holds the lease. */
async function leaseOf(
  ctx: MutationCtx,
  args: { userId: string; generation: number },
): Promise<State | null> {
  const state = await readState(ctx, args.userId);
  return state?.phase === "running" && state.generation === args.generation ? state : null;
}

/** scheduled → running. Null when another run has taken this one's place. */
export const begin = internalMutation({
  args: runArgs,
  returns: v.union(workValidator, v.null()),
  handler: async (ctx, args) => {
    const state = await readState(ctx, args.userId);
    if (state?.phase !== "scheduled" || state.generation !== args.generation) return null;
    await ctx.db.patch("aggregation_state", state._id, {
      phase: "running",
      dueAt: Date.now() + LEASE_MS,
    });
    return await planWork(ctx, state);
  },
});

/** Under a new generation, ready to begin: for a rebuild that a person asked for. */
export const takeOver = internalMutation({
  args: { userId: v.string() },
  returns: v.number(),
  handler: async (ctx, { userId }) => {
    const state = await ensureState(ctx, userId);
    if (state.epoch === 0) await markPending(ctx, userId);
    await ctx.db.patch("aggregation_state", state._id, {
      phase: "scheduled",
      generation: state.generation + 1,
      dueAt: Date.now() + LEASE_MS,
      rebuildRequested: true,
    });
    return state.generation + 1;
  },
});

const stepValidator = v.object({
  status: v.union(v.literal("advanced"), v.literal("superseded")),
  work: v.union(workValidator, v.null()),
});
type Step = typeof stepValidator.type;

/** One transaction's worth of a run: folding first, then results. */
export const advance = internalMutation({
  args: { ...runArgs, work: workValidator },
  returns: stepValidator,
  handler: async (ctx, args): Promise<Step> => {
    const state = await leaseOf(ctx, args);
    if (state === null) return { status: "superseded", work: null };
    await renewLease(ctx, state);
    try {
      return { status: "advanced", work: await takeStep(ctx, state, args.work) };
    } catch (error) {
      const isInForce = args.work.epoch === state.epoch;
      if (!(error instanceof CorruptColumnsError) || !isInForce) throw error;
      await startRebuild(ctx, state, error.message);
      return { status: "superseded", work: null };
    }
  },
});

/** Folds, then stores results where all is folded; what is left to do, or null. */
async function takeStep(ctx: MutationCtx, state: State, todo: Work): Promise<Work | null> {
  const { userId } = state;
  const columns = new UserColumns(ctx, userId, todo.epoch);
  const folded = await foldWork(ctx, userId, columns, todo);
  await columns.save();
  const isFolded = folded.rebuild === null && folded.units.length === 0;
  if (!isFolded || !(await hasHeadroom(ctx))) return await addCost(ctx, folded);
  const left = await storeWork(ctx, state, columns, folded);
  if (left !== null) return await addCost(ctx, left);
  await noteCost(ctx, await addCost(ctx, folded));
  return null;
}

/** running → idle, or → scheduled where changes came in meanwhile. */
export const finish = internalMutation({
  args: runArgs,
  returns: v.null(),
  handler: async (ctx, args) => {
    const state = await leaseOf(ctx, args);
    if (state === null) return null;
    const waiting = await ctx.db
      .query("data_change_log")
      .withIndex("by_user_processed", (q) => q.eq("userId", args.userId).eq("processed", false))
      .first();
    if (waiting !== null || state.rerunRequested) {
      await scheduleSpaced(ctx, state);
    } else {
      await ctx.db.patch("aggregation_state", state._id, { phase: "idle", dueAt: null });
      await validateFirstBuild(ctx, args.userId);
    }
    return null;
  },
});

/** What was built for the first time is served once it was checked. */
async function validateFirstBuild(ctx: MutationCtx, userId: string): Promise<void> {
  const validation = await readValidation(ctx, userId);
  if (validation?.status !== "pending") return;
  await ctx.scheduler.runAfter(0, internal.validation.checkUser, { userId });
}

/** running → scheduled after an error, which stays readable in the state. */
export const fail = internalMutation({
  args: { ...runArgs, message: v.string(), durationMs: v.number() },
  returns: v.null(),
  handler: async (ctx, args) => {
    const state = await readState(ctx, args.userId);
    if (state?.generation !== args.generation || state.phase === "idle") return null;
    await scheduleRetry(ctx, state, args.message);
    await addSample(ctx, {
      kind: "recompute",
      durationMs: args.durationMs,
      lagMs: null,
      bytesRead: 0,
      bytesWritten: 0,
      hasFailed: true,
    });
    return null;
  },
});

/** What `user` reports at its end. */
export const describe = internalQuery({
  args: { userId: v.string() },
  returns: v.object({ recordCount: v.number(), error: v.union(v.string(), v.null()) }),
  handler: async (ctx, { userId }) => {
    const state = await readState(ctx, userId);
    return { recordCount: state?.recordCount ?? 0, error: state?.lastError?.message ?? null };
  },
});

/**
 * Deletes segments and dictionaries older than those in force (a rebuild under way writes newer
 * ones). True while some are left.
 */
export const dropOldEpochs = internalMutation({
  args: runArgs,
  returns: v.boolean(),
  handler: async (ctx, { userId }) => {
    const state = await readState(ctx, userId);
    if (state === null) return false;
    const segments = await ctx.db
      .query("watch_segments")
      .withIndex("by_user_epoch_partition_part", (q) =>
        q.eq("userId", userId).lt("epoch", state.epoch),
      )
      .take(MAX_DELETIONS);
    const dictionaries = await ctx.db
      .query("watch_dictionaries")
      .withIndex("by_user_epoch_part", (q) => q.eq("userId", userId).lt("epoch", state.epoch))
      .take(MAX_DELETIONS);
    for (const { _id } of segments) await ctx.db.delete("watch_segments", _id);
    for (const { _id } of dictionaries) await ctx.db.delete("watch_dictionaries", _id);
    return segments.length === MAX_DELETIONS || dictionaries.length === MAX_DELETIONS;
  },
});
