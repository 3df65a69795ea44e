import type { WithoutSystemFields } from "convex/server";
import type { Doc } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../_generated/server";
import type { Growth } from "./columns";

/** The quiet row that open pages read instead of the state of a run: see the schema. */

export type Pointer = WithoutSystemFields<Doc<"aggregation_pointers">>;

/** What is known of a user before the first build. */
const NOTHING: Omit<Pointer, "userId"> = {
  epoch: 0,
  recordCount: 0,
  bytes: 0,
  day: null,
  recomputedAt: null,
  lastError: null,
};

export async function readPointer(ctx: Pick<QueryCtx, "db">, userId: string): Promise<Pointer> {
  return (await findPointer(ctx, userId)) ?? { userId, ...NOTHING };
}

/** Moves some values. Writes nothing where all are as they were. */
export async function movePointer(
  ctx: Pick<MutationCtx, "db">,
  userId: string,
  changes: Partial<Omit<Pointer, "userId">>,
): Promise<void> {
  const pointer = await findPointer(ctx, userId);
  if (pointer === null) {
    await ctx.db.insert("aggregation_pointers", { userId, ...NOTHING, ...changes });
    return;
  }
  const moved = { ...pointer, ...changes };
  const isMoved = pointerFields.some((field) => moved[field] !== pointer[field]);
  if (isMoved) await ctx.db.patch("aggregation_pointers", pointer._id, changes);
}

/** Notes how the segments of an epoch have grown, where they are those in force. */
export async function growPointer(
  ctx: Pick<MutationCtx, "db">,
  { userId, epoch }: { userId: string; epoch: number },
  growth: Growth,
): Promise<void> {
  const pointer = await readPointer(ctx, userId);
  if (pointer.epoch !== epoch) return;
  await movePointer(ctx, userId, {
    recordCount: pointer.recordCount + growth.recordCount,
    bytes: pointer.bytes + growth.bytes,
  });
}

// Object.keys widens the keys of an object literal.
const pointerFields = Object.keys(NOTHING) as (keyof typeof NOTHING)[];

async function findPointer(ctx: Pick<QueryCtx, "db">, userId: string) {
  return await ctx.db
    .query("aggregation_pointers")
    .withIndex("by_user", (q) => q.eq("userId", userId))
    // Not `unique`: a row that somebody doubled by hand must not stop the page.
    .first();
}
