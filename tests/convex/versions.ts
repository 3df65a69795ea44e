import { expect } from "vitest";
import { api } from "../../convex/_generated/api";
import type { Doc } from "../../convex/_generated/dataModel";
import {
  AGGREGATION_TYPES,
  AGGREGATION_VERSIONS,
  ENGINE_VERSION,
  type AggregationType,
} from "../../src/engine";
import { inTables } from "../support/reach";
import { ingest, runFor, settleUsers } from "./erasing";
import {
  DAY_MS,
  NOON,
  asUser,
  expectedResults,
  filtersArg,
  stateOf,
  storedResults,
  watches,
  type Backend,
} from "./support";

/** What tests of versions share: users with results of code that is older or newer than this. */

/** Users with results of this code, at rest and checked. */
export async function makeUsers(t: Backend, ...userIds: string[]): Promise<void> {
  for (const userId of userIds) await ingest(t, userId, watches(20, NOON - DAY_MS, 7 * DAY_MS));
  await settleUsers(t, ...userIds);
  await runFor(t, 1_000);
}

interface Other {
  /** Added to the version of each. */
  by: number;
  types?: readonly AggregationType[];
  /** Only the rows, as nothing but a person's hand leaves them. */
  onlyRows?: boolean;
  /** What that code made of the records is something else. */
  hasOtherData?: boolean;
}

/** Leaves a user's results as code of another version would have. */
export async function storeAsOther(t: Backend, userId: string, other: Other): Promise<void> {
  const { by, types = AGGREGATION_TYPES, onlyRows = false, hasOtherData = false } = other;
  const rows = (await rowsOf(t, userId)).filter((row) => types.includes(row.aggregationType));
  const filters = onlyRows ? [] : await filtersOf(t, userId);
  const { _id: stateId } = await stateOf(t, userId);
  await inTables(t, async ({ db }) => {
    for (const { _id, version, data } of rows) {
      const isOther = hasOtherData && "totalVideos" in data;
      const changes = isOther ? { data: { ...data, totalVideos: 1_000 } } : {};
      await db.patch("precomputed_aggregations", _id, { version: version + by, ...changes });
    }
    for (const { _id, stored } of filters) {
      if (stored === null) continue;
      const version = stored.version + by * types.length;
      await db.patch("tracked_filters", _id, { stored: { ...stored, version } });
    }
    const engineVersion = ENGINE_VERSION + by * types.length;
    if (!onlyRows) await db.patch("aggregation_state", stateId, { engineVersion });
  });
}

export async function rowsOf(
  t: Backend,
  userId: string,
): Promise<Doc<"precomputed_aggregations">[]> {
  return await inTables(t, (ctx) =>
    ctx.db
      .query("precomputed_aggregations")
      .withIndex("by_user_type", (q) => q.eq("userId", userId))
      .take(500),
  );
}

export async function filtersOf(t: Backend, userId: string): Promise<Doc<"tracked_filters">[]> {
  return await inTables(t, (ctx) =>
    ctx.db
      .query("tracked_filters")
      .withIndex("by_user_filter_hash", (q) => q.eq("userId", userId))
      .take(50),
  );
}

/** The types of which `getMany` and `get` say that changes are waiting. */
export async function pendingTypes(t: Backend, userId: string): Promise<AggregationType[]> {
  const user = asUser(t, userId);
  const rows = await user.query(api.aggregations.getMany, { filters: filtersArg() });
  const pending = AGGREGATION_TYPES.filter((type) => rows[type]?.changesPending);
  for (const type of AGGREGATION_TYPES) {
    const row = await user.query(api.aggregations.get, { type, filters: filtersArg() });
    expect(row?.changesPending, type).toBe(pending.includes(type));
  }
  return pending;
}

export async function expectCurrent(t: Backend, userId: string): Promise<void> {
  for (const { aggregationType, version } of await rowsOf(t, userId)) {
    expect(version).toBe(AGGREGATION_VERSIONS[aggregationType]);
  }
  for (const { stored } of await filtersOf(t, userId)) {
    expect(stored?.version).toBe(ENGINE_VERSION);
  }
  expect(await stateOf(t, userId)).toMatchObject({
    ...{ phase: "idle", engineVersion: ENGINE_VERSION, lastError: null },
  });
  expect(await storedResults(t, userId)).toEqual(await expectedResults(t, userId));
  expect(await pendingTypes(t, userId)).toEqual([]);
}
