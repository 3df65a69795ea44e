import { v } from "convex/values";
import { paginationOptsValidator } from "convex/server";
import { internal } from "./_generated/api";
import type { Id } from "./_generated/dataModel";
import { internalAction, internalQuery, type ActionCtx } from "./_generated/server";
import { internalMutation } from "./functions";
import { refusal } from "./errors";
import { checkAndConclude } from "./model/check/checkUser";
import {
  noteDifferences,
  readDifferences,
  shownDifferencesFields,
} from "./model/check/differences";
import {
  findingsValidator,
  findingsFields,
  hasFaults,
  momentValidator,
  type Findings,
} from "./model/check/report";
import {
  factsPageValidator,
  readFacts,
  readParts,
  segmentsPageValidator,
} from "./model/check/pages";
import {
  deleteStrays,
  findUntracked,
  isStillAt,
  openCheck,
  openedValidator,
  readRows,
  storedRowValidator,
} from "./model/check/store";
import { readDictionary } from "./model/columns";
import { driveQuietly } from "./model/drive";
import { attemptTask } from "./model/jobs/attempt";
import { taskOutcomeValidator, type TaskOutcome } from "./model/jobs/queue";
import { cancelRun, findRunning, latestRun, NO_OPTIONS, startRun } from "./model/jobs/runs";
import { drawUsers } from "./model/jobs/sample";
import { describeLatest, neverValidator, runStatusValidator } from "./model/jobs/status";
import { rollBackDiffering } from "./model/rollback";
import { addSample } from "./model/samples";
import { noteOutcome } from "./model/validations";
import { aggregationTypeValidator, filtersValidator } from "./validators";

/**
 * Compares what is stored with the records themselves: every result of every tracked filter, and
 * the segments in between, so that one sees where it went wrong. Changes nothing unless asked to
 * repair; but a user of whom a result is wrong is taken off the stored results at once.
 */

/** Users the hourly cron validates: a share of all, between one and so many. */
const HOURLY_SHARE = 0.01;
const MAX_HOURLY_USERS = 200;

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
 * above 0 to 1). With `repair` what differs is built anew and compared again. Returns at once.
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
    const described = await describeLatest(ctx, "validation");
    const run = await latestRun(ctx, "validation");
    if (described.status === "never" || run === null) return neverRun(described.next);
    const { compared = 0, equal = 0 } = described.counts;
    const score = compared === 0 ? null : equal / compared;
    return { ...described, score, ...(await readDifferences(ctx, run._id)) };
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

/** Validates a random share of the users, unless a validation is at work already. */
export const sampleHourly = internalMutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    if ((await findRunning(ctx, "validation")) !== null) return null;
    const userIds = await drawUsers(ctx, Math.random(), HOURLY_SHARE, MAX_HOURLY_USERS);
    if (userIds.length > 0) await startRun(ctx, "validation", NO_OPTIONS, userIds);
    return null;
  },
});

/** One user of a validation. */
export const validateUser = internalAction({
  args: { runId: v.id("job_runs"), userId: v.string() },
  returns: taskOutcomeValidator,
  handler: async (ctx, args): Promise<TaskOutcome> =>
    await attemptTask(ctx, args, async ({ options, isLast }) => {
      const findings = await checkAndConclude(ctx, args.userId, args.runId);
      if (findings === null) return inconclusive(isLast);
      const counts = countsOf(findings);
      if (!options.repairs || !hasFaults(findings)) return { counts };
      return { counts: { ...counts, repaired: await repair(ctx, args) } };
    }),
});

function inconclusive(isLast: boolean): TaskOutcome {
  if (isLast) return { counts: { inconclusive: 1 } };
  throw new Error("the user's records or results changed meanwhile: to be tried again");
}

function countsOf(findings: Findings): Record<string, number> {
  const { compared, equal, differing, stale, differences } = findings;
  const segments = differences.filter(({ aggregationType, fault }) => {
    return aggregationType === null && fault !== "duplicate-filter";
  });
  const faulty = hasFaults(findings) ? 1 : 0;
  return { users: 1, compared, equal, differing, stale, segments: segments.length, faulty };
}

