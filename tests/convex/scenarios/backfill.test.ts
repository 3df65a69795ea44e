import { expect, test } from "vitest";
import { api } from "../../../convex/_generated/api";
import { internal } from "../../support/reach";
import { asUser, plant, watch, watches } from "../support";
import { drive, makeScenario, persist, report, runFor, sleep } from "./scenario";

const IS_WHOLE = import.meta.env["VITE_SCALE"] === "whole";
const SEEDS = IS_WHOLE ? [1, 2, 3] : [1];
const USERS = IS_WHOLE ? 2_000 : 200;
const WRITERS = 20;
const RECORDS = 30;
const MAX_TICK_MS = 60_000;
const MAX_BACKFILL_MS = IS_WHOLE ? 3_600_000 : 180_000;
const TIMEOUT_MS = IS_WHOLE ? 3_600_000 : 300_000;

test.each(SEEDS)(
  `a backfill of ${String(USERS)} users ends while ${String(WRITERS)} of them write (seed %i)`,
  async (seed) => {
    const scenario = await makeScenario(seed);
    const { t, random } = scenario;
    const names = Array.from({ length: USERS }, (_, index) => `https://test|user${String(index)}`);
    for (const name of names) await plant(t, name, watches(RECORDS));
    await drive(t.mutation(internal.backfill.adopt, {}));
    const statusOf = async (kind: "adoption" | "backfill") =>
      (await drive(t.query(internal.jobs.status, { kind }))).status;
    while ((await statusOf("adoption")) === "running") await runFor(1_000);

    scenario.conflicts.length = 0;
    scenario.startCrons();
    let isOver = false;
    let failures = 0;
    const writers = names.slice(0, WRITERS).map(async (name) => {
      while (!isOver) {
        await sleep(random() * 10_000);
        const record = watch({ videoId: `new${String(random())}` });
        const user = asUser(t, name);
        failures += await persist(() =>
          user.mutation(api.watchRecords.ingest, { records: [record] }),
        );
      }
    });
    await drive(t.mutation(internal.backfill.start, {}));
    const startedAt = Date.now();
    while ((await statusOf("backfill")) === "running" && Date.now() - startedAt < MAX_BACKFILL_MS) {
      await runFor(1_000);
    }
    const run = await drive(t.query(internal.jobs.status, { kind: "backfill" }));
    // Two ticks at least, even if the backfill is fast.
    await runFor(Math.max(0, startedAt + 1.5 * MAX_TICK_MS - Date.now()));
    isOver = true;
    await drive(Promise.all(writers));
    await runFor(MAX_TICK_MS);

    const facts = report(scenario).join("\n");
    expect(run, facts).toMatchObject({ status: "done", done: USERS, failed: 0 });
    expect({ failures }, facts).toEqual({ failures: 0 });
    expect(scenario.conflicts.filter(({ isFinal }) => isFinal).length, facts).toBe(0);
    const ticks = scenario.cronRuns.filter(({ name }) => name === "monitoring:tick");
    expect(ticks.length).toBeGreaterThanOrEqual(2);
    for (const { startedAt: dueAt, endedAt } of ticks) {
      // The last one may still be running: it has had less than its time.
      expect((endedAt ?? Date.now()) - dueAt, facts).toBeLessThanOrEqual(MAX_TICK_MS);
    }
  },
  TIMEOUT_MS,
);
