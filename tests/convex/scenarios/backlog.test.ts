import { expect, test } from "vitest";
import { api } from "../../../convex/_generated/api";
import { asUser, DAY_MS, filtersArg, NOON, watches } from "../support";
import { COSTS, drive, makeScenario, persist, report, runFor } from "./scenario";

const IS_WHOLE = import.meta.env["VITE_SCALE"] === "whole";
/** An app that writes one record a mutation: the whole of it is a long import. */
const MUTATIONS = IS_WHOLE ? 22_000 : 1_500;
const IN_FLIGHT = 10;
const MAX_RESULTS_MS = 60_000;
const MAX_WAKE_UPS = IS_WHOLE ? 500 : 50;
const TIMEOUT_MS = IS_WHOLE ? 3_600_000 : 300_000;

test(
  `${String(MUTATIONS)} mutations of one record each are current within a minute of the last`,
  async () => {
    // One record is one look-up: as long as any small mutation.
    const scenario = await makeScenario(1, { ...COSTS, "watchRecords:ingest": [20, 60] });
    const user = asUser(scenario.t, "https://test|ann");
    const records = watches(MUTATIONS, NOON - DAY_MS, 3_600_000);
    let next = 0;
    let failures = 0;
    const write = async () => {
      while (next < MUTATIONS) {
        const record = records[next++]!;
        failures += await persist(() =>
          user.mutation(api.watchRecords.ingest, { records: [record] }),
        );
      }
    };
    await drive(Promise.all(Array.from({ length: IN_FLIGHT }, write)));

    let isCurrent = false;
    const look = async () => {
      while (!isCurrent) {
        const filters = filtersArg();
        const row = await user.query(api.aggregations.get, { type: "kpi", filters });
        const total = row !== null && "totalVideos" in row.data ? row.data.totalVideos : null;
        isCurrent = total === MUTATIONS && row?.changesPending === false;
      }
    };
    const looking = look();
    const resultsMs = await runFor(4 * MAX_RESULTS_MS, () => isCurrent);
    const facts = report(scenario).join("\n");
    expect(resultsMs, facts).toBeLessThanOrEqual(MAX_RESULTS_MS);
    await drive(looking);
    expect({ failures }, facts).toEqual({ failures: 0 });
    expect(scenario.attempts.get("recompute:wake"), facts).toBeLessThan(MAX_WAKE_UPS);
  },
  TIMEOUT_MS,
);
