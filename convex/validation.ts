import { v } from "convex/values";
import { internal } from "./_generated/api";
import type { Id } from "./_generated/dataModel";
import {
  internalAction,
  internalQuery,
  type ActionCtx,
  type MutationCtx,
} from "./_generated/server";
import { internalMutation } from "./functions";
import { refusal } from "./errors";
import { checkAndConclude } from "./model/check/checkUser";
import {
  differencesPageValidator,
  MAX_FAULTY_USERS,
  readDifferences,
  readDifferencesPage,
  shownDifferencesFields,
} from "./model/check/differences";
import { findingsValidator, hasFaults, type Findings } from "./model/check/report";
import { deleteStrays } from "./model/check/store";
import { driveQuietly, rebuildNow } from "./model/drive";
import { isErasing } from "./model/erasure";
import { attemptTask } from "./model/jobs/attempt";
import { isHourlySample } from "./model/jobs/hourlySample";
import { KEPT_CHANGING, taskOutcomeValidator, type TaskOutcome } from "./model/jobs/queue";
import { cancelRun, findRunning, latestRun, NO_OPTIONS, startRun } from "./model/jobs/runs";
import { drawnUserValidator, drawUsers, type DrawnUser } from "./model/jobs/sample";
import { describeLatest, neverValidator, runStatusValidator } from "./model/jobs/status";
import { readState } from "./model/schedule";
import { resolveUser } from "./model/userNames";

/**
 * Compares what is stored with the records themselves: every result of every tracked filter, and
 * the segments in between, so that one sees where it went wrong. Changes nothing unless asked to
 * repair; but a user of whom a result is wrong is taken off the stored results at once.
 */

/** Users the hourly cron validates: a share of those to draw from, between one and so many. */
const HOURLY_SHARE = 0.01;
const MAX_HOURLY_USERS = 200;
const INACTIVE_AFTER_MS = 7 * 86_400_000;

const validationStatusValidator = v.union(
  neverValidator,
  runStatusValidator.extend({
    /** Results that were equal, of those compared; null before there is any. */
    score: v.union(v.number(), v.null()),
    ...shownDifferencesFields,
  }),
);

/**
 * Starts a validation of all users, of up to 1,000 named ones, or of a random `sample` (a share,
 * above 0 to 1). With `repair` what differs is rebuilt and compared again. Returns at once. The
 * hourly sample gives way to it.
 *
 * @throws ALREADY_RUNNING, BATCH_TOO_LARGE, INVALID_SETTING
 */
export const start = internalMutation({
  args: {
    userIds: v.optional(v.array(v.string())),
    sample: v.optional(v.number()),
    repair: v.optional(v.boolean()),
  },
  returns: v.union(neverValidator, runStatusValidator),
  handler: async (ctx, { userIds = null, sample = null, repair: repairs = false }) => {
    if (sample !== null) requireShare(sample, userIds !== null);
    const running = await findRunning(ctx, "validation");
    // Nobody waits for the hourly sample: it comes again.
    if (running !== null && isHourlySample(running)) await cancelRun(ctx, "validation");
    await startRun(ctx, "validation", { ...NO_OPTIONS, repairs, sample }, userIds);
    return await describeLatest(ctx, "validation");
  },
});

function requireShare(sample: number, isOfNamedUsers: boolean): void {
  const isShare = sample > 0 && sample <= 1;
  if (isShare && !isOfNamedUsers) return;
  throw refusal(
    "INVALID_SETTING",
    isShare
      ? "Nothing was started: sample is a share of all users; leave it out where userIds names them."
      : `Nothing was started: sample is ${sample}; it must be a share of all users, above 0 and up to 1.`,
  );
}

/** How far the latest validation is, its score and what it found. Reactive, cheap. */
export const status = internalQuery({
  args: {},
  returns: validationStatusValidator,
  handler: async (ctx) => {
    const [described, run] = await Promise.all([
      describeLatest(ctx, "validation"),
      latestRun(ctx, "validation"),
    ]);
    if (described.status === "never" || run === null) return neverRun(described.next);
    const { compared = 0, equal = 0 } = described.counts;
    const score = compared === 0 ? null : equal / compared;
    return { ...described, score, ...(await readDifferences(ctx, run._id)) };
  },
});

/**
 * All differences that the latest validation keeps (of a user 100, of 1,000 users), page by page:
 * the next begins at the `cursor` of the one before. Of one user where `userId` names one.
 */
export const differences = internalQuery({
  args: { userId: v.optional(v.string()), cursor: v.optional(v.union(v.string(), v.null())) },
  returns: differencesPageValidator,
  handler: async (ctx, { userId, cursor = null }) => {
    const run = await latestRun(ctx, "validation");
    if (run === null) return { differences: [], cursor: null };
    const named = userId === undefined ? undefined : await resolveUser(ctx, userId);
    return await readDifferencesPage(ctx, run._id, named, cursor);
  },
});

function neverRun(next: string) {
  return { status: "never" as const, next };
}

/** Ends the validation at work; what it has found stays. */
export const cancel = internalMutation({
  args: {},
  returns: v.union(neverValidator, runStatusValidator),
  handler: async (ctx) => {
    await cancelRun(ctx, "validation");
    return await describeLatest(ctx, "validation");
  },
});

/**
 * Validates a random share of the users who were changed or read since their last validation, unless
 * a validation is running already. Users who have been inactive for a week are left out until they
 * come back.
 */