/** Builds anew what differs, and compares again; 1 where nothing differs any more. */
async function repair(
  ctx: ActionCtx,
  { userId, runId }: { userId: string; runId: Id<"job_runs"> },
): Promise<number> {
  let isLeft = true;
  while (isLeft) isLeft = await ctx.runMutation(internal.validation.tidy, { userId });
  const end = await driveQuietly(ctx, userId, "rebuild");
  const findings = end === "done" ? await checkAndConclude(ctx, userId, runId) : null;
  if (findings === null) {
    throw new Error("changes of the user go before the repair: to be tried again");
  }
  return hasFaults(findings) ? 0 : 1;
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
  handler: async (ctx, { userId }): Promise<typeof reportValidator.type> => {
    const findings = await checkAndConclude(ctx, userId, null);
    if (findings === null) return { outcome: "inconclusive" };
    return { outcome: verdictOf(findings), ...findings };
  },
});

function verdictOf({ compared, differing }: Findings): (typeof reportValidator.type)["outcome"] {
  if (compared === 0) return "inconclusive";
  return differing === 0 ? "passed" : "failed";
}

/** What there is to compare; null where the user is not at rest. */
export const open = internalQuery({
  args: { userId: v.string() },
  returns: v.union(v.null(), openedValidator),
  handler: async (ctx, { userId }) => await openCheck(ctx, userId),
});

/** The records as the engine reads them, in order of time, with their keys. */
export const page = internalQuery({
  args: { userId: v.string(), paginationOpts: paginationOptsValidator },
  returns: factsPageValidator,
  handler: async (ctx, { userId, paginationOpts }) => await readFacts(ctx, userId, paginationOpts),
});

/** The parts of the segments in force, in order. */
export const segments = internalQuery({
  args: { userId: v.string(), epoch: v.number(), cursor: v.union(v.string(), v.null()) },
  returns: segmentsPageValidator,
  handler: async (ctx, { userId, epoch, cursor }) => await readParts(ctx, userId, epoch, cursor),
});

/** The parts of the dictionary in force, in order. */
export const dictionary = internalQuery({
  args: { userId: v.string(), epoch: v.number() },
  returns: v.array(v.bytes()),
  handler: async (ctx, { userId, epoch }) =>
    (await readDictionary(ctx, userId, epoch)).map(({ bytes }) => bytes),
});

/** A filter's stored results, and of which day they are; null where it is not tracked any more. */
export const stored = internalQuery({
  args: { userId: v.string(), filterHash: v.string() },
  returns: v.union(v.null(), v.array(storedRowValidator)),
  handler: async (ctx, { userId, filterHash }) => await readRows(ctx, userId, filterHash),
});

/** Results of filters that are not tracked: nothing keeps them up to date. */
export const untracked = internalQuery({
  args: { userId: v.string() },
  returns: v.array(
    v.object({
      aggregationType: aggregationTypeValidator,
      filterHash: v.string(),
      filters: filtersValidator,
    }),
  ),
  handler: async (ctx, { userId }) => {
    const rows = await findUntracked(ctx, userId);
    return rows.map(({ aggregationType, filterHash, metadata }) => {
      return { aggregationType, filterHash, filters: metadata.filters };
    });
  },
});

/**
 * Notes the outcome, and rolls the user back where a result is wrong. False where the user's
 * records or results changed since: then nothing is noted.
 */
export const conclude = internalMutation({
  args: {
    userId: v.string(),
    runId: v.union(v.id("job_runs"), v.null()),
    moment: momentValidator,
    findings: v.object(findingsFields),
  },
  returns: v.boolean(),
  handler: async (ctx, { userId, runId, moment, findings }) => {
    if (!(await isStillAt(ctx, userId, moment))) return false;
    const { compared, equal, differing } = findings;
    if (runId !== null) await noteDifferences(ctx, runId, userId, findings);
    // A user of whom nothing was ever computed has not passed.
    if (compared === 0) return true;
    await noteOutcome(ctx, userId, findings);
    await addSample(ctx, { kind: "validation", compared: equal + differing, differing });
    await rollBackDiffering(ctx, userId, findings);
    return true;
  },
});
