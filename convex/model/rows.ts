import { v } from "convex/values";
import { AGGREGATION_VERSIONS, startOfLocalDay, type AggregationType } from "../../src/engine";
import type { Doc } from "../_generated/dataModel";
import type { QueryCtx } from "../_generated/server";
import { hasWaitingChanges } from "./changeLog";
import type { Pointer } from "./pointer";
import { timeZoneOf, type LocalDay } from "./settings";
import { findTracked } from "./trackedFilters";

/** Results as pages read them: stored ones, and those that a query has computed. */

type Reader = Pick<QueryCtx, "db">;

/** What is told of a result beside its data. */
export const rowFields = {
  computedAt: v.number(),
  expiresAt: v.number(),
  version: v.number(),
  asOf: v.string(),
  timeZone: v.string(),
  changesPending: v.boolean(),
};

export type Row = Doc<"precomputed_aggregations">;

/** What a result was taken from. */
export const basisValidator = v.union(v.literal("results"), v.literal("segments"));
type Basis = typeof basisValidator.type;

export interface AnsweredRow<Data> extends DescribedRow<Data> {
  basis: Basis;
}

export interface DescribedRow<Data> {
  data: Data;
  computedAt: number;
  expiresAt: number;
  version: number;
  asOf: string;
  timeZone: string;
  changesPending: boolean;
}

export async function findRow(
  ctx: Reader,
  userId: string,
  type: AggregationType,
  hash: string,
): Promise<Row | null> {
  return await ctx.db
    .query("precomputed_aggregations")
    .withIndex("by_user_type", (q) =>
      q.eq("userId", userId).eq("aggregationType", type).eq("filterHash", hash),
    )
    // Not `unique`: a row that somebody's hand doubled is found by validation, not by the page.
    .first();
}

/** What a stored result cannot say of itself. */
export interface Freshness {
  hasChanges: boolean;
  timeZone: string;
}

export async function readFreshness(ctx: Reader, userId: string, hash: string): Promise<Freshness> {
  const [tracked, hasChanges, timeZone] = await Promise.all([
    findTracked(ctx, userId, hash),
    // So that staleness shows even if every cron is dead.
    hasWaitingChanges(ctx, userId),
    timeZoneOf(ctx, userId),
  ]);
  return { hasChanges: hasChanges || tracked?.isBehind === true, timeZone };
}

export function describeRow(
  row: Row,
  { hasChanges, timeZone }: Freshness,
): DescribedRow<Row["data"]> {
  const { data, computedAt, expiresAt, version, metadata } = row;
  const changesPending =
    hasChanges ||
    metadata.timeZone !== timeZone ||
    version < AGGREGATION_VERSIONS[row.aggregationType];
  const { asOf } = metadata;
  return {
    data,
    computedAt,
    expiresAt,
    version,
    asOf,
    timeZone: metadata.timeZone,
    changesPending,
  };
}

export function withBasis(row: DescribedRow<unknown>): AnsweredRow<unknown> {
  return { ...row, basis: "results" };
}

/** What a query has computed for a day. */
export function answeredRow(
  type: AggregationType,
  data: unknown,
  { asOf, timeZone, endsAt }: LocalDay,
  { recomputedAt }: Pointer,
): AnsweredRow<unknown> {
  return {
    data,
    // Before the first recompute there are no records.
    computedAt: recomputedAt ?? startOfLocalDay(asOf, timeZone),
    expiresAt: endsAt,
    version: AGGREGATION_VERSIONS[type],
    asOf,
    timeZone,
    changesPending: false,
    basis: "segments",
  };
}

/** Whether a stored result is of a day, its zone, and the version of this code. */
export function isOfDay(row: Row | null | undefined, { asOf, timeZone }: LocalDay): boolean {
  return (
    row?.metadata.asOf === asOf &&
    row.metadata.timeZone === timeZone &&
    row.version === AGGREGATION_VERSIONS[row.aggregationType]
  );
}
