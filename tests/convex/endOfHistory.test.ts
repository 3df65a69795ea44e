import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { api } from "../../convex/_generated/api";
import { toArrayBuffer, UserColumns } from "../../convex/model/columns";
import type { IncomingRecord } from "../../convex/validators";
import {
  channelAttributes,
  dayOf,
  prepareHistory,
  TIMEFRAMES,
  type FilterOptions,
  type Timeframe,
} from "../../src/engine";
import { inTables, internal } from "../support/reach";
import { beginRun, finishRun, wake } from "../support/runs";
import { build, documentsOf } from "./damage";
import {
  ALL,
  asUser,
  DAY_MS,
  expectedResults,
  filtersArg,
  keep,
  makeBackend,
  NOON,
  runUntil,
  isAtRest,
  settle,
  stateOf,
  storedResults,
  watch,
  type Backend,
} from "./support";

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const ANN = "https://test|ann";
const MONTH: FilterOptions = { ...ALL, timeframe: "MTD" };
const AFTER_LEASE_MS = 10 * 60_000;
/** Share of a transaction's usual work that leaves no room for results behind the folding. */
const FOLDING_ALONE = 1e-9;
/** That leaves room for five of the six filters. */
const FEW_FILTERS = 5 / 24;

/** How much of the history each read took: its first month, or null for all of it. */
function watchReads(): (string | null)[] {
  const reads: (string | null)[] = [];
  // Called with the columns that it reads of.
  // eslint-disable-next-line @typescript-eslint/unbound-method
  const { loadHistory } = UserColumns.prototype;
  vi.spyOn(UserColumns.prototype, "loadHistory").mockImplementation(function (
    this: UserColumns,
    part,
  ) {
    reads.push(part?.from ?? null);
    return loadHistory.call(this, part);
  });
  return reads;
}

/** Of the six defaults, somebody shows these only. */
async function showOnly(t: Backend, shown: readonly string[]): Promise<void> {
  await inTables(t, async (ctx) => {
    for (const { _id, filters } of await ctx.db.query("tracked_filters").take(20)) {
      const daysAgo = shown.includes(filters.timeframe) ? 0 : 9;
      const lastRequestedAt = Date.now() - daysAgo * DAY_MS;
      await ctx.db.patch("tracked_filters", _id, { lastRequestedAt });
    }
  });
}

/** What is stored is what the records come to: results, channel attributes and sizes. */
async function expectExact(t: Backend, shown: readonly FilterOptions[]): Promise<void> {
  const [pointer] = await documentsOf(t, "aggregation_pointers", ANN);
  const [settings] = await documentsOf(t, "user_settings", ANN);
  const timeZone = settings?.timeZone ?? "UTC";
  const day = pointer?.day ?? "";
  for (const filters of shown) {
    const at = { asOf: dayOf(filters.timeframe, day), timeZone };
    const expected = await expectedResults(t, ANN, filters, at);
    expect(await storedResults(t, ANN, filters), filters.timeframe).toEqual(expected);
  }
  const whole = await inTables(t, async (ctx) => {
    const columns = new UserColumns(ctx, ANN, pointer?.epoch ?? 0);
    const { history, recordCount, bytes } = await columns.loadHistory();
    const attributes = channelAttributes(prepareHistory(history, { asOf: day, timeZone }));
    return { recordCount, bytes, attributes: toArrayBuffer(attributes) };
  });
  const { recordCount, bytes } = whole;
  expect(pointer).toMatchObject({ recordCount, bytes });
  const [stored] = await documentsOf(t, "channel_attributes", ANN);
  expect(new Uint8Array(stored?.bytes ?? new ArrayBuffer())).toEqual(
    new Uint8Array(whole.attributes),
  );
}

const seen = (videoId: string, daysAgo: number, fields: Partial<IncomingRecord> = {}) =>
  watch({ videoId, watchedAt: NOON - daysAgo * DAY_MS, channelUrl: "https://b", ...fields });

/** Three years of two channels, and a user who shows the month to date. */
async function makeAnn(): Promise<Backend> {
  const t = makeBackend();
  const old = ["A channel", "Another"].flatMap((channelTitle, channel) =>
    [1_000, 700, 400, 100, 3].map((daysAgo) =>
      seen(`${String(channel)} ${String(daysAgo)}`, daysAgo + channel, { channelTitle }),
    ),
  );
  await build(t, [ANN], old);
  await showOnly(t, ["MTD"]);
  return t;
}

async function leaseOf(t: Backend) {
  const { generation } = await stateOf(t, ANN);
  return { userId: ANN, generation };
}

async function keyOf(t: Backend, videoId: string): Promise<string> {
  const records = await documentsOf(t, "watch_records", ANN);
  const found = records.find((record) => record.videoId === videoId);
  if (found === undefined) throw new Error(`there is no ${videoId}`);
  return found.recordKey;
}

