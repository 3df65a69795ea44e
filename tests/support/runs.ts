import type { TestConvex } from "convex-test";
import type schema from "../../convex/schema";
import type { Plan, Work } from "../../convex/model/work";
import { inTables, internal } from "./reach";

/** A recompute taken step by step, as its action would. */

type Backend = TestConvex<typeof schema>;

export interface Lease {
  userId: string;
  generation: number;
}

export interface Begun extends Lease {
  work: Work;
}

/** Looks for the user's changes now, not when the wake-up is due; the run that comes for them. */
export async function wake(t: Backend, userId: string): Promise<Lease> {
  await t.mutation(internal.recompute.wake, { userId });
  const state = await inTables(t, (ctx) =>
    ctx.db
      .query("aggregation_state")
      .withIndex("by_user", (q) => q.eq("userId", userId))
      .first(),
  );
  if (state?.phase !== "scheduled") throw new Error(`no run is scheduled for ${userId}`);
  return { userId, generation: state.generation };
}

/** Takes the lease of a scheduled run, and its plan. */
export async function beginRun(t: Backend, { userId, generation }: Lease): Promise<Begun> {
  const lease = { userId, generation };
  const hasBegun = await t.mutation(internal.recompute.begin, lease);
  if (!hasBegun) throw new Error("the run did not begin");
  return { ...lease, work: await planRun(t, lease, "changes") };
}

/** Begins a run that nobody waits for; null where changes go first. */
export async function beginQuietRun(
  t: Backend,
  userId: string,
  plan: "rebuild" | "refresh",
): Promise<Begun | null> {
  const generation = await t.mutation(internal.quietRuns.begin, { userId, plan });
  if (generation === null) return null;
  const lease = { userId, generation };
  return { ...lease, work: await planRun(t, lease, plan) };
}

async function planRun(t: Backend, lease: Lease, plan: Plan): Promise<Work> {
  const args = { ...lease, plan, startedAt: Date.now() };
  const work = await t.query(internal.recompute.plan, args);
  if (work === null) throw new Error("the run has no lease");
  return work;
}

/** The run's last transaction, where it finds out whether to rest. */
export async function finishRun(t: Backend, { userId, generation }: Lease): Promise<void> {
  await t.mutation(internal.recompute.finish, { userId, generation, leavesChanges: false });
}