export const sampleHourly = internalMutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    if ((await findRunning(ctx, "validation")) !== null) return null;
    const drawn: DrawnUser[] = await ctx.runQuery(
      internal.validation.draw,
      { start: Math.random() },
      { useStaleSnapshot: true },
    );
    const userIds: string[] = [];
    for (const { userId, lastActiveAt } of drawn) {
      if (Date.now() - lastActiveAt > INACTIVE_AFTER_MS) await leaveOut(ctx, userId);
      else if (!(await isErasing(ctx, userId))) userIds.push(userId);
    }
    const options = { ...NO_OPTIONS, sample: HOURLY_SHARE };
    if (userIds.length > 0) await startRun(ctx, "validation", options, userIds);
    else if (drawn.length > 0) {
      await ctx.scheduler.runAfter(0, internal.validation.sampleHourly, {});
    }
    return null;
  },
});

/** The users of an hourly sample that begins at a place from 0 to 1. */
export const draw = internalQuery({
  args: { start: v.number() },
  returns: v.array(drawnUserValidator),
  handler: async (ctx, { start: from }) =>
    await drawUsers(ctx, from, HOURLY_SHARE, MAX_HOURLY_USERS),
});

/** Leaves a user out of the samples until the next change or visit. */
async function leaveOut(ctx: MutationCtx, userId: string): Promise<void> {
  const state = await readState(ctx, userId);
  if (state === null) return;
  await ctx.db.patch("aggregation_state", state._id, { isUnvalidated: false });
}

/** One user of a validation. */
export const validateUser = internalAction({
  args: { runId: v.id("job_runs"), userId: v.string() },
  returns: taskOutcomeValidator,
  handler: async (ctx, args): Promise<TaskOutcome> =>
    await attemptTask(ctx, args, async ({ options, counts: soFar, isLast }) => {
      // Read when the attempt begins: the transaction that notes the outcome leaves the run alone.
      const isKept = (soFar["faulty"] ?? 0) < MAX_FAULTY_USERS;
      const runId = isKept ? args.runId : null;
      const findings = await checkAndConclude(ctx, args.userId, runId);
      if (findings === null) return inconclusive(isLast);
      const counts = countsOf(findings);
      if (!options.repairs || !hasFaults(findings)) return { counts };
      const repaired = await repair(ctx, { userId: args.userId, runId }, findings);
      return { counts: { ...counts, repaired } };
    }),
});

function inconclusive(isLast: boolean): TaskOutcome {
  if (isLast) return { counts: { inconclusive: 1 }, leftBecause: KEPT_CHANGING };
  throw new Error("the user's records or results changed meanwhile: this will be retried");
}

function countsOf(findings: Findings): Record<string, number> {
  const { compared, equal, differing, stale, segments } = findings;
  const faulty = hasFaults(findings) ? 1 : 0;
  return { users: 1, compared, equal, differing, stale, segments, faulty };
}

/** Rebuilds what differs, and compares again; 1 where nothing differs any more. */
async function repair(
  ctx: ActionCtx,
  { userId, runId }: { userId: string; runId: Id<"job_runs"> | null },
  { differences: found }: Findings,
): Promise<number> {
  let isLeft = true;
  while (isLeft) isLeft = await ctx.runMutation(internal.validation.tidy, { userId });
  const hasDuplicates = found.some(({ fault }) => fault === "duplicate-record");
  const isChanged = hasDuplicates && (await dropDuplicates(ctx, userId));
  // What it has changed itself does not go before it.
  const end = isChanged
    ? await rebuildNow(ctx, userId)
    : await driveQuietly(ctx, userId, "rebuild");
  const findings = end === "done" ? await checkAndConclude(ctx, userId, runId) : null;
  if (findings === null) {
    throw new Error("changes of the user go before the repair: this will be retried");
  }
  return hasFaults(findings) ? 0 : 1;
}

/** Deletes what is there more than once of a user's records; whether anything was. */
async function dropDuplicates(ctx: ActionCtx, userId: string): Promise<boolean> {
  let total = 0;
  let after: string | null = null;
  do {
    const step: { deleted: number; after: string | null } = await ctx.runMutation(
      internal.check.dropDuplicates,
      { userId, after },
    );
    total += step.deleted;
    ({ after } = step);
  } while (after !== null);
  return total > 0;
}

/** Deletes rows that are not to be there and that a rebuild would leave. True while some are left. */
export const tidy = internalMutation({
  args: { userId: v.string() },
  returns: v.boolean(),
  handler: async (ctx, { userId }) => await deleteStrays(ctx, userId),
});

const reportValidator = v.object({
  outcome: v.union(v.literal("passed"), v.literal("failed"), v.literal("inconclusive")),
  /** Left out where the user was changing. */
  ...findingsValidator.partial().fields,
});

/** Validates one user, and returns what was found. `npx convex run validation:checkUser '{"userId": "…"}'` */
export const checkUser = internalAction({
  args: { userId: v.string() },
  returns: reportValidator,
  handler: async (ctx, { userId: user }): Promise<typeof reportValidator.type> => {
    const { userId }: { userId: string } = await ctx.runQuery(internal.users.resolve, { user });
    const findings = await checkAndConclude(ctx, userId, null);
    if (findings === null) return { outcome: "inconclusive" };
    return { outcome: verdictOf(findings), ...findings };
  },
});

function verdictOf({ compared, differing }: Findings): (typeof reportValidator.type)["outcome"] {
  if (compared === 0) return "inconclusive";
  return differing === 0 ? "passed" : "failed";
}
