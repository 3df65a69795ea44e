import { v } from "convex/values";
import { internal } from "./_generated/api";
import type { Doc } from "./_generated/dataModel";
import {
  internalAction,
  internalQuery,
  type ActionCtx,
  type MutationCtx,
  type QueryCtx,
} from "./_generated/server";
import { internalMutation } from "./functions";
import { checkAndConclude } from "./model/check/checkUser";
import { driveQuietly } from "./model/drive";
import { hasHeadroom } from "./model/headroom";
import { attemptTask } from "./model/jobs/attempt";
import { LEFT_TO_CHANGES, taskOutcomeValidator, type TaskOutcome } from "./model/jobs/queue";
import { cancelRun, NO_OPTIONS, scheduleStep, startRun } from "./model/jobs/runs";
import { describeLatest, neverValidator, runStatusValidator } from "./model/jobs/status";
import { readPage } from "./model/page";
import { ensureState, readState } from "./model/schedule";
import { requireUser } from "./model/users";

/**
 * Builds segments and results from the records, for all users or some. If a user changes something
 * meanwhile, their build is thrown away and repeated later, so a backfill may run beside live
 * traffic. Finished users stay finished, so it may be cancelled and started again at any time.
 */

/** Records of one page that is only counted: some 2 MB read, of the longest ones more. */
const PAGE_RECORDS = 4_000;
const MAX_PAGE_BYTES = 4 * 2 ** 20;
/** Users that one transaction lists. */
const MAX_ADOPTED = 200;

const statusValidator = v.union(neverValidator, runStatusValidator);

/**
 * Starts a backfill of all users, or of up to 1,000 named ones; with `dryRun` their records are
 * counted and nothing is built. Returns at once: `backfill:status` shows how far it is.
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

/** Cancels the backfill that is running: finished users stay finished, no more are begun. */
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
    if (!isLast) throw new Error("the user's own changes go first; this user is tried again later");
    // A user who changes something all the time is never idle: their own next run rebuilds.
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

/** How many records a page of a user's holds. @throws NOT_FOUND */
export const countPage = internalQuery({
  args: { userId: v.string(), cursor: v.union(v.string(), v.null()) },
  returns: v.object({ count: v.number(), isDone: v.boolean(), cursor: v.string() }),
  handler: async (ctx, { userId, cursor }) => {
    if (cursor === null) await requireUser(ctx, userId);
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
 * `jobs:status '{"kind": "adoption"}'` shows how far it is.
 *
 * @throws ALREADY_RUNNING
 */
export const adopt = internalMutation({
  args: {},
  returns: statusValidator,
  handler: async (ctx) => {
    await startRun(ctx, "adoption", NO_OPTIONS, null);
    return await describeLatest(ctx, "adoption");
  },
});

/** A run's next step: lists the users that are not listed yet, as many as a transaction bears. */
export const adoptPage = internalMutation({
  args: { runId: v.id("job_runs") },
  returns: v.null(),
  handler: async (ctx, { runId }) => {
    const run = await ctx.db.get("job_runs", runId);
    if (run?.status !== "running") return null;
    const page: typeof walkValidator.type = await ctx.runQuery(
      internal.backfill.walkUsers,
      { after: run.cursor },
      // It reads where users write their records.
      { useStaleSnapshot: true },
    );
    for (const userId of page.unlisted) await ensureState(ctx, userId);
    await noteAdopted(ctx, run, page);
    return null;
  },
});

const walkValidator = v.object({
  /** Users passed, the last of them, and those of them that are not listed. */
  passed: v.number(),
  last: v.union(v.string(), v.null()),
  unlisted: v.array(v.string()),
  isDone: v.boolean(),
});

/** Walks from user to user, from one on: as far as a transaction bears. */
export const walkUsers = internalQuery({
  args: { after: v.union(v.string(), v.null()) },
  returns: walkValidator,
  handler: async (ctx, { after }) => {
    const unlisted: string[] = [];
    let passed = 0;
    let last = after;
    while ((await hasHeadroom(ctx)) && unlisted.length < MAX_ADOPTED) {
      const userId = await nextUser(ctx, last);
      if (userId === null) return { passed, last, unlisted, isDone: true };
      if ((await readState(ctx, userId)) === null) unlisted.push(userId);
      passed += 1;
      last = userId;
    }
    return { passed, last, unlisted, isDone: false };
  },
});

/** The first user after one who has a record: the records in between are not read. */
async function nextUser(ctx: Pick<QueryCtx, "db">, after: string | null): Promise<string | null> {
  const record = await ctx.db
    .query("watch_records")
    .withIndex("by_user_record_key", (q) => (after === null ? q : q.gt("userId", after)))
    .first();
  return record?.userId ?? null;
}

/** Without the cursor: it would keep naming a user, who may have everything erased. */
const ENDED = { status: "done", isCounted: true, isListed: true, cursor: null } as const;

async function noteAdopted(
  ctx: MutationCtx,
  run: Doc<"job_runs">,
  { passed, last, unlisted, isDone }: typeof walkValidator.type,
): Promise<void> {
  const now = Date.now();
  const done = run.done + passed;
  await ctx.db.patch("job_runs", run._id, {
    stepId: isDone ? null : await scheduleStep(ctx, run, 0),
    cursor: last,
    total: done,
    done,
    counts: { adopted: (run.counts["adopted"] ?? 0) + unlisted.length },
    updatedAt: now,
    ...(isDone ? { ...ENDED, finishedAt: now } : {}),
  });
}
