import { v } from "convex/values";
import { internal } from "./_generated/api";
import type { Doc } from "./_generated/dataModel";
import {
  internalAction,
  internalQuery,
  type ActionCtx,
  type MutationCtx,
} from "./_generated/server";
import { internalMutation } from "./functions";
import { checkAndConclude } from "./model/check/checkUser";
import { driveQuietly } from "./model/drive";
import { hasHeadroom } from "./model/headroom";
import { attemptTask } from "./model/jobs/attempt";
import { LEFT_TO_CHANGES, taskOutcomeValidator, type TaskOutcome } from "./model/jobs/queue";
import { cancelRun, NO_OPTIONS, startRun } from "./model/jobs/runs";
import { describeLatest, neverValidator, runStatusValidator } from "./model/jobs/status";
import { readPage } from "./model/page";
import { ensureState, readState } from "./model/schedule";

/**
 * Builds segments and results from the records, for all users or some. A user's build is thrown
 * away and done again later where a change of theirs comes meanwhile, so it may run beside live
 * traffic; whoever is done stays done, so it may be cancelled and started again at any time.
 */

/** Records of one page that is only counted: some 2 MB read, of the longest ones more. */
const PAGE_RECORDS = 4_000;
const MAX_PAGE_BYTES = 4 * 2 ** 20;

const statusValidator = v.union(neverValidator, runStatusValidator);

/**
 * Starts a backfill of all users, or of up to 1,000 named ones; with `dryRun` their records are
 * counted and nothing is built. Returns at once: `backfill:status` tells how far it is.
 *
 * @throws ALREADY_RUNNING, BATCH_TOO_LARGE
 */
export const start = internalMutation({
  args: { userIds: v.optional(v.array(v.string())), dryRun: v.optional(v.boolean()) },
  returns: statusValidator,
  handler: async (ctx, { userIds = null, dryRun: isDryRun = false }) => {
    await startRun(ctx, "backfill", { ...NO_OPTIONS, isDryRun }, userIds);
    return await describeLatest(ctx, "backfill");
  },
});

/** How far the latest backfill is. Cheap and reactive: `npx convex run backfill:status --watch`. */
export const status = internalQuery({
  args: {},
  returns: statusValidator,
  handler: async (ctx) => await describeLatest(ctx, "backfill"),
});

/** Ends the backfill at work: users that are done stay done, nobody new is begun. */
export const cancel = internalMutation({
  args: {},
  returns: statusValidator,
  handler: async (ctx) => {
    await cancelRun(ctx, "backfill");
    return await describeLatest(ctx, "backfill");
  },
});

/** One user of a backfill. */
export const buildUser = internalAction({
  args: { runId: v.id("job_runs"), userId: v.string() },
  returns: taskOutcomeValidator,
  handler: async (ctx, args): Promise<TaskOutcome> =>
    await attemptTask(ctx, args, async ({ options, isLast }) => {
      if (options.isDryRun) return await measure(ctx, args.userId);
      return await build(ctx, args.userId, isLast);
    }),
});

async function build(ctx: ActionCtx, userId: string, isLast: boolean): Promise<TaskOutcome> {
  const end = await driveQuietly(ctx, userId, "rebuild");
  if (end !== "done") {
    if (!isLast) throw new Error("changes of the user go first: to be tried again");
    // Who changes something all the time is never at rest: their own next run rebuilds.
    await ctx.runMutation(internal.quietRuns.leaveRebuild, { userId });
    return { counts: { leftToChanges: 1 }, leftBecause: LEFT_TO_CHANGES };
  }
  const { recordCount, isUnchecked } = await ctx.runQuery(internal.recompute.describe, { userId });
  if (isUnchecked) await checkAndConclude(ctx, userId, null);
  return { counts: { records: recordCount } };
}

