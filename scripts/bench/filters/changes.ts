/** What a change of one record costs until the user is at rest again. */
import { isDeepStrictEqual } from "node:util";
import { api } from "../../../convex/_generated/api";
import type { RecordFields } from "../../../convex/model/records";
import { aggregate, type FilterOptions } from "../../../src/engine/index";
import type { LocalBackend } from "../../localBackend";
import type { Cost } from "../../localBackend/meter";
import { BENCH_TIME_ZONE } from "../history";
import { progress } from "../report";
import { watchFilter, type Setting } from "./answers";
import { startBrowser } from "./browser";
import { lastDayOf, LOOK_MS, pause, tablesOf, untilAtRest } from "./user";

/** Defaults that nobody has shown for a week are not kept up to date: see isShownLately. */
const UNSEEN_MS = 9 * 86_400_000;
const MAX_TRACKED = 100;

export interface Change {
  /** Of the mutation, the run and the live query that runs again. */
  cost: Cost;
  /** What a browser that holds the columns fetches after it. */
  receivedBytes: number;
}

/**
 * Adds watches to the last day of the history, one at a time, while one filter is in view and no
 * other was shown for a week.
 *
 * @throws where the filter in view, or the browser, has other numbers than the records afterwards.
 */
export async function takeChanges(
  backend: LocalBackend,
  setting: Setting,
  inView: FilterOptions,
  count: number,
): Promise<Change[]> {
  const { user, meter, asOf, now } = setting;
  await leaveUnseen(backend, inView);
  const watch = watchFilter(user.client, inView, asOf);
  const stop = watch.onUpdate(() => undefined);
  while (watch.localQueryResult() === undefined) await pause(LOOK_MS);
  const browser = await startBrowser(user.client);
  await browser.download();
  const changes: Change[] = [];
  for (let index = 0; index < count; index++) {
    progress(`changing one record: ${index + 1} of ${count}`);
    const record = anotherWatch(user.records);
    meter.take();
    await user.client.mutation(api.watchRecords.ingest, { records: [record] });
    await untilAtRest(backend, user.userId);
    const cost = meter.take();
    user.records.push(record);
    changes.push({ cost, receivedBytes: await browser.download() });
  }
  const shown = Object.entries(watch.localQueryResult() ?? {}).map(([type, row]) => [
    type,
    row?.data,
  ]);
  const { results } = await browser.host.run("aggregate", [inView], BENCH_TIME_ZONE, now);
  stop();
  const query = { filters: inView, asOf, timeZone: BENCH_TIME_ZONE };
  const expected = aggregate(user.records, query);
  for (const actual of [Object.fromEntries(shown), results[0]]) {
    if (isDeepStrictEqual(actual, expected)) continue;
    throw new Error(
      `After changes: other numbers than from the records, ${JSON.stringify(inView)}.`,
    );
  }
  return changes;
}

async function leaveUnseen(backend: LocalBackend, inView: FilterOptions): Promise<void> {
  await tablesOf(backend).run(async (ctx) => {
    for (const { _id, filters } of await ctx.db.query("tracked_filters").take(MAX_TRACKED)) {
      const isInView = isDeepStrictEqual(filters, inView);
      const lastRequestedAt = Date.now() - (isInView ? 0 : UNSEEN_MS);
      await ctx.db.patch("tracked_filters", _id, { lastRequestedAt });
    }
  });
}

/** On the last day, of a channel that was watched then, by a key that is not there yet. */
function anotherWatch(records: readonly RecordFields[]): RecordFields {
  const first = lastDayOf(records).find(({ channelTitle }) => channelTitle !== null);
  if (first === undefined) throw new Error("The last day of the history names no channel.");
  return { ...first, videoId: `change${String(records.length)}` };
}
