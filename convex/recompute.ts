import { v, type Infer } from "convex/values";
import { CorruptColumnsError } from "../src/engine";
import { internal } from "./_generated/api";
import type { Doc } from "./_generated/dataModel";
import { internalAction, internalQuery, type QueryCtx } from "./_generated/server";
import { internalMutation } from "./functions";
import { hasWaitingChanges, mergeBacklog } from "./model/changeLog";
import { driveReporting, rebuildNow, type Lease } from "./model/drive";
import { startRebuild, takeStep } from "./model/runSteps";
import { addSample } from "./model/samples";
import {
  ensureRunScheduled,
  ensureState,
  holdsRun,
  isLeftToNewerCode,
  NEWER_CODE_DELAY_MS,
  readState,
  renewLease,
  rest,
  schedulePostponed,
  scheduleRest,
  scheduleRetry,
  scheduleRun,
  scheduleSpaced,
  takeLease,
} from "./model/schedule";
import { LEASE_MS } from "./model/dueTimes";
import { refuseWhileErasing } from "./model/erasure";
import { requireUser } from "./model/users";
import { markPending, readValidation, validateFirstBuild } from "./model/validations";
import { planValidator, planWork, workValidator } from "./model/work";

/**
 * Folds changed records into the segments and recomputes the results that may differ.
 *
 *               wake            begin              finish, nothing new
 *      idle ────────────► scheduled ─────► running ────────────────────► idle
 *                          ▲   ▲             │  │
 *                          │   └─ finish, ───┘  │
 *                          │      new changes   │
 *                          └── fail, postpone, or the lease ran out (sweep)
 *
 * A mutation that changes records only adds rows to the log and schedules `wake`: it reads nothing
 * that a run writes, so an import and its recompute never make each other start again.
 *
 * A quiet run (of a backfill, a repair or an upgrade: nobody waits for it) goes the same way, but
 * the next change takes its place at once, and its driver decides what becomes of its errors.
 *
 * Every arrow into `scheduled` raises the generation. Each transaction of a run checks it, so a run
 * that was taken for dead and wakes again writes nothing. A run that dies anywhere leaves its log
 * rows unprocessed: the next one folds the same days again, to the same bytes.
 */

const runArgs = { userId: v.string(), generation: v.number() };

/** Longer than a mutation of records takes from its snapshot to its commit. */
const REST_CHECK_MS = 2_000;

type State = Doc<"aggregation_state">;

/** One run for one user, from the changes waiting at its start to rest or to the next run. */
export const run = internalAction({
  args: runArgs,
  returns: v.null(),
  handler: async (ctx, args) => {
    await driveReporting(ctx, args);
    return null;
  },
});

const summaryValidator = v.object({
  userId: v.string(),
  status: v.union(v.literal("done"), v.literal("superseded"), v.literal("failed")),
  recordCount: v.number(),
  error: v.union(v.string(), v.null()),
});
type Summary = Infer<typeof summaryValidator>;

/**
 * Rebuilds a user's segments and results from the records, and returns when it is done.
 * `npx convex run recompute:user '{"userId": "…"}'`. Takes over from a run under way.
 */
export const user = internalAction({
  args: { userId: v.string() },
  returns: summaryValidator,
  handler: async (ctx, { userId: user }): Promise<Summary> => {
    const { userId }: { userId: string } = await ctx.runQuery(internal.users.resolve, { user });
    const status = await rebuildNow(ctx, userId);
    const { recordCount, error } = await ctx.runQuery(internal.recompute.describe, { userId });
    return { userId, status, recordCount, error };
  },
});

/** The state, if this generation still holds the lease. */
async function leaseOf(ctx: Pick<QueryCtx, "db">, args: Lease): Promise<State | null> {
  const state = await readState(ctx, args.userId);
  return state?.phase === "running" && state.generation === args.generation ? state : null;
}

/** scheduled → running. False when another run has taken this one's place, or should. */
export const begin = internalMutation({
  args: runArgs,
  returns: v.boolean(),
  handler: async (ctx, args) => {
    const state = await readState(ctx, args.userId);
    if (state?.phase !== "scheduled" || state.generation !== args.generation) return false;
    if (isLeftToNewerCode(state, Date.now())) {
      await scheduleRun(ctx, state, NEWER_CODE_DELAY_MS);
      return false;
    }
    const isOfNewEpoch = state.epoch === 0 || state.rebuildRequested;
    await takeLease(ctx, state, isOfNewEpoch ? { hasOtherEpochs: true } : {});
    return true;
  },
});

