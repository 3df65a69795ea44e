import { afterEach, describe, expect, test, vi } from "vitest";
import { api } from "../../convex/_generated/api";
import { inTables, internal } from "../support/reach";
import { beginQuietRun, wake } from "../support/runs";
import {
  asUser,
  DAY_MS,
  expectCorrect,
  makeBackend,
  NOON,
  plant,
  runUntil,
  settle,
  stateOf,
  watch,
  watches,
  type Backend,
} from "./support";

const ANN = "https://test|ann";

afterEach(() => vi.useRealTimers());

async function epochs(t: Backend): Promise<number[]> {
  const segments = await inTables(t, (ctx) => ctx.db.query("watch_segments").take(1_000));
  return [...new Set(segments.map(({ epoch }) => epoch))];
}

async function built(): Promise<Backend> {
  const t = makeBackend();
  await asUser(t, ANN).mutation(api.watchRecords.ingest, { records: watches(20) });
  await settle(t);
  return t;
}

describe("segments of another epoch are deleted", () => {
  test("where the action of a rebuild died after its last step", async () => {
    const t = await built();
    const begun = (await beginQuietRun(t, ANN, "rebuild"))!;
    await t.mutation(internal.recompute.advance, begun);
    expect(await epochs(t)).toHaveLength(2);
    // Nothing more is heard of the action. The sweep takes over once its lease has run out.
    vi.setSystemTime(Date.now() + 120_000);
    await t.mutation(internal.maintenance.sweep, {});
    await settle(t);
    expect(await epochs(t)).toEqual([(await stateOf(t, ANN)).epoch]);
    await expectCorrect(t, ANN);
  });

  test("where a change took the place of a rebuild that had begun to write", async () => {
    const t = makeBackend();
    await plant(t, ANN, watches(4_300, NOON - DAY_MS, 3_000_000));
    await t.action(internal.recompute.user, { userId: ANN });
    await settle(t);
    const begun = (await beginQuietRun(t, ANN, "rebuild"))!;
    await t.mutation(internal.recompute.advance, begun);
    expect(await epochs(t)).toHaveLength(2);
    await asUser(t, ANN).mutation(api.watchRecords.ingest, { records: [watch({ videoId: "n" })] });
    await wake(t, ANN);
    await runUntil(t, async () => (await epochs(t)).length === 1);
    expect(await epochs(t)).toEqual([(await stateOf(t, ANN)).epoch]);
    await expectCorrect(t, ANN);
  });
});
