import { v, type Infer } from "convex/values";
import type { Doc } from "../../_generated/dataModel";
import type { QueryCtx } from "../../_generated/server";
import { jobKindValidator, jobOptionsValidator, jobStatusValidator } from "../../jobTables";
import { shellWord } from "../shellWord";
import { latestRun } from "./runs";
import { listQueued } from "./upkeep";

/** Users that a status lists of each kind, and that its hint names. */
const MAX_LISTED = 50;
const MAX_HINTED = 3;

const troubledUserValidator = v.object({
  userId: v.string(),
  /** That failed. */
  attempts: v.number(),
  error: v.string(),
});

const runStatusFields = {
  kind: jobKindValidator,
  status: jobStatusValidator,
  options: jobOptionsValidator,
  /** Whether it is about users named one by one, not about all there are. */
  isOfNamedUsers: v.boolean(),
  /** Epoch milliseconds. */
  startedAt: v.number(),
  updatedAt: v.number(),
  finishedAt: v.union(v.number(), v.null()),
  /** Users; until all are counted, those counted so far. */
  total: v.number(),
  isCounted: v.boolean(),
  done: v.number(),
  failed: v.number(),
  /** Sums over the users that are done: `records`, `compared` and so on. */
  counts: v.record(v.string(), v.number()),
  /** Of the last minute of work; null before there is any. */
  usersPerSecond: v.union(v.number(), v.null()),
  /** Estimated from that rate, at `updatedAt`; null where nothing can be said. */
  remainingMs: v.union(v.number(), v.null()),
  /** The first 50. */
  failures: v.array(troubledUserValidator),
  /** Users that failed and are being tried again: the first 50. */
  retrying: v.array(troubledUserValidator),
  /** Users that were left open, as they kept changing: the first 50. */
  left: v.array(troubledUserValidator),
  /** The command that comes next. */
  next: v.string(),
};

/** A run, as its status tells it. */
export const runStatusValidator = v.object(runStatusFields);
export type RunStatus = Infer<typeof runStatusValidator>;

/** Where there has never been a run of a kind. */
export const neverValidator = v.object({ status: v.literal("never"), next: v.string() });

type Run = Doc<"job_runs">;
type Task = Doc<"job_tasks">;

const STARTS: Record<Run["kind"], string> = {
  adoption: "npx convex run backfill:adopt",
  backfill: "npx convex run backfill:start",
  validation: "npx convex run validation:start",
  drift: "npx convex run drift:start",
  upgrade: "npx convex run upgrade:start",
};

/** The latest run of a kind, as its status tells it. */
export async function describeLatest(
  ctx: Pick<QueryCtx, "db">,
  kind: Run["kind"],
): Promise<RunStatus | Infer<typeof neverValidator>> {
  const run = await latestRun(ctx, kind);
  if (run !== null) return await describeRun(ctx, run);
  return { status: "never", next: STARTS[kind] };
}

/** A run as people see it. Cheap: the run's row, and the few rows of users that failed. */
export async function describeRun(
  ctx: Pick<QueryCtx, "db">,
  run: Doc<"job_runs">,
): Promise<RunStatus> {
  const { kind, status, options, isOfNamedUsers, startedAt, updatedAt, finishedAt } = run;
  const { total, isCounted, done, failed, counts } = run;
  const [failures, queued, left] = await Promise.all([
    readTasks(ctx, run, "failed"),
    listQueued(ctx, run._id),
    readTasks(ctx, run, "left"),
  ]);
  const retrying = queued.filter(({ attempts }) => attempts > 0);
  return {
    ...{ kind, status, options, isOfNamedUsers, startedAt, updatedAt, finishedAt },
    ...{ total, isCounted, done, failed, counts },
    ...paceOf(run, retrying.length),
    failures: failures.map(describeTask),
    retrying: retrying.slice(0, MAX_LISTED).map(describeTask),
    left: left.map(describeTask),
    next: nextCommand(run, failures),
  };
}

async function readTasks(
  ctx: Pick<QueryCtx, "db">,
  { _id }: Run,
  status: Task["status"],
): Promise<Task[]> {
  return await ctx.db
    .query("job_tasks")
    .withIndex("by_run_status", (q) => q.eq("runId", _id).eq("status", status))
    .take(MAX_LISTED);
}

function nextCommand({ kind, status, options }: Run, failures: readonly Task[]): string {
  if (status === "running") return `npx convex run jobs:status '{"kind": "${kind}"}' --watch`;
  if (status === "cancelled" || options.isDryRun) return STARTS[kind];
  if (failures.length > 0) {
    const userIds = failures.slice(0, MAX_HINTED).map(({ userId }) => userId);
    return `${STARTS[kind]} ${shellWord(JSON.stringify({ userIds }))}`;
  }
  if (kind === "adoption") return STARTS.backfill;
  return kind === "backfill" ? STARTS.validation : "npm run rollout -- status";
}

function describeTask({ userId, attempts, error }: Task) {
  return { userId, attempts, error: error ?? "unknown" };
}

/**
 * Rate and time left, by the marks alone: a query has no clock. How long those take who are being
 * tried again is told by their back-off, not by the rate: nothing is estimated of them.
 */
export function paceOf(
  run: Pick<
    Doc<"job_runs">,
    "status" | "marks" | "updatedAt" | "done" | "failed" | "total" | "isCounted"
  >,
  retrying: number,
): Pick<RunStatus, "usersPerSecond" | "remainingMs"> {
  const finished = run.done + run.failed;
  const first = run.marks[0];
  const elapsedMs = first === undefined ? 0 : run.updatedAt - first.at;
  const usersPerMs =
    first === undefined || elapsedMs <= 0 ? 0 : (finished - first.finished) / elapsedMs;
  if (usersPerMs <= 0) return { usersPerSecond: null, remainingMs: null };
  // Of users who come while it is at work more may be finished than were counted.
  const left = run.total - finished;
  const isEstimable = run.status === "running" && run.isCounted && (left <= 0 || left > retrying);
  return {
    usersPerSecond: usersPerMs * 1_000,
    remainingMs: isEstimable ? Math.max(0, left) / usersPerMs : null,
  };
}
