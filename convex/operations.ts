import { v } from "convex/values";
import { adminQuery, userQuery } from "./functions";
import { jobKindValidator } from "./jobTables";
import { isAdmin as holdsAdminClaim } from "./model/admin";
import { latestEvents } from "./model/auditTrail";
import { chartPointValidator, readChart } from "./model/charts";
import { PRECOMPUTED_FLAG } from "./model/flags";
import { describeLatest, runStatusValidator } from "./model/jobs/status";
import { readHeartbeat } from "./model/monitorState";
import { readReport, reportValidator } from "./model/report";
import { showFlag, shownFlagValidator } from "./model/shownFlag";
import { surveyUsers, surveyValidator } from "./model/survey";
import { eventFields } from "./rolloutTables";
import { phaseValidator } from "./validators";

/**
 * What the operations view of the dashboard reads, for holders of the admin claim. It changes
 * nothing: changes are made with `npm run rollout`, `npx convex run` or the Convex dashboard.
 */

const MAX_JOBS = 50;
const MAX_EVENTS = 50;

/** Whether the signed-in user holds the admin claim: whether a page offers the view at all. */
export const isAdmin = userQuery({
  args: {},
  returns: v.boolean(),
  handler: async (ctx) => await holdsAdminClaim(ctx),
});

/** Where the rollout stands, and its health. */
export const overview = adminQuery({
  args: {},
  returns: v.object({ flag: shownFlagValidator, report: reportValidator }),
  handler: async (ctx) => {
    const [flag, report] = await Promise.all([showFlag(ctx, PRECOMPUTED_FLAG), readReport(ctx)]);
    return { flag, report };
  },
});

/** The last hours as 60 points, up to the last look at the figures; empty before the first. */
export const charts = adminQuery({
  args: { hours: v.union(v.literal(1), v.literal(6)) },
  returns: v.array(chartPointValidator),
  handler: async (ctx, { hours }) => {
    const heartbeat = await readHeartbeat(ctx, "tick");
    return heartbeat === null ? [] : await readChart(ctx, heartbeat.at, hours);
  },
});

/** The latest 50 rows of the audit trail, newest first. */
export const events = adminQuery({
  args: {},
  returns: v.array(v.object(eventFields)),
  handler: async (ctx) => await latestEvents(ctx, MAX_EVENTS),
});

/** Recomputes that are scheduled or running, those due first; 50 at most. */
export const jobs = adminQuery({
  args: {},
  returns: v.array(
    v.object({
      userId: v.string(),
      phase: phaseValidator,
      recordCount: v.number(),
      /** Failed runs in a row, and why the last one failed. */
      attempts: v.number(),
      lastError: v.union(v.string(), v.null()),
      /** When somebody else takes over, epoch milliseconds. */
      dueAt: v.union(v.number(), v.null()),
    }),
  ),
  handler: async (ctx) => {
    const due = await ctx.db
      .query("aggregation_state")
      .withIndex("by_due_at", (q) => q.gt("dueAt", null))
      .take(MAX_JOBS);
    return due.map(({ userId, phase, recordCount, attempts, lastError, dueAt }) => ({
      userId,
      phase,
      recordCount,
      attempts,
      lastError: lastError?.message ?? null,
      dueAt,
    }));
  },
});

/** The latest run of each kind of job over many users; kinds that never ran are left out. */
export const runs = adminQuery({
  args: {},
  returns: v.array(runStatusValidator),
  handler: async (ctx) => {
    const kinds = jobKindValidator.members.map(({ value }) => value);
    const latest = await Promise.all(kinds.map((kind) => describeLatest(ctx, kind)));
    return latest.filter((run) => run.status !== "never");
  },
});

/** Counts a page of users by what the flag is for them; the page sums up the answers. */
export const survey = adminQuery({
  args: { cursor: v.union(v.string(), v.null()) },
  returns: surveyValidator,
  handler: async (ctx, { cursor }) => await surveyUsers(ctx, cursor),
});
