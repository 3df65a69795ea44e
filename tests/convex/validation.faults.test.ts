import { afterEach, describe, expect, test, vi } from "vitest";
import { AGGREGATION_TYPES, AGGREGATION_VERSIONS, type FilterOptions } from "../../src/engine";
import { inTables } from "../support/reach";
import { build, damageResult, documentsOf, HASH, resultOf, validate } from "./damage";
import {
  expectFound,
  expectFoundAndRepaired,
  expectSound,
  missingResult,
  ofResult,
  type Finding,
} from "./faults";
import {
  ALL,
  expectedResults,
  filtersArg,
  keep,
  makeBackend,
  storedResults,
  type Backend,
} from "./support";

afterEach(() => vi.useRealTimers());

const RESULTS = "precomputed_aggregations";
const IN_RESULTS: Finding["layers"] = ["equal", "different"];

async function builtBackend(): Promise<Backend> {
  const t = makeBackend();
  await build(t, ["https://test|ann"]);
  return t;
}

/** Further rows of a result, one a hash. */
async function insertCopies(t: Backend, hashes: string[], filters = ALL): Promise<void> {
  const { _id, _creationTime, ...row } = await resultOf(t, "https://test|ann", "kpi");
  const metadata = { ...row.metadata, filters: filtersArg(filters) };
  await inTables(t, async (ctx) => {
    for (const filterHash of hashes) {
      await ctx.db.insert(RESULTS, { ...row, filterHash, metadata });
    }
  });
}

describe("a wrong value is found, named by its path, and made right:", () => {
  test("a count", async () => {
    const t = await builtBackend();
    await damageResult(t, "https://test|ann", "kpi", (data) => ({ ...data, totalVideos: 27 }));
    await expectFoundAndRepaired(t, {
      differences: [ofResult("kpi", { path: "$.totalVideos", stored: "27", expected: "26" })],
      ...{ differing: 1, stale: 0, layers: IN_RESULTS },
    });
  });

  test("a ratio that is off by more than a billionth of its size", async () => {
    const t = await builtBackend();
    const wrong = (3 / 26) * 100 * (1 + 2e-9);
    await damageResult(t, "https://test|ann", "top_channels", ([first, ...rest]) => {
      return [{ ...first!, percentage: wrong }, ...rest];
    });
    const expected = String((3 / 26) * 100);
    await expectFoundAndRepaired(t, {
      differences: [
        ofResult("top_channels", { path: "$[0].percentage", stored: String(wrong), expected }),
      ],
      ...{ differing: 1, stale: 0, layers: IN_RESULTS },
    });
  });

  test("texts and lists, deep inside, of two timeframes", async () => {
    const t = await builtBackend();
    const YTD: FilterOptions = { ...ALL, timeframe: "YTD" };
    await damageResult(t, "https://test|ann", "monthly_trend", ([first, ...rest]) => {
      return [{ ...first!, month: "2024-02" }, ...rest];
    });
    await damageResult(
      t,
      "https://test|ann",
      "enhanced_channel_metrics",
      ([first, second, ...rest]) => {
        return [first!, { ...second!, topics: ["News"] }, ...rest];
      },
    );
    await damageResult(
      t,
      "https://test|ann",
      "topics_leaderboard",
      (rows) => rows.slice(0, -1),
      YTD,
    );
    const second = (await expectedResults(t, "https://test|ann")).enhanced_channel_metrics![1]!;
    const rows = (await expectedResults(t, "https://test|ann", YTD)).topics_leaderboard!;
    expect(second.topics).toEqual(["Gaming", "Music", "News"]);
    const month = { path: "$[0].month", stored: '"2024-02"', expected: '"2024-01"' };
    const topics = { path: "$[1].topics[0]", stored: '"News"', expected: '"Gaming"' };
    const cut = { path: `$[${rows.length - 1}]`, expected: JSON.stringify(rows.at(-1)) };
    await expectFoundAndRepaired(t, {
      differences: [
        ofResult("monthly_trend", month),
        ofResult("enhanced_channel_metrics", topics),
        ...["Music", "News"].map((topic, index) => {
          const path = `$[1].topics[${index + 1}]`;
          const place = { path, stored: "missing", expected: `"${topic}"` };
          return ofResult("enhanced_channel_metrics", place);
        }),
        ofResult("topics_leaderboard", { ...cut, stored: "missing" }, YTD),
      ],
      ...{ differing: 3, stale: 0, layers: IN_RESULTS },
    });
  });

  test("of a filter that is kept", async () => {
    const t = await builtBackend();
    const filters: FilterOptions = {
      ...{ timeframe: "Last12M", product: "YouTube" },
      ...{ topics: ["Music"], channels: ["Channel 0", "Channel 1", "Channel 2"] },
    };
    await keep(t, "https://test|ann", filters);
    expect(await validate(t)).toMatchObject({ score: 1, counts: { compared: 70, equal: 70 } });
    await damageResult(
      t,
      "https://test|ann",
      "kpi",
      (data) => ({ ...data, uniqueChannels: 9 }),
      filters,
    );
    const path = "$.uniqueChannels";
    await expectFoundAndRepaired(t, {
      differences: [ofResult("kpi", { path, stored: "9", expected: "3" }, filters)],
      ...{ differing: 1, stale: 0, layers: IN_RESULTS },
    });
  });

  test("five differences are told of one result, at most", async () => {
    const t = await builtBackend();
    await damageResult(t, "https://test|ann", "day_time_heatmap", ({ videos }) => ({
      videos: videos.map((hours) => hours.map(() => 99)),
    }));
    const found = Array.from({ length: 5 }, (_, hour) =>
      ofResult("day_time_heatmap", {
        ...{ path: `$.videos[0][${hour}]`, stored: "99", expected: "0" },
      }),
    );
    const rest = { differing: 1, stale: 0, layers: IN_RESULTS };
    await expectFound(t, { differences: found, ...rest });
  });
});