/** What a build would read. */
async function measure(ctx: ActionCtx, userId: string): Promise<TaskOutcome> {
  let records = 0;
  let cursor: string | null = null;
  for (let isDone = false; !isDone;) {
    const page: { count: number; isDone: boolean; cursor: string } = await ctx.runQuery(
      internal.backfill.countPage,
      { userId, cursor },
    );
    records += page.count;
    ({ isDone, cursor } = page);
  }
  return { counts: { records, users: records > 0 ? 1 : 0 } };
}

/** How many records a page of a user's holds. */
export const countPage = internalQuery({
  args: { userId: v.string(), cursor: v.union(v.string(), v.null()) },
  returns: v.object({ count: v.number(), isDone: v.boolean(), cursor: v.string() }),
  handler: async (ctx, { userId, cursor }) => {
    const records = ctx.db
      .query("watch_records")
      .withIndex("by_user_record_key", (q) => q.eq("userId", userId));
    const options = { cursor, numItems: PAGE_RECORDS, maximumBytesRead: MAX_PAGE_BYTES };
    const { page, isDone, continueCursor } = await readPage(records, options);
    return { count: page.length, isDone, cursor: continueCursor };
  },
});

/**
 * Lists the users whose records were there before this module, or were written past it, so that a
 * backfill finds them. Walks from user to user, not from record to record; returns at once:
 * `jobs:status '{"kind": "adoption"}'` tells how far it is.
 *
 * @throws ALREADY_RUNNING
 */
export const adopt = internalMutation({
  args: {},
  returns: statusValidator,
  handler: async (ctx) => {
    const runId = await startRun(ctx, "adoption", NO_OPTIONS, null);
    await ctx.scheduler.runAfter(0, internal.backfill.adoptPage, { runId });
    return await describeLatest(ctx, "adoption");
  },
});

/** As many users as a transaction bears, from the run's cursor on. */
export const adoptPage = internalMutation({
  args: { runId: v.id("job_runs") },
  returns: v.null(),
  handler: async (ctx, { runId }) => {
    const run = await ctx.db.get("job_runs", runId);
    if (run?.status !== "running") return null;
    const { userIds, adopted, isDone } = await adoptUsers(ctx, run.cursor);
    await noteAdopted(ctx, run, userIds, adopted, isDone);
    if (!isDone) await ctx.scheduler.runAfter(0, internal.backfill.adoptPage, { runId });
    return null;
  },
});

async function adoptUsers(ctx: MutationCtx, cursor: string | null) {
  const userIds: string[] = [];
  let adopted = 0;
  for (let last = cursor; await hasHeadroom(ctx);) {
    const userId = await nextUser(ctx, last);
    if (userId === null) return { userIds, adopted, isDone: true };
    if ((await readState(ctx, userId)) === null) {
      await ensureState(ctx, userId);
      adopted += 1;
    }
    userIds.push(userId);
    last = userId;
  }
  return { userIds, adopted, isDone: false };
}

/** The first user after one who has a record: the records in between are not read. */
async function nextUser(ctx: MutationCtx, after: string | null): Promise<string | null> {
  const record = await ctx.db
    .query("watch_records")
    .withIndex("by_user_record_key", (q) => (after === null ? q : q.gt("userId", after)))
    .first();
  return record?.userId ?? null;
}

/** Without the cursor: it would go on naming a user, who may have everything erased. */
const ENDED = { status: "done", isCounted: true, isListed: true, cursor: null } as const;

async function noteAdopted(
  ctx: MutationCtx,
  run: Doc<"job_runs">,
  userIds: readonly string[],
  adopted: number,
  isDone: boolean,
): Promise<void> {
  const now = Date.now();
  const done = run.done + userIds.length;
  await ctx.db.patch("job_runs", run._id, {
    cursor: userIds.at(-1) ?? run.cursor,
    total: done,
    done,
    counts: { adopted: (run.counts["adopted"] ?? 0) + adopted },
    updatedAt: now,
    ...(isDone ? { ...ENDED, finishedAt: now } : {}),
  });
}
