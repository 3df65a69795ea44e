import { v, type Infer } from "convex/values";
import type { Doc } from "../../_generated/dataModel";
import type { QueryCtx } from "../../_generated/server";
import { jobKindValidator, jobOptionsValidator, jobStatusValidator } from "../../jobTables";
import { latestRun } from "./runs";

/** Failures that a status lists, and that its hint names. */
const MAX_FAILURES = 50;
const MAX_HINTED = 3;

const runStatusFields = {
  kind: jobKindValidator,
  status: jobStatusValidator,
  options: jobOptionsValidator,
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
  /** Estimated from that rate, at `updatedAt`; null where nothing can be said, or nothing is left. */
  remainingMs: v.union(v.number(), v.null()),
  /** The first 50. */
  failures: v.array(v.object({ userId: v.string(), attempts: v.number(), error: v.string() })),
  /** Users that failed and are being tried again. */
  retrying: v.array(v.object({ userId: v.string(), attempts: v.number(), error: v.string() })),
  /** The command that comes next. */
  next: v.string(),
};

/** A run, as its status tells it. */
export const runStatusValidator = v.object(runStatusFields);
export type RunStatus = Infer<typeof runStatusValidator>;

/** Where there has never been a run of a kind. */
export const neverValidator = v.object({ status: v.literal("never"), next: v.string() });

type Run = Doc<"job_runs">;

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
  const { kind, status, options, startedAt, updatedAt, finishedAt } = run;
  const { total, isCounted, done, failed, counts } = run;
  const [failures, queued] = await Promise.all(
    (["failed", "queued"] as const).map((taskStatus) =>
      ctx.db
        .query("job_tasks")
        .withIndex("by_run_status", (q) => q.eq("runId", run._id).eq("status", taskStatus))
        .take(MAX_FAILURES),
    ),
  );
  const retrying = queued?.filter(({ attempts }) => attempts > 0) ?? [];
  return {
    ...{ kind, status, options, startedAt, updatedAt, finishedAt },
    ...{ total, isCounted, done, failed, counts },
    ...paceOf(run),
    failures: failures?.map(describeFailure) ?? [],
    retrying: retrying.map(describeFailure),
    next: nextCommand(run, failures ?? []),
  };
}

function nextCommand(
  { kind, status, options }: Run,
  failures: readonly Doc<"job_tasks">[],
): string {
  if (status === "running") return `npx convex run jobs:status '{"kind": "${kind}"}' --watch`;
  if (status === "cancelled" || options.isDryRun) return STARTS[kind];
  if (failures.length > 0) {
    const userIds = failures.slice(0, MAX_HINTED).map(({ userId }) => userId);
    return `${STARTS[kind]} '${JSON.stringify({ userIds })}'`;
  }
  if (kind === "adoption") return STARTS.backfill;
  return kind === "backfill" ? STARTS.validation : "npm run rollout -- status";
}

function describeFailure({ userId, attempts, error }: Doc<"job_tasks">) {
  return { userId, attempts, error: error ?? "unknown" };
}

/** Rate and time left, by the marks alone: a query has no clock. */
export function paceOf(
  run: Pick<
    Doc<"job_runs">,
    "status" | "marks" | "updatedAt" | "done" | "failed" | "total" | "isCounted"
  >,
): Pick<RunStatus, "usersPerSecond" | "remainingMs"> {
  const finished = run.done + run.failed;
  const first = run.marks[0];
  const elapsedMs = first === undefined ? 0 : run.updatedAt - first.at;
  const usersPerMs =
    first === undefined || elapsedMs <= 0 ? 0 : (finished - first.finished) / elapsedMs;
  if (usersPerMs <= 0) return { usersPerSecond: null, remainingMs: null };
  const isEstimable = run.status === "running" && run.isCounted;
  return {
    usersPerSecond: usersPerMs * 1_000,
    remainingMs: isEstimable ? Math.max(0, run.total - finished) / usersPerMs : null,
  };
}
