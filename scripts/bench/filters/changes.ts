/** What a change of one record costs until the user is at rest again. */
import { isDeepStrictEqual } from "node:util";
import { api } from "../../../convex/_generated/api";
import type { RecordFields } from "../../../convex/model/records";
import { aggregate, type FilterOptions } from "../../../src/engine/index";
import type { LocalBackend } from "../../localBackend";
import type { Cost } from "../../localBackend/meter";
import { BENCH_TIME_ZONE } from "../history";
import { progress } from "../report";
import { firstAnswer, watchFilter, type Setting } from "./answers";
import { startBrowser, type BrowserSide } from "./browser";
import { LOOK_MS, makeRecords, pause, tablesOf, untilAtRest } from "./user";

/** Defaults that nobody has shown for a week are not kept up to date: see isShownLately. */
const UNSEEN_MS = 9 * 86_400_000;
const MAX_TRACKED = 100;

export interface Change {
  /** Of the mutation, the run, and the live query that runs again where a page is open. */
  cost: Cost;
  /** What a browser that holds the columns fetches after it. */
  receivedBytes: number;
}

export interface ChangedSetting extends Setting {
  /** Records at first. */
  size: number;
  /** Those added since. */
  added: RecordFields[];
}

/** What somebody looks at while records change. */
export interface View {
  /** The filter that was shown lately. */
  filters: FilterOptions;
  /** Whether a page shows it now. */
  isOpen: boolean;
}

/**
 * Adds watches to the last day of the history, one at a time, while one filter is in view and no
 * other was shown for a week.
 *
 * @throws where the filter in view, or the browser, has other numbers than the records afterwards.
 */
export async function takeChanges(
  backend: LocalBackend,
  setting: ChangedSetting,
  view: View,
  count: number,
): Promise<Change[]> {
  const { user, meter } = setting;
  await leaveUnseen(backend, view.filters);
  const close = view.isOpen ? await openPage(setting, view.filters) : () => undefined;
  const browser = await startBrowser(user.client);
  await browser.download();
  const changes: Change[] = [];
  for (let index = 0; index < count; index++) {
    progress(`changing one record: ${index + 1} of ${count}`);
    const record = anotherWatch(user.lastDay, setting.added.length);
    meter.take();
    await user.client.mutation(api.watchRecords.ingest, { records: [record] });
    await untilAtRest(backend, user.userId);
    const cost = meter.take();
    setting.added.push(record);
    changes.push({ cost, receivedBytes: await browser.download() });
  }
  close();
  await requireRight(setting, view.filters, browser);
  return changes;
}

/** Subscribes to a filter, and resolves when it is shown. */
async function openPage({ user, asOf }: Setting, filters: FilterOptions): Promise<() => void> {
  const watch = watchFilter(user.client, filters, asOf);
  const close = watch.onUpdate(() => undefined);
  while (watch.localQueryResult() === undefined) await pause(LOOK_MS);
  return close;
}

async function requireRight(
  { user, size, asOf, now, added }: ChangedSetting,
  filters: FilterOptions,
  { host }: BrowserSide,
): Promise<void> {
  const answer = await firstAnswer(user.client, filters, asOf);
  const shown = Object.entries(answer).map(([type, row]) => [type, row?.data]);
  const { results } = await host.run("aggregate", [filters], BENCH_TIME_ZONE, now);
  const records = [...makeRecords(size, now), ...added];
  const expected = aggregate(records, { filters, asOf, timeZone: BENCH_TIME_ZONE });
  for (const actual of [Object.fromEntries(shown), results[0]]) {
    if (isDeepStrictEqual(actual, expected)) continue;
    throw new Error(
      `After changes: other numbers than from the records, under ${JSON.stringify(filters)}.`,
    );
  }
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
function anotherWatch(lastDay: readonly RecordFields[], added: number): RecordFields {
  const first = lastDay.find(({ channelTitle }) => channelTitle !== null);
  if (first === undefined) throw new Error("The last day of the history names no channel.");
  return { ...first, videoId: `change${String(added)}` };
}
