import { stream } from "convex-helpers/server/stream";
import { ENGINE_VERSION } from "../../../src/engine";
import type { Doc } from "../../_generated/dataModel";
import type { QueryCtx } from "../../_generated/server";
import schema from "../../schema";
import { isInSample } from "./sample";

/** Which users a run is about, page by page. */

type Run = Doc<"job_runs">;
type Reader = Pick<QueryCtx, "db">;

export interface UserPage {
  userIds: string[];
  /** Null at the end. */
  cursor: string | null;
}

/**
 * A page of a run's users, those that the queue should come to first at first.
 *
 * @param limit users looked at; of a sample fewer are returned.
 */
export async function listUsers(
  ctx: Reader,
  run: Run,
  cursor: string | null,
  limit: number,
): Promise<UserPage> {
  const page = await statesOf(ctx, run).paginate({ cursor, numItems: limit });
  const { sample } = run.options;
  const listed = page.page.filter(
    ({ phase, userId }) =>
      phase !== "erasing" && (sample === null || isInSample(run._id, userId, sample)),
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
      // Of the newest of the old versions first, of those who were here last first.
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
