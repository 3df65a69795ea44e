/** One filter change, answered in each of the ways there are, one after the other. */
import { isDeepStrictEqual } from "node:util";
import type { ConvexReactClient } from "convex/react";
import type { FunctionReturnType } from "convex/server";
import { api } from "../../../convex/_generated/api";
import {
  aggregateHistory,
  type FilterOptions,
  type PreparedHistory,
} from "../../../src/engine/index";
import type { ComputationHost } from "../../../src/react/fallback/computationHost";
import type { Cost, Meter } from "../../localBackend/meter";
import { BENCH_TIME_ZONE } from "../history";
import { progress } from "../report";
import { startBrowser } from "./browser";
import type { Choice } from "./choices";
import { pause, type BenchUser } from "./user";

/** The ways to ten results of one filter. */
export type Way = "stored" | "first-seen" | "browser";

export interface Sample {
  way: Way;
  isAllTime: boolean;
  elapsedMs: number;
  /** What the backend read and wrote for it. */
  cost: Cost;
}

export interface Setting {
  user: BenchUser;
  meter: Meter;
  /** All is computed for the local day of this instant. */
  now: number;
  asOf: string;
  /**
   * What all answers are compared with. The records themselves are let go: while half a million
   * objects are there, the collection of garbage takes longer than an answer.
   */
  fromRecords: PreparedHistory;
}

type Answer = FunctionReturnType<typeof api.aggregations.getMany>;

/** A query that was given up may still be on its way to the server: it would answer the next one. */
const GAP_MS = 20;

/**
 * Answers each choice in every way, and compares all numbers with those that the engine computes
 * from the records.
 *
 * @throws where they differ.
 */
export async function takeSamples(
  setting: Setting,
  choices: readonly Choice[],
  what: string,
): Promise<Sample[]> {
  const browser = await startBrowser(setting.user.client);
  await browser.download();
  const samples: Sample[] = [];
  for (const [index, { stored, firstSeen }] of choices.entries()) {
    progress(`${what}: filter ${index + 1} of ${choices.length}`);
    samples.push(await askServer(setting, "stored", stored));
    samples.push(await askServer(setting, "first-seen", firstSeen));
    samples.push(await askBrowser(browser.host, setting, firstSeen));
  }
  return samples;
}

async function askServer(
  { user, meter, asOf, fromRecords }: Setting,
  way: "stored" | "first-seen",
  filters: FilterOptions,
): Promise<Sample> {
  await pause(GAP_MS);
  meter.take();
  const startedAt = performance.now();
  const answer = await firstAnswer(user.client, filters, asOf);
  const elapsedMs = performance.now() - startedAt;
  const cost = meter.take();
  const rows = Object.entries(answer);
  const basis = way === "stored" ? "results" : "segments";
  const stray = rows.find(([, row]) => row?.basis !== basis);
  if (stray !== undefined) {
    throw new Error(`${stray[0]} of ${describe(filters)} was not answered from ${basis}.`);
  }
  // What the rows hold of one type is that type's.
  requireEqual(Object.fromEntries(rows.map(([type, row]) => [type, row?.data])), filters, {
    way,
    fromRecords,
  });
  return { way, isAllTime: filters.timeframe === "All", elapsedMs, cost };
}

export function watchFilter(client: ConvexReactClient, filters: FilterOptions, asOf: string) {
  const { topics, channels } = filters;
  const asked = { ...filters, topics: [...topics], channels: [...channels] };
  return client.watchQuery(api.aggregations.getMany, { filters: asked, asOf });
}

/** As a page does: subscribes, and gives the subscription up when it has been answered. */
export async function firstAnswer(
  client: ConvexReactClient,
  filters: FilterOptions,
  asOf: string,
): Promise<Answer> {
  const watch = watchFilter(client, filters, asOf);
  return await new Promise((resolve, reject) => {
    const stop = watch.onUpdate(() => {
      try {
        const answer = watch.localQueryResult();
        if (answer === undefined) return;
        resolve(answer);
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
      stop();
    });
  });
}

async function askBrowser(
  host: ComputationHost,
  { meter, now, fromRecords }: Setting,
  filters: FilterOptions,
): Promise<Sample> {
  meter.take();
  const startedAt = performance.now();
  const { results } = await host.run("aggregate", [filters], BENCH_TIME_ZONE, now);
  const elapsedMs = performance.now() - startedAt;
  requireEqual(results[0], filters, { way: "browser", fromRecords });
  const isAllTime = filters.timeframe === "All";
  return { way: "browser", isAllTime, elapsedMs, cost: meter.take() };
}

function requireEqual(
  actual: unknown,
  filters: FilterOptions,
  { way, fromRecords }: { way: Way; fromRecords: PreparedHistory },
): void {
  const [expected] = aggregateHistory(fromRecords, [filters]);
  if (isDeepStrictEqual(actual, expected)) return;
  throw new Error(`${way}: other numbers than from the records, under ${describe(filters)}.`);
}

function describe(filters: FilterOptions): string {
  return JSON.stringify(filters);
}
