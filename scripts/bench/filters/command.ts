/**
 * npm run bench:filters [-- --sizes 10000,100000,500000] [--quick] [--json]
 *
 * Measures what a filter change costs a person and the deployment: ten results from stored rows, in
 * the query, and in the browser from downloaded columns; and what a change of one record costs. On
 * the local backend through ConvexReactClient over WebSocket, both in this process: there is no
 * network, and its times say nothing about Convex's. Bytes are those of convex-test's transactions.
 * A full run takes some five minutes.
 */
import {
  columnsFromRecords,
  localDateOf,
  prepareHistory,
  type FilterOptions,
} from "../../../src/engine/index";
import { CommandError } from "../../console/commandError";
import { UsageError } from "../../console/usageError";
import type { Surroundings } from "../../console/surroundings";
import { startLocalBackend, type LocalBackend } from "../../localBackend";
import { Meter } from "../../localBackend/meter";
import { BENCH_TIME_ZONE } from "../history";
import { readBenchOptions, type BenchOptions } from "../options";
import { asTable, count, endProgress, isMet, progress, thisMachine, type Figure } from "../report";
import { takeSamples } from "./answers";
import { takeDownloads } from "./browser";
import { takeChanges } from "./changes";
import { makeChoices } from "./choices";
import { figuresOf } from "./figures";
import { addBenchUser, makeRecords } from "./user";

const USAGE = "Usage: npm run bench:filters -- [--sizes 10000,100000,500000] [--quick] [--json]";
const SIZES = { full: "10000,100000,500000", quick: "1000", max: 500_000 };

/** Each of the six timeframes once, and not counted. */
const WARM_UP = 6;
/** Six times the six timeframes: 30 that are not All. */
const FULL = { filters: 36, downloads: 30, changes: 5 };
const QUICK = { filters: 6, downloads: 2, changes: 1 };

async function measureSize(
  backend: LocalBackend,
  meter: Meter,
  size: number,
  rounds: typeof FULL,
): Promise<Figure[]> {
  const at = `${count(size)} records`;
  const { choices, ...setting } = await prepare(backend, meter, size, WARM_UP + rounds.filters);
  try {
    const answered = await takeSamples(setting, choices, at);
    progress(`${at}: downloading columns`);
    const downloads = await takeDownloads(setting, rounds.downloads);
    const { stored, firstSeen } = choices.find(({ stored: { timeframe } }) => {
      return timeframe === "Last12M"; // what the page opens with
    })!;
    const take = (filters: FilterOptions, isOpen: boolean) =>
      takeChanges(backend, setting, { filters, isOpen }, rounds.changes);
    const changes = {
      closed: await take(stored, false),
      stored: await take(stored, true),
      firstSeen: await take(firstSeen, true),
    };
    const samples = answered.slice((WARM_UP * answered.length) / choices.length);
    return figuresOf(size, { samples, downloads, changes });
  } finally {
    await setting.user.client.close();
  }
}

/** A user with a history, and the filters to choose. */
async function prepare(backend: LocalBackend, meter: Meter, size: number, filters: number) {
  progress(`${count(size)} records: making them`);
  const now = Date.now();
  const records = makeRecords(size, now);
  const user = await addBenchUser(backend, `bench-${String(size)}`, records);
  const day = { asOf: localDateOf(now, BENCH_TIME_ZONE), timeZone: BENCH_TIME_ZONE };
  const fromRecords = prepareHistory(columnsFromRecords(records), day);
  const choices = makeChoices(records, filters);
  return { ...{ user, meter, size, now, asOf: day.asOf, fromRecords }, added: [], choices };
}

async function measureAll({ sizes, isQuick }: BenchOptions): Promise<Figure[]> {
  // Without crons, all that is metered follows from what is measured.
  const backend = await startLocalBackend({ withCrons: false });
  try {
    const meter = Meter.of(backend.engine.backend);
    const figures: Figure[] = [];
    for (const size of sizes) {
      figures.push(...(await measureSize(backend, meter, size, isQuick ? QUICK : FULL)));
    }
    return figures;
  } finally {
    await backend.close();
  }
}

/** Returns the exit code. */
export async function benchFilters({ args }: Pick<Surroundings, "args">): Promise<number> {
  try {
    const options = readBenchOptions(args, SIZES);
    const figures = await measureAll(options);
    const machine = thisMachine();
    endProgress();
    const withVerdicts = figures.map((figure) => ({ ...figure, isMet: isMet(figure) }));
    console.log(
      options.isJson
        ? JSON.stringify({ machine, figures: withVerdicts }, null, 2)
        : asTable(figures, machine),
    );
    return 0;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    console.error(error instanceof UsageError ? `${error.message}\n${USAGE}` : error.message);
    return error.exitCode;
  }
}
