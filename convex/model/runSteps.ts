import { ENGINE_VERSION } from "../../src/engine";
import type { Doc } from "../_generated/dataModel";
import type { MutationCtx } from "../_generated/server";
import { UserColumns } from "./columns";
import {
  attributeParts,
  attributesIn,
  compareAttributes,
  computeFilters,
  dropAttributes,
  filtersPerTransaction,
  isShownLately,
  leaveBehind,
  outdatedFilters,
  takeSnapshot,
} from "./compute";
import { foldEverything, foldUnits, type FoldCtx } from "./fold";
import { hasHeadroom } from "./headroom";
import { growPointer, movePointer } from "./pointer";
import { scheduleRun } from "./schedule";
import { ensureTrackedFilters } from "./trackedFilters";
import { addCost, markProcessed, noteCost, type Work } from "./work";

/** The two halves of a run: folding records into columns, and storing the results of those. */

type State = Doc<"aggregation_state">;

/** One transaction's worth of a run: folding first, then results; what is left to do, or null. */
export async function takeStep(ctx: MutationCtx, state: State, todo: Work): Promise<Work | null> {
  const { userId } = state;
  const columns = new UserColumns(ctx, userId, todo.epoch);
  const metered = { db: ctx.db, meta: ctx.meta, scale: todo.scale };
  const folded = await foldWork(metered, userId, columns, todo);
  await growPointer(ctx, { userId, epoch: todo.epoch }, await columns.save());
  const isFolded = folded.rebuild === null && folded.units.length === 0;
  const canStore = isFolded && (await hasHeadroom(metered));
  const left = canStore ? await storeWork(ctx, state, columns, folded) : folded;
  if (left === null) {
    await noteCost(ctx, await addCost(ctx, folded));
    return null;
  }
  // The run may die before it stores those of the history as it is now.
  if (columns.hasLostWatches) await dropAttributes(ctx, userId);
  return await addCost(ctx, left);
}

/** Folds as much as the transaction bears; the work that is left. */
async function foldWork(
  ctx: FoldCtx,
  userId: string,
  columns: UserColumns,
  work: Work,
): Promise<Work> {
  if (work.rebuild !== null) {
    return { ...work, rebuild: await foldEverything(ctx, userId, columns, work.rebuild) };
  }
  return { ...work, units: await foldUnits(ctx, userId, columns, work.units) };
}

/** Stores the results of as many filters as one transaction bears; null when none is left. */
async function storeWork(
  ctx: MutationCtx,
  state: State,
  columns: UserColumns,
  work: Work,
): Promise<Work | null> {
  const { userId } = state;
  const owner = { userId, epoch: work.epoch };
  const tracked = await ensureTrackedFilters(ctx, userId);
  const stored = await attributeParts(ctx, userId);
  const known = { tracked, attributes: attributesIn(stored, work.epoch) };
  const snapshot = await takeSnapshot(ctx, userId, columns, work, known);
  const attributes = compareAttributes(ctx, owner, stored, snapshot);
  const hasAttributes = work.dirt.hasAttributes || attributes.reachesAll;
  const dirt = { ...work.dirt, hasAttributes };
  const done = new Set(work.storedFilters);
  const outdated = outdatedFilters(tracked, snapshot.day, dirt).filter(
    (filter) => !done.has(filter.filterHash),
  );
  const isWanted = (filter: (typeof outdated)[number]) =>
    work.isVerifying || isShownLately(filter, snapshot.day, Date.now());
  const todo = outdated.filter(isWanted);
  await leaveBehind(
    ctx,
    outdated.filter((filter) => !isWanted(filter)),
  );
  const batch = todo.slice(0, filtersPerTransaction(snapshot.recordCount, work.scale));
  await computeFilters(ctx, batch, snapshot, work.isVerifying);
  const { recordCount, bytes } = snapshot;
  if (state.epoch !== work.epoch) {
    await ctx.db.patch("aggregation_state", state._id, { epoch: work.epoch });
  }
  if (batch.length < todo.length) {
    await movePointer(ctx, userId, { epoch: work.epoch, recordCount, bytes });
    const storedNow = batch.map((filter) => filter.filterHash);
    return { ...work, dirt, storedFilters: [...work.storedFilters, ...storedNow] };
  }
  await attributes.store();
  await markProcessed(ctx, work);
  const now = Date.now();
  await movePointer(ctx, userId, {
    ...{ epoch: work.epoch, recordCount, bytes },
    day: snapshot.day.asOf,
    recomputedAt: now,
    lastError: null,
  });
  await ctx.db.patch("aggregation_state", state._id, {
    // A rebuild that was asked for meanwhile is still to come.
    rebuildRequested: state.rebuildRequested && !work.isRebuild,
    engineVersion: ENGINE_VERSION,
    recordCount,
    lastRecomputedAt: now,
    lastError: null,
    attempts: 0,
    refreshAt: snapshot.day.endsAt,
  });
  return null;
}

/** Stored columns that cannot be read are rebuilt from the records at once. */
export async function startRebuild(ctx: MutationCtx, state: State, message: string): Promise<void> {
  await movePointer(ctx, state.userId, { lastError: message });
  await scheduleRun(ctx, state, 0, {
    rebuildRequested: true,
    lastError: { message, at: Date.now() },
  });
}