describe("a run reads the end of the history", () => {
  test.each<[string, string, IncomingRecord]>([
    ["a watch of today", "2025-01", seen("today", 0)],
    ["one of a channel never seen", "2025-01", seen("new", 0, { channelTitle: "New" })],
    ["one with a smaller URL", "2025-01", seen("url", 0, { channelUrl: "https://a" })],
    ["one of an old month", "2023-01", seen("old", 1_160, { channelUrl: "https://a" })],
  ])("for %s", async (_name, from, record) => {
    const t = await makeAnn();
    const reads = watchReads();
    await asUser(t, ANN).mutation(api.watchRecords.ingest, { records: [record] });
    await settle(t);
    expect(reads).toEqual([from]);
    await expectExact(t, [MONTH]);
  });
});

describe("a run reads the whole history", () => {
  test("for a watch that went, or is of another channel now", async () => {
    const t = await makeAnn();
    const reads = watchReads();
    const recordKey = await keyOf(t, "0 3");
    const patch = { channelTitle: "Another" };
    await asUser(t, ANN).mutation(api.watchRecords.update, { recordKey, patch });
    await settle(t);
    await asUser(t, ANN).mutation(api.watchRecords.remove, { recordKeys: [recordKey] });
    await settle(t);
    expect(reads).toEqual([null, null]);
    await expectExact(t, [MONTH]);
  });

  test.each<[string, FilterOptions]>([
    ["all time", ALL],
    ["a range that is over", { ...ALL, timeframe: "2025-05-01/2025-05-31" }],
  ])("while somebody shows %s", async (_name, filters) => {
    const t = await makeAnn();
    await keep(t, ANN, filters);
    await showOnly(t, ["MTD", filters.timeframe]);
    const reads = watchReads();
    await asUser(t, ANN).mutation(api.watchRecords.ingest, { records: [seen("today", 0)] });
    await settle(t);
    expect(reads).toEqual([null]);
    await expectExact(t, [MONTH, filters]);
  });

  test("after a removal that its plan did not know", async () => {
    const t = await makeAnn();
    const ann = asUser(t, ANN);
    const records = ["first", "second"].map((videoId) => seen(videoId, 0, { channelTitle: "New" }));
    await ann.mutation(api.watchRecords.ingest, {
      records: records.map((record, index) => ({ ...record, watchedAt: NOON - 9_000 + index })),
    });
    await runUntil(t, () => isAtRest(t, ANN));
    await ann.mutation(api.watchRecords.ingest, { records: [seen("today", 0)] });
    const { work, ...lease } = await beginRun(t, await wake(t, ANN));
    const recordKeys = [await keyOf(t, "first")];
    await ann.mutation(api.watchRecords.remove, { recordKeys });
    const reads = watchReads();
    await t.mutation(internal.recompute.advance, { ...lease, work });
    expect(reads).toEqual([null]);
    await expectExact(t, [MONTH]);
    await finishRun(t, lease);
  });

  test("for a watch without a time", async () => {
    const t = await makeAnn();
    const reads = watchReads();
    const undated = { videoId: "undated", watchedAt: null, channelUrl: "https://a" };
    await asUser(t, ANN).mutation(api.watchRecords.ingest, { records: [watch(undated)] });
    await settle(t);
    expect(reads).toEqual([null]);
    await expectExact(t, [MONTH]);
  });

  test("where attributes are of a zone whose day ends later, as does a query", async () => {
    const t = await makeAnn();
    const ann = asUser(t, ANN);
    await ann.mutation(api.settings.setTimeZone, { timeZone: "America/Los_Angeles" });
    const tonight = { watchedAt: Date.UTC(2026, 2, 16, 3), channelUrl: "https://a" };
    await ann.mutation(api.watchRecords.ingest, { records: [seen("tonight", 0, tonight)] });
    await settle(t);
    await expectExact(t, [MONTH]);
    await ann.mutation(api.settings.setTimeZone, { timeZone: "UTC" });
    const ofMonth = await expectedResults(t, ANN, MONTH);
    const args = { filters: filtersArg(MONTH), asOf: "2026-03-15" };
    const rows = await ann.query(api.aggregations.getMany, args);
    expect(rows.top_channels).toMatchObject({ data: ofMonth.top_channels, basis: "segments" });
    // The run for it dies once it has stored the first filters.
    const { work, ...lease } = await beginRun(t, await leaseOf(t));
    const step = { ...lease, work: { ...work, scale: FEW_FILTERS } };
    expect((await t.mutation(internal.recompute.advance, step)).work?.storedFilters).toHaveLength(
      5,
    );
    await ann.mutation(api.watchRecords.ingest, { records: [seen("today", 0)] });
    const reads = watchReads();
    vi.setSystemTime(NOON + AFTER_LEASE_MS);
    await t.mutation(internal.maintenance.sweep, {});
    await settle(t);
    expect(reads[0]).toBeNull();
    await expectExact(t, [MONTH]);
  });

  test("after a run that folded a removal in, and died", async () => {
    const t = await makeAnn();
    const ann = asUser(t, ANN);
    await ann.mutation(api.watchRecords.remove, { recordKeys: [await keyOf(t, "0 1000")] });
    const { work, ...lease } = await beginRun(t, await wake(t, ANN));
    const step = { ...lease, work: { ...work, scale: FOLDING_ALONE } };
    expect((await t.mutation(internal.recompute.advance, step)).work).not.toBeNull();
    const reads = watchReads();
    vi.setSystemTime(NOON + AFTER_LEASE_MS);
    await t.mutation(internal.maintenance.sweep, {});
    await settle(t);
    expect(reads).toEqual([null]);
    await expectExact(t, [MONTH]);
  });
});