test("a ratio that is off by less than a billionth of its size is equal", async () => {
  const t = await builtBackend();
  await damageResult(t, "https://test|ann", "top_channels", ([first, ...rest]) => {
    return [{ ...first!, percentage: first!.percentage * (1 - 0.9e-9) }, ...rest];
  });
  const { top_channels: damaged } = await storedResults(t, "https://test|ann");
  expect(damaged).not.toEqual((await expectedResults(t, "https://test|ann")).top_channels);
  expect(await validate(t)).toMatchObject({ score: 1, differences: [], counts: { equal: 60 } });
});

describe("rows that are missing or too many are found, named, and made right:", () => {
  test("a missing result", async () => {
    const t = await builtBackend();
    const { _id } = await resultOf(t, "https://test|ann", "session_analysis");
    await inTables(t, (ctx) => ctx.db.delete(RESULTS, _id));
    const differences = [missingResult("session_analysis")];
    await expectFoundAndRepaired(t, { differences, differing: 1, stale: 0, layers: IN_RESULTS });
  });

  test("all ten results of a filter", async () => {
    const t = await builtBackend();
    for (const type of AGGREGATION_TYPES) {
      const { _id } = await resultOf(t, "https://test|ann", type);
      await inTables(t, (ctx) => ctx.db.delete(RESULTS, _id));
    }
    const differences = AGGREGATION_TYPES.map((type) => missingResult(type));
    await expectFoundAndRepaired(t, { differences, differing: 10, stale: 0, layers: IN_RESULTS });
  });

  test("every result there was", async () => {
    const t = await builtBackend();
    for (const { _id } of await documentsOf(t, RESULTS, "https://test|ann")) {
      await inTables(t, (ctx) => ctx.db.delete(RESULTS, _id));
    }
    const found = await validate(t);
    expect(found).toMatchObject({ score: 0, counts: { compared: 60, equal: 0, differing: 60 } });
    expect(found.differences).toHaveLength(50);
    expect(await documentsOf(t, "user_validations", "https://test|ann")).toMatchObject([
      { layers: { recordsToSegments: "equal", segmentsToResults: "absent" } },
    ]);
    await validate(t, { repair: true });
    await expectSound(t);
  });

  test("a second row of a result", async () => {
    const t = await builtBackend();
    await insertCopies(t, [HASH]);
    const twice = { path: "$", stored: "2 rows", expected: "one row" };
    await expectFoundAndRepaired(t, {
      differences: [ofResult("kpi", { fault: "duplicate-result", ...twice })],
      ...{ differing: 1, stale: 0, layers: IN_RESULTS },
    });
  });

  test("a filter that is tracked twice", async () => {
    const t = await builtBackend();
    const [tracked] = await documentsOf(t, "tracked_filters", "https://test|ann");
    const { _id, _creationTime, ...twin } = tracked!;
    await inTables(t, (ctx) => ctx.db.insert("tracked_filters", twin));
    const { filterHash, filters } = twin;
    const place = { aggregationType: null, filterHash, filters, path: "$" };
    const twice = { fault: "duplicate-filter" as const, stored: "several rows" };
    await expectFoundAndRepaired(t, {
      differences: [{ ...twice, ...place, expected: "one row" }],
      ...{ differing: 1, stale: 0, layers: IN_RESULTS },
    });
  });

  test("results of filters nobody tracks", async () => {
    const t = await builtBackend();
    const filters: FilterOptions = { ...ALL, topics: ["Gone"] };
    const hashes = Array.from({ length: 25 }, (_, index) => `60${String(index).padStart(30, "0")}`);
    await insertCopies(t, hashes, filters);
    const surplus = { path: "$", stored: "one row", expected: "no row" };
    await expectFoundAndRepaired(t, {
      differences: hashes.map((filterHash) => ({
        ...ofResult("kpi", { fault: "untracked-result", ...surplus }, filters),
        filterHash,
      })),
      ...{ differing: 25, stale: 0, layers: IN_RESULTS },
    });
  });

  test("more results of filters nobody tracks than are listed", async () => {
    const t = await builtBackend();
    const hashes = Array.from({ length: 230 }, (_, index) => String(index).padStart(32, "0"));
    await insertCopies(t, hashes);
    const { counts, differences } = await validate(t, { repair: true });
    expect(counts).toMatchObject({ compared: 160, equal: 60, differing: 100, repaired: 1 });
    expect(differences).toHaveLength(50);
    await expectSound(t);
  });

  test("a filter tracked twice beside as many as can be tracked", async () => {
    const t = await builtBackend();
    for (let index = 0; index < 10; index++) {
      await keep(t, "https://test|ann", { ...ALL, channels: [`Channel ${index}`] });
    }
    const [tracked] = await documentsOf(t, "tracked_filters", "https://test|ann");
    const { _id, _creationTime, ...twin } = tracked!;
    await inTables(t, (ctx) => ctx.db.insert("tracked_filters", twin));
    const found = await validate(t, { repair: true });
    expect(found.differences.map(({ fault, filterHash }) => [fault, filterHash])).toEqual([
      ["duplicate-filter", twin.filterHash],
    ]);
    expect(found.counts).toMatchObject({ compared: 161, equal: 160, differing: 1, repaired: 1 });
    await expectSound(t);
  });
});