/** Merges waiting changes before they are planned. True while more may be merged. */
export const mergeChanges = internalMutation({
  args: runArgs,
  returns: v.boolean(),
  handler: async (ctx, args) => {
    const state = await leaseOf(ctx, args);
    if (state === null) return false;
    await renewLease(ctx, state);
    return await mergeBacklog(ctx, args.userId);
  },
});

/** What a run that holds the lease has to do; null where another has taken its place. */
export const plan = internalQuery({
  args: { ...runArgs, plan: planValidator, startedAt: v.number() },
  returns: v.union(workValidator, v.null()),
  handler: async (ctx, { plan: wanted, startedAt, ...args }) => {
    const state = await leaseOf(ctx, args);
    return state === null ? null : await planWork(ctx, state, wanted, startedAt);
  },
});

/** Looks for changes of a user, and makes sure that a run comes for them. */
export const wake = internalMutation({
  args: { userId: v.string() },
  returns: v.null(),
  handler: async (ctx, { userId }) => {
    if (await hasWaitingChanges(ctx, userId)) await ensureRunScheduled(ctx, userId);
    return null;
  },
});

/** Under a new generation, ready to begin: for a rebuild that a person asked for. */
export const takeOver = internalMutation({
  args: { userId: v.string() },
  returns: v.number(),
  handler: async (ctx, { userId }) => {
    await requireUser(ctx, userId);
    await refuseWhileErasing(ctx, userId);
    const state = await ensureState(ctx, userId);
    if (state.epoch === 0) await markPending(ctx, userId);
    const generation = state.generation + 1;
    await ctx.db.patch("aggregation_state", state._id, {
      phase: "scheduled",
      generation,
      dueAt: Date.now() + LEASE_MS,
      rebuildRequested: true,
      yieldsToChanges: false,
    });
    return generation;
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

/** running → idle, or → scheduled where changes wait. */
export const finish = internalMutation({
  args: { ...runArgs, leavesChanges: v.boolean() },
  returns: v.null(),
  handler: async (ctx, { leavesChanges, ...args }) => {
    const state = await leaseOf(ctx, args);
    if (state === null) return null;
    if (leavesChanges) {
      await scheduleRest(ctx, state);
    } else if ((await hasWaitingChanges(ctx, args.userId)) || state.rerunRequested) {
      await scheduleSpaced(ctx, state);
    } else {
      await rest(ctx, state);
      if (state.yieldsToChanges === true) return null; // Its driver checks what it built.
      // A change that committed just now may have counted on this run: see wakeups.ts.
      await ctx.scheduler.runAfter(REST_CHECK_MS, internal.recompute.wake, { userId: args.userId });
      await validateFirstBuild(ctx, args.userId);
    }
    return null;
  },
});

/** running → scheduled after all tries of a step were lost against other writers. */
export const postpone = internalMutation({
  args: runArgs,
  returns: v.null(),
  handler: async (ctx, args) => {
    const state = await readState(ctx, args.userId);
    if (state !== null && holdsRun(state, args.generation)) await schedulePostponed(ctx, state);
    return null;
  },
});

/** running → scheduled after an error, which stays readable in the state. */
export const fail = internalMutation({
  args: { ...runArgs, message: v.string(), durationMs: v.number() },
  returns: v.null(),
  handler: async (ctx, args) => {
    const state = await readState(ctx, args.userId);
    if (state === null || !holdsRun(state, args.generation)) return null;
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

/** What `user` and a backfill report at the end. */
export const describe = internalQuery({
  args: { userId: v.string() },
  returns: v.object({
    recordCount: v.number(),
    error: v.union(v.string(), v.null()),
    /** What was built was never compared with the records. */
    isUnchecked: v.boolean(),
  }),
  handler: async (ctx, { userId }) => {
    const state = await readState(ctx, userId);
    const validation = await readValidation(ctx, userId);
    return {
      recordCount: state?.recordCount ?? 0,
      error: state?.lastError?.message ?? null,
      isUnchecked: validation?.status === "pending",
    };
  },
});
