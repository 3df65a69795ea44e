import { afterEach, describe, expect, test, vi } from "vitest";
import { api } from "../../convex/_generated/api";
import { checkAndConclude, checkUser } from "../../convex/model/check/checkUser";
import type { FilterOptions } from "../../src/engine";
import { inTables, internal } from "../support/reach";
import { build, damageResult, documentsOf, editRecord, interrupted, validationOf } from "./damage";
import {
  ALL,
  DAY_MS,
  asUser,
  filtersArg,
  keep,
  makeBackend,
  stateOf,
  watch,
  type Backend,
} from "./support";

afterEach(() => vi.useRealTimers());

const ASKED: FilterOptions = { ...ALL, topics: ["Music"] };
const OTHER: FilterOptions = { ...ALL, timeframe: "Last12M", channels: ["Channel 1"] };

const keepFor = async (t: Backend, filters: FilterOptions) =>
  await keep(t, "https://test|ann", filters);

/** Asks for a filter's results, which are stored by the next run. */
async function ask(t: Backend, filters: FilterOptions): Promise<void> {
  const asked = { filters: filtersArg(filters), keep: true };
  await asUser(t, "https://test|ann").mutation(api.aggregations.request, asked);
}

/** Nobody has asked for it in a month: its row and its results go. */
async function evict(t: Backend): Promise<void> {
  const tracked = await documentsOf(t, "tracked_filters", "https://test|ann");
  await inTables(t, async (ctx) => {
    for (const { _id, isDefault } of tracked) {
      if (isDefault) continue;
      await ctx.db.patch("tracked_filters", _id, { lastRequestedAt: Date.now() - 31 * DAY_MS });
    }
  });
  await t.mutation(internal.maintenance.cleanUp, {});
  expect(await documentsOf(t, "tracked_filters", "https://test|ann")).toHaveLength(6);
}

const READS = ["page", "segments", "dictionary", "stored", "untracked"].map(
  (name) => `check:${name}`,
);

describe("nothing is found wrong", () => {
  test.each(READS)("where a filter goes before %s is read", async (read) => {
    const t = makeBackend();
    await build(t, ["https://test|ann"]);
    await keepFor(t, ASKED);
    await keepFor(t, OTHER);
    const findings = await checkAndConclude(
      interrupted(t, read, () => evict(t)),
      "https://test|ann",
      null,
    );
    expect(findings).toMatchObject({ differing: 0, stale: 0, differences: [] });
    // What was read before it went was equal.
    expect(findings!.equal).toBe(read === "check:untracked" ? 80 : 60);
  });
});

describe("nothing is said", () => {
  test.each(READS)("of a user whose next filter is to be kept before %s is read", async (read) => {
    const t = makeBackend();
    await build(t, ["https://test|ann"]);
    await keepFor(t, ASKED);
    const before = await validationOf(t, "https://test|ann");
    const ctx = interrupted(t, read, () => ask(t, OTHER));
    expect(await checkAndConclude(ctx, "https://test|ann", null)).toBeNull();
    expect(await validationOf(t, "https://test|ann")).toEqual(before);
  });

  test.each([...READS, "check:conclude"])("of a user who adds a record before %s", async (step) => {
    const t = makeBackend();
    await build(t, ["https://test|ann"]);
    const before = await validationOf(t, "https://test|ann");
    const ctx = interrupted(t, step, async () => {
      const records = [watch({ videoId: "meanwhile" })];
      await asUser(t, "https://test|ann").mutation(api.watchRecords.ingest, { records });
    });
    expect(await checkAndConclude(ctx, "https://test|ann", null)).toBeNull();
    expect(await validationOf(t, "https://test|ann")).toEqual(before);
  });

  test.each([...READS, "check:conclude"])("of a user who is rebuilt before %s", async (step) => {
    const t = makeBackend();
    await build(t, ["https://test|ann"]);
    await damageResult(t, "https://test|ann", "kpi", (data) => ({ ...data, totalVideos: 27 }));
    const ctx = interrupted(t, step, () =>
      t.action(internal.recompute.user, { userId: "https://test|ann" }),
    );
    expect(await checkAndConclude(ctx, "https://test|ann", null)).toBeNull();
    expect(await documentsOf(t, "feature_flag_targets", "https://test|ann")).toEqual([]);
    expect(await stateOf(t, "https://test|ann")).toMatchObject({ phase: "idle" });
  });

  test("of a user who moves to another time zone", async () => {
    const t = makeBackend();
    await build(t, ["https://test|ann"]);
    const ctx = interrupted(t, "check:stored", () =>
      asUser(t, "https://test|ann").mutation(api.settings.setTimeZone, { timeZone: "Asia/Tokyo" }),
    );
    expect(await checkAndConclude(ctx, "https://test|ann", null)).toBeNull();
  });
});

test("an edit past the log between two reads is found as of the later read", async () => {
  const t = makeBackend();
  await build(t, ["https://test|ann"]);
  const ctx = interrupted(t, "check:page", () =>
    editRecord(t, "https://test|ann", "https://test|old1", { product: "YouTube Music" }),
  );
  const checked = await checkUser(ctx, "https://test|ann");
  expect(checked?.findings.layers).toEqual({
    ...{ recordsToSegments: "different", segmentsToResults: "equal" },
  });
});
