import { expect, test } from "vitest";
import { api } from "../../../convex/_generated/api";
import { asUser, filtersArg, plant, watch, watches } from "../support";
import { drive, makeScenario, report, runFor, sleep, type Scenario } from "./scenario";

const USERS = 20;
const TIMEOUT_MS = 300_000;

/** Functions that a user's page calls. */
const OF_USERS = ["watchRecords:ingest", "telemetry:report", "aggregations:request"];

/** Conflicts that a user could notice, by what they were about. */
function conflictsOfUsers({ conflicts }: Scenario): string[] {
  return report({ conflicts: conflicts.filter(({ call }) => OF_USERS.includes(call.name)) });
}

test(
  `${String(USERS)} users write in the second in which the crons run, and none hinders another`,
  async () => {
    const scenario = await makeScenario(1);
    const { t, random } = scenario;
    const names = Array.from({ length: USERS }, (_, index) => `https://test|user${String(index)}`);
    for (const name of names) await plant(t, name, watches(5));
    scenario.startCrons();
    await runFor(58_500);
    const writes = names.map(async (name) => {
      await sleep(1_000 + random() * 1_000);
      const records = [watch({ videoId: "new" })];
      await asUser(t, name).mutation(api.watchRecords.ingest, { records });
    });
    await drive(Promise.all(writes));
    await runFor(10_000);
    const written = scenario.conflicts.filter(
      ({ call, writer }) => OF_USERS.includes(call.name) && OF_USERS.includes(writer),
    );
    expect(written).toEqual([]);
  },
  TIMEOUT_MS,
);

test(
  `${String(USERS)} open pages report telemetry each minute, and none hinders another`,
  async () => {
    const scenario = await makeScenario(1);
    const { t, random } = scenario;
    scenario.startCrons();
    let isOver = false;
    const pages = Array.from({ length: USERS }, async (_, index) => {
      const user = asUser(t, `https://test|user${String(index)}`);
      await sleep(random() * 60_000);
      await user.mutation(api.aggregations.request, { filters: filtersArg() });
      while (!isOver) {
        const samples = [{ outcome: "hit" as const, responseMs: 20 }];
        await user.mutation(api.telemetry.report, { samples });
        await sleep(60_000);
      }
    });
    await runFor(185_000);
    isOver = true;
    await drive(Promise.all(pages));
    expect(scenario.attempts.get("telemetry:report")).toBeGreaterThan(2 * USERS);
    expect(conflictsOfUsers(scenario)).toEqual([]);
  },
  TIMEOUT_MS,
);

test(
  "a scenario runs the same way again with the same seed, and differently with another",
  async () => {
    const run = async (seed: number) => {
      const scenario = await makeScenario(seed);
      const user = asUser(scenario.t, "https://test|ann");
      const writes = Array.from({ length: 10 }, (_, index) =>
        user.mutation(api.settings.setTimeZone, {
          timeZone: index % 2 === 0 ? "Europe/Berlin" : "Asia/Tokyo",
        }),
      );
      const ends = await drive(Promise.allSettled(writes));
      await runFor(20_000);
      const conflicts = scenario.conflicts.map((conflict) => JSON.stringify(conflict));
      return {
        conflicts,
        ends: ends.map(({ status }) => status),
        attempts: [...scenario.attempts],
      };
    };
    const once = await run(7);
    expect(once.conflicts.length).toBeGreaterThan(0);
    expect(await run(7)).toEqual(once);
    expect((await run(8)).attempts).not.toEqual(once.attempts);
  },
  TIMEOUT_MS,
);
