import { ConvexError } from "convex/values";
import { afterEach, expect, test, vi } from "vitest";
import { api } from "../../convex/_generated/api";
import { inTables } from "../support/reach";
import {
  asUser,
  filtersArg,
  makeBackend,
  modules,
  receipt,
  settle,
  storedResults,
  watches,
} from "./support";

afterEach(() => vi.useRealTimers());

/** interface.md's list: what a client may call. Everything else is internal. */
const PUBLIC = [
  "account:eraseMyData",
  "account:erasure",
  "aggregations:columns",
  "aggregations:get",
  "aggregations:getMany",
  "aggregations:request",
  "aggregations:status",
  "channels:search",
  "flags:evaluate",
  "importReceipts:list",
  "importReceipts:save",
  "operations:charts",
  "operations:events",
  "operations:isAdmin",
  "operations:jobs",
  "operations:overview",
  "operations:runs",
  "operations:survey",
  "settings:setTimeZone",
  "telemetry:report",
  "watchRecords:ingest",
  "watchRecords:page",
  "watchRecords:remove",
  "watchRecords:removeUndated",
  "watchRecords:revision",
  "watchRecords:update",
];

interface RegisteredFunction {
  isPublic?: boolean;
  exportArgs?: () => string;
  exportReturns?: () => string;
}

async function registeredFunctions(): Promise<[string, RegisteredFunction][]> {
  const found: [string, RegisteredFunction][] = [];
  for (const [path, load] of Object.entries(modules)) {
    const name = /convex\/(.*)\.[jt]s$/.exec(path)?.[1] ?? path;
    if (name.startsWith("_generated")) continue;
    for (const [key, value] of Object.entries((await load()) as Record<string, unknown>)) {
      const isRegistered = typeof value === "function" && "exportArgs" in value;
      if (isRegistered) found.push([`${name}:${key}`, value as RegisteredFunction]);
    }
  }
  return found;
}

// Beyond the interface: finding channels, knowing that a copy is still good, receipts of imports,
// and the operations view.
test("what is public is what the interface lists, and what the page needs beyond", async () => {
  const functions = await registeredFunctions();
  const open = functions.filter(([, value]) => value.isPublic).map(([name]) => name);
  expect(open.sort()).toEqual(PUBLIC);
});

test("every function validates its arguments and what it returns", async () => {
  for (const [name, value] of await registeredFunctions()) {
    expect(value.exportArgs?.(), name).toMatch(/"type":"object"/);
    expect(JSON.parse(value.exportReturns?.() ?? "null"), name).not.toBeNull();
  }
});

test("whoever is not signed in is refused by every public function", async () => {
  const t = makeBackend();
  const filters = filtersArg();
  const calls = [
    t.mutation(api.account.eraseMyData, {}),
    t.query(api.account.erasure, {}),
    t.query(api.aggregations.columns, {}),
    t.query(api.aggregations.get, { type: "kpi", filters }),
    t.query(api.aggregations.getMany, { filters }),
    t.mutation(api.aggregations.request, { filters }),
    t.query(api.aggregations.status, {}),
    t.query(api.channels.search, { text: "x" }),
    t.query(api.flags.evaluate, { key: "x" }),
    t.query(api.importReceipts.list, {}),
    t.mutation(api.importReceipts.save, { receipt: receipt() }),
    t.query(api.operations.charts, { hours: 1 }),
    t.query(api.operations.events, {}),
    t.query(api.operations.isAdmin, {}),
    t.query(api.operations.jobs, {}),
    t.query(api.operations.overview, {}),
    t.query(api.operations.runs, {}),
    t.query(api.operations.survey, { cursor: null }),
    t.mutation(api.settings.setTimeZone, { timeZone: "UTC" }),
    t.mutation(api.telemetry.report, { samples: [] }),
    t.mutation(api.watchRecords.ingest, { records: [] }),
    t.query(api.watchRecords.page, { paginationOpts: { numItems: 1, cursor: null } }),
    t.mutation(api.watchRecords.remove, { recordKeys: [] }),
    t.mutation(api.watchRecords.removeUndated, {}),
    t.query(api.watchRecords.revision, {}),
    t.mutation(api.watchRecords.update, { recordKey: "x", patch: {} }),
  ];
  expect(calls).toHaveLength(PUBLIC.length);
  for (const settled of await Promise.allSettled(calls)) {
    expect(settled.status).toBe("rejected");
    const reason: unknown = settled.status === "rejected" ? settled.reason : null;
    expect(reason).toBeInstanceOf(ConvexError);
    expect((reason as ConvexError<{ code: string }>).data.code).toBe("UNAUTHENTICATED");
  }
});

test("a user reads, changes and removes only what is theirs", async () => {
  const t = makeBackend();
  const ann = asUser(t, "https://test|ann");
  const eve = asUser(t, "https://test|eve");
  await ann.mutation(api.watchRecords.ingest, { records: watches(4) });
  await settle(t);
  const keys = await inTables(t, async (ctx) =>
    (await ctx.db.query("watch_records").take(10)).map((record) => record.recordKey),
  );
  expect(await eve.mutation(api.watchRecords.remove, { recordKeys: keys })).toEqual({ removed: 0 });
  await expect(
    eve.mutation(api.watchRecords.update, { recordKey: keys[0] ?? "", patch: { watchedAt: null } }),
  ).rejects.toThrow(/NOT_FOUND/);
  const page = await eve.query(api.watchRecords.page, {
    paginationOpts: { numItems: 100, cursor: null },
  });
  expect(page.page).toEqual([]);
  expect(Object.values(await storedResults(t, "https://test|eve"))).toEqual([]);
  expect(Object.values(await storedResults(t, "https://test|ann"))).toHaveLength(10);
});
