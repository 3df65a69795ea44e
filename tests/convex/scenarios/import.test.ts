import { expect, test } from "vitest";
import { api } from "../../../convex/_generated/api";
import type { IncomingRecord } from "../../../convex/validators";
import { asUser, DAY_MS, filtersArg, NOON, watches } from "../support";
import { drive, makeScenario, persist, report, runFor } from "./scenario";

const IS_WHOLE = import.meta.env["VITE_SCALE"] === "whole";
const SIZES = IS_WHOLE ? [10_000, 50_000, 200_000] : [10_000];
const SEEDS = [1, 2, 3];
const BATCH = 500;
const IN_FLIGHT = 3;
const HISTORY_DAYS = 1_400;
const MAX_RESULTS_MS = 5_000;
const TIMEOUT_MS = IS_WHOLE ? 3_600_000 : 300_000;

test.each(SIZES.flatMap((size) => SEEDS.map((seed) => ({ size, seed }))))(
  "an import of $size records is not slowed down by its recompute (seed $seed)",
  async ({ size, seed }) => {
    const scenario = await makeScenario(seed);
    const user = asUser(scenario.t, "https://test|ann");
    const newest = NOON - DAY_MS;
    const records = watches(size, newest, Math.floor((HISTORY_DAYS * DAY_MS) / size));
    const batches = Math.ceil(size / BATCH);
    let next = 0;
    let failures = 0;
    const importSome = async () => {
      while (next < batches) {
        const batch = records.slice(next * BATCH, (next + 1) * BATCH);
        next += 1;
        failures += await persist(() => ingest(batch));
      }
    };
    const ingest = (batch: IncomingRecord[]) =>
      user.mutation(api.watchRecords.ingest, { records: batch });
    await drive(Promise.all(Array.from({ length: IN_FLIGHT }, importSome)));

    // Asked for from the end of the import on, until the results are those of all records.
    const kpi = () => user.query(api.aggregations.get, { type: "kpi", filters: filtersArg() });
    let isCurrent = false;
    let isOver = false;
    const look = async () => {
      while (!isCurrent && !isOver) {
        const row = await kpi();
        const total = row !== null && "totalVideos" in row.data ? row.data.totalVideos : null;
        isCurrent = total === size && row?.changesPending === false;
      }
    };
    const looking = look();
    const resultsMs = await runFor(4 * MAX_RESULTS_MS, () => isCurrent);
    isOver = true;
    await drive(looking);

    const facts = report(scenario).join("\n");
    const runs = scenario.attempts.get("watchRecords:ingest") ?? 0;
    expect({ failures }, facts).toEqual({ failures: 0 });
    expect(runs, facts).toBeLessThanOrEqual(1.2 * batches);
    expect(resultsMs, facts).toBeLessThanOrEqual(MAX_RESULTS_MS);
  },
  TIMEOUT_MS,
);