describe("what is only out of date is found and made right, but takes nobody off:", () => {
  test("results of an older version", async () => {
    const t = await builtBackend();
    for (const type of ["kpi", "viewing_patterns"] as const) {
      const { _id } = await resultOf(t, "https://test|ann", type);
      const version = AGGREGATION_VERSIONS[type] - 1;
      await inTables(t, (ctx) => ctx.db.patch(RESULTS, _id, { version }));
    }
    await damageResult(t, "https://test|ann", "kpi", (data) => ({ ...data, totalVideos: 1 }));
    await expectFoundAndRepaired(t, {
      differences: (["kpi", "viewing_patterns"] as const).map((type) => {
        const version = AGGREGATION_VERSIONS[type];
        const versions = { stored: String(version - 1), expected: String(version) };
        return ofResult(type, { fault: "older-version", path: "version", ...versions });
      }),
      ...{ differing: 0, stale: 2, layers: IN_RESULTS },
    });
  });

  test("a result of another time zone", async () => {
    const t = await builtBackend();
    const { _id, metadata } = await resultOf(t, "https://test|ann", "day_time_heatmap");
    const elsewhere = { ...metadata, timeZone: "Asia/Tokyo" };
    await inTables(t, (ctx) => ctx.db.patch(RESULTS, _id, { metadata: elsewhere }));
    const zones = { stored: "Asia/Tokyo", expected: "UTC" };
    const place = { fault: "stale-time-zone" as const, path: "metadata.timeZone" };
    await expectFoundAndRepaired(t, {
      differences: [ofResult("day_time_heatmap", { ...place, ...zones })],
      ...{ differing: 0, stale: 1, layers: IN_RESULTS },
    });
  });

  test("all results, where the user's zone was edited in the table", async () => {
    const t = await builtBackend();
    const timeZone = "Pacific/Kiritimati"; // already the 16th
    await inTables(t, (ctx) =>
      ctx.db.insert("user_settings", { userId: "https://test|ann", timeZone }),
    );
    const found = await validate(t);
    expect(found).toMatchObject({ score: 0, counts: { compared: 60, differing: 0, stale: 60 } });
    expect(new Set(found.differences.map(({ fault }) => fault))).toEqual(
      new Set(["stale-time-zone"]),
    );
    expect(await documentsOf(t, "feature_flag_targets", "https://test|ann")).toEqual([]);
    await validate(t, { repair: true });
    await expectSound(t, { asOf: "2026-03-16", timeZone });
  });

  test("results of newer code are not judged", async () => {
    const t = await builtBackend();
    const { _id } = await resultOf(t, "https://test|ann", "kpi");
    const version = AGGREGATION_VERSIONS.kpi + 1;
    await damageResult(t, "https://test|ann", "kpi", (data) => ({ ...data, totalVideos: 1 }));
    await inTables(t, (ctx) => ctx.db.patch(RESULTS, _id, { version }));
    expect(await validate(t)).toMatchObject({ score: 1, differences: [], counts: { equal: 59 } });
  });

  test("a wrong result beside a whole page of stale ones still takes the user off", async () => {
    const t = await builtBackend();
    for (let index = 0; index < 6; index++) {
      await keep(t, "https://test|ann", { ...ALL, topics: [`Topic ${index}`] });
    }
    const results = await documentsOf(t, RESULTS, "https://test|ann");
    const last = results.reduce((a, b) => (b.filterHash > a.filterHash ? b : a));
    await inTables(t, async (ctx) => {
      for (const { _id, filterHash } of results) {
        if (filterHash !== last.filterHash) await ctx.db.patch(RESULTS, _id, { version: 0 });
      }
    });
    await damageResult(
      t,
      "https://test|ann",
      "kpi",
      (data) => ({ ...data, totalVideos: 1 }),
      last.metadata.filters,
    );
    expect((await validate(t)).counts).toMatchObject({ differing: 1, stale: 110, equal: 9 });
    expect(await documentsOf(t, "feature_flag_targets", "https://test|ann")).toMatchObject([
      { value: false },
    ]);
  });
});
