import { NonRetryableError } from "@convex-dev/workpool";
import { ConvexError } from "convex/values";
import { internal } from "../../_generated/api";
import type { Doc, Id } from "../../_generated/dataModel";
import type { ActionCtx } from "../../_generated/server";
import { isConflict, messageOf } from "../failures";
import { MAX_ATTEMPTS } from "./pool";
import type { TaskOutcome } from "./queue";

/** What an attempt at a user's work knows of its run. */
export interface Attempt extends Pick<Doc<"job_runs">, "options" | "counts"> {
  /** No other attempt comes after it. */
  isLast: boolean;
}

/** Another attempt does not help against these. */
const FINAL_CODES = ["NOT_FOUND", "ERASING"];

/**
 * An attempt at a user's work in a run: an error is kept with the user and thrown on, so the queue
 * retries later. Work of a run that was cancelled, or that is there twice, is skipped.
 */
export async function attemptTask(
  ctx: ActionCtx,
  task: { runId: Id<"job_runs">; userId: string },
  work: (attempt: Attempt) => Promise<TaskOutcome>,
): Promise<TaskOutcome> {
  const opened: (Omit<Attempt, "isLast"> & { attempts: number }) | null = await ctx.runQuery(
    internal.jobs.openTask,
    task,
  );
  if (opened === null) return { counts: {}, wasSkipped: true };
  const { attempts, ...run } = opened;
  try {
    return await work({ ...run, isLast: attempts + 1 >= MAX_ATTEMPTS });
  } catch (error) {
    // Other writers were faster: nothing is wrong with the user, and the queue retries.
    if (isConflict(error)) throw error;
    const { message, isFinal } = describe(error);
    await ctx.runMutation(internal.jobs.noteFailure, { ...task, message });
    if (isFinal) throw new NonRetryableError(message);
    throw error;
  }
}

function describe(error: unknown): { message: string; isFinal: boolean } {
  if (!(error instanceof ConvexError)) return { message: messageOf(error), isFinal: false };
  const { code, message } = error.data as { code?: string; message?: string }; // our one shape
  return {
    message: message ?? messageOf(error),
    isFinal: code !== undefined && FINAL_CODES.includes(code),
  };
}