const drawn = fc.record({
  ageDays: fc.option(
    fc.oneof(fc.integer({ min: -1, max: 40 }), fc.integer({ min: -1, max: 1_200 })),
    { freq: 30 },
  ),
  second: fc.nat(86_399),
  channel: fc.nat(6),
  url: fc.option(fc.nat(3)),
  topic: fc.nat(2),
});
type Drawn = typeof drawn extends fc.Arbitrary<infer Value> ? Value : never;

const insertion = fc.record({
  kind: fc.constant("insert"),
  records: fc.array(drawn, { minLength: 1, maxLength: 3 }),
});
const change = fc.oneof(
  { weight: 4, arbitrary: insertion },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("remove"), which: fc.nat() }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("update"), which: fc.nat(), to: drawn }),
  },
);
const step = fc.record({
  changes: fc.array(change, { minLength: 1, maxLength: 2 }),
  before: fc.oneof(
    { weight: 5, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.constantFrom("day", "zone") },
  ),
  /** Whether the first run for it dies after its first transaction. */
  dies: fc.oneof(
    { weight: 4, arbitrary: fc.constant(false) },
    { weight: 1, arbitrary: fc.constant(true) },
  ),
});
type Change = typeof change extends fc.Arbitrary<infer Value> ? Value : never;
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

const ZONES = ["Pacific/Auckland", "America/Los_Angeles", "UTC"];

function recordOf({ ageDays, second, channel, url, topic }: Drawn) {
  return {
    watchedAt: ageDays === null ? null : Date.now() - ageDays * DAY_MS - second * 1_000,
    channelTitle: `Channel ${String(channel)}`,
    channelUrl: url === null ? null : `https://youtube.com/${String(url)}`,
    topics: [`T${String(topic)}`],
  };
}

let videos = 0;
const incoming = (one: Drawn) => watch({ ...recordOf(one), videoId: String(videos++) });

async function make(t: Backend, change: Change): Promise<void> {
  const ann = asUser(t, ANN);
  if (change.kind === "insert") {
    const records = change.records.map(incoming);
    await ann.mutation(api.watchRecords.ingest, { records });
    return;
  }
  const there = await documentsOf(t, "watch_records", ANN);
  const chosen = there[change.which % there.length];
  if (chosen === undefined) return;
  const { recordKey } = chosen;
  if (change.kind === "remove") {
    await ann.mutation(api.watchRecords.remove, { recordKeys: [recordKey] });
  } else {
    const patch = recordOf(change.to);
    await ann.mutation(api.watchRecords.update, { recordKey, patch });
  }
}

async function takeStep(t: Backend, { changes, before, dies }: Step, index: number): Promise<void> {
  if (before === "day") vi.setSystemTime(Date.now() + DAY_MS);
  if (before === "zone") {
    const timeZone = ZONES[index % ZONES.length]!;
    await asUser(t, ANN).mutation(api.settings.setTimeZone, { timeZone });
  }
  for (const one of changes) await make(t, one);
  if (dies) {
    const { work, ...lease } = await beginRun(t, await wake(t, ANN));
    const cut = { ...work, scale: FOLDING_ALONE };
    await t.mutation(internal.recompute.advance, { ...lease, work: cut });
    await make(t, changes[0]!);
    vi.setSystemTime(Date.now() + AFTER_LEASE_MS);
    await t.mutation(internal.maintenance.sweep, {});
  }
  await settle(t);
}

test("results, attributes and sizes are exact after each run, whatever part of the history it reads", async () => {
  const scenario = fc.record({
    first: fc.array(drawn, { minLength: 10, maxLength: 40 }),
    shown: fc.subarray<Timeframe>(["MTD", "QTD", "YTD", "Last6M", "Last12M"], { minLength: 1 }),
    showsAll: fc.oneof(
      { weight: 4, arbitrary: fc.constant(false) },
      { weight: 1, arbitrary: fc.constant(true) },
    ),
    steps: fc.array(step, { minLength: 3, maxLength: 6 }),
  });
  const reads = watchReads();
  await fc.assert(
    fc.asyncProperty(scenario, async ({ first, shown, showsAll, steps }) => {
      const t = makeBackend();
      await build(t, [ANN], first.map(incoming));
      const filters = TIMEFRAMES.filter((timeframe) =>
        timeframe === "All" ? showsAll : shown.includes(timeframe),
      ).map((timeframe) => ({ ...ALL, timeframe }));
      for (const [index, one] of steps.entries()) {
        await showOnly(
          t,
          filters.map(({ timeframe }) => timeframe),
        );
        await takeStep(t, one, index);
        await expectExact(t, filters);
      }
    }),
    { numRuns: 25 },
  );
  expect(reads.filter((from) => from !== null).length).toBeGreaterThan(10);
});
