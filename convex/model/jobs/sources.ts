import { stream } from "convex-helpers/server/stream";
import { ENGINE_VERSION } from "../../../src/engine";
import { v, type Infer } from "convex/values";
import type { Doc } from "../../_generated/dataModel";
import type { QueryCtx } from "../../_generated/server";
import { isSeenLately } from "../drift/turns";
import schema from "../../schema";
import { isInSample } from "./sample";

/**
 * Which users a run is about, page by page. Steps of a run read these pages from a snapshot
 * (`jobs.listUsers`): every recompute rewrites rows of them.
 */

type Run = Doc<"job_runs">;
type Reader = Pick<QueryCtx, "db">;

export const userPageValidator = v.object({
  userIds: v.array(v.string()),
  /** Null at the end. */
  cursor: v.union(v.string(), v.null()),
});
export type UserPage = Infer<typeof userPageValidator>;

/**
 * A page of a run's users, those that come first in the queue first.
 *
 * @param limit users looked at; of a sample fewer are returned.
 */
export async function readUserPage(
  ctx: Reader,
  run: Run,
  cursor: string | null,
  limit: number,
): Promise<UserPage> {
  const page = await statesOf(ctx, run).paginate({ cursor, numItems: limit });
  const { sample } = run.options;
  const listed = page.page.filter(
    (state) =>
      state.phase !== "erasing" &&
      (run.kind !== "drift" || isSeenLately(state, run.startedAt)) &&
      (sample === null || isInSample(run._id, state.userId, sample)),
  );
  return {
    userIds: listed.map(({ userId }) => userId),
    cursor: page.isDone ? null : page.continueCursor,
  };
}

function statesOf({ db }: Reader, run: Run) {
  const states = stream(db, schema).query("aggregation_state");
  switch (run.kind) {
    case "upgrade":
      // The newest of the old versions first, and of those the users seen last.
      return states
        .withIndex("by_engine_version_last_seen_at_user_id", (q) =>
          q.lt("engineVersion", ENGINE_VERSION),
        )
        .order("desc");
    case "drift":
      return states.withIndex("by_drift_due_at", (q) => q.lte("driftDueAt", run.startedAt));
    case "adoption":
    case "backfill":
    case "validation":
      return states.withIndex("by_user");
  }
}
