/**
 * DuckDB in memory beside the engine, where `@duckdb/node-api` is there: at 70 MB it is too large
 * for every `npm ci`.
 */
import { isDeepStrictEqual } from "node:util";
import {
  aggregateHistory,
  prepareHistory,
  type AggregationResults,
  type AggregationType,
  type FilterOptions,
  type WatchRecord,
} from "../../../src/engine/index";
import type { Subject } from "../figures";
import { BENCH_AS_OF, BENCH_TIME_ZONE } from "../history";
import { medianMsOf } from "../measure";
import { count, progress, withUnit, type Figure } from "../report";
import { readHistory } from "../stored";
import { loadSql, panelSql, sharedSql } from "./queries";

const PACKAGE = "@duckdb/node-api";
const EVERYTHING: FilterOptions = { timeframe: "All", product: "All", topics: [], channels: [] };
/** No topic has it. */
const TOPIC_SEPARATOR = "\u001f";

export const MISSING_DUCKDB = `DuckDB was not measured. To measure it as well: npm install --no-save ${PACKAGE}`;

/** As far as the bench uses it. */
interface DuckDb {
  DuckDBInstance: { create: (path: string) => Promise<{ connect: () => Promise<Connection> }> };
}

interface Connection {
  run: (sql: string) => Promise<unknown>;
  runAndReadAll: (sql: string) => Promise<{ getRows: () => unknown[][] }>;
  createAppender: (table: string) => Promise<Appender>;
  closeSync: () => void;
}

interface Appender {
  appendBigInt: (value: bigint) => void;
  appendVarchar: (value: string) => void;
  appendInteger: (value: number) => void;
  appendNull: () => void;
  endRow: () => void;
  closeSync: () => void;
}

/** Null where the package is not installed. */
export async function findDuckDb(): Promise<DuckDb | null> {
  try {
    // By a name that no compiler looks up: it is not among our dependencies.
    const name: string = PACKAGE;
    return (await import(name)) as DuckDb;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException; // as Node reports it
    if (code === "ERR_MODULE_NOT_FOUND") return null;
    throw error;
  }
}

/** All ten under one filter, against DuckDB; throws where its numbers are not the engine's. */
export async function againstDuckDb(
  { DuckDBInstance }: DuckDb,
  { size, records, stored }: Subject,
  rounds: number,
): Promise<Figure> {
  progress(`${count(size)} records: engine against DuckDB, ${rounds} rounds`);
  const connection = await (await DuckDBInstance.create(":memory:")).connect();
  try {
    await load(connection, records);
    const history = readHistory(stored);
    const at = { asOf: BENCH_AS_OF, timeZone: BENCH_TIME_ZONE };
    const computeAll = () => aggregateHistory(prepareHistory(history, at), [EVERYTHING]);
    requireSameNumbers(await queryAll(connection), computeAll()[0] as AggregationResults);
    const { duckDb, engine } = await medianMsOf(
      { duckDb: () => queryAll(connection), engine: computeAll },
      rounds,
    );
    return {
      what: "all ten, columns decoded, against all ten in DuckDB in memory",
      at: count(size),
      value: duckDb / engine,
      unit: "×",
      ...(size === 10_000 || size === 100_000
        ? { target: { bound: "at least" as const, value: 30 } }
        : {}),
      detail: `${withUnit(engine, "ms")} against ${withUnit(duckDb, "ms")}; its SQL leaves ratios and empty months out`,
    };
  } finally {
    connection.closeSync();
  }
}

async function load(connection: Connection, records: readonly WatchRecord[]): Promise<void> {
  await connection.run(`CREATE TABLE raw (watched_ms BIGINT, channel_title VARCHAR,
    channel_url VARCHAR, product VARCHAR, topics VARCHAR, seconds INTEGER)`);
  const appender = await connection.createAppender("raw");
  const appendText = (text: string | null) =>
    text === null ? appender.appendNull() : appender.appendVarchar(text);
  for (const { watchedAt, durationSeconds, ...record } of records) {
    if (watchedAt === null) appender.appendNull();
    else appender.appendBigInt(BigInt(watchedAt));
    appendText(record.channelTitle);
    appendText(record.channelUrl);
    appendText(record.product);
    appendText(record.topics.join(TOPIC_SEPARATOR));
    if (durationSeconds === null) appender.appendNull();
    else appender.appendInteger(durationSeconds);
    appender.endRow();
  }
  appender.closeSync();
  await connection.run(loadSql(BENCH_TIME_ZONE));
}

type Rows = Record<AggregationType, unknown[][]>;

/** Runs all queries and reads their rows; those of the first of each aggregation are returned. */
async function queryAll(connection: Connection): Promise<Rows> {
  for (const sql of sharedSql(BENCH_AS_OF)) await connection.run(sql);
  const firsts: [string, unknown[][]][] = [];
  for (const [type, queries] of Object.entries(panelSql(BENCH_AS_OF))) {
    for (const [index, sql] of queries.entries()) {
      const rows = (await connection.runAndReadAll(sql)).getRows();
      if (index === 0) firsts.push([type, rows]);
    }
  }
  // Object.fromEntries forgets that the keys are all of the ten.
  return Object.fromEntries(firsts) as Rows;
}

/** What the first query of each aggregation must return, by the engine's numbers. */
function expectedRows(results: AggregationResults): Rows {
  const { kpi, session_analysis: sessions, day_time_heatmap: heatmap } = results;
  const patterns = results.viewing_patterns;
  const totalMs = sessions.averageDurationMinutes * sessions.totalSessions * 60_000;
  return {
    monthly_trend: results.monthly_trend
      .filter(({ videos }) => videos > 0)
      .map((row) => [row.month, row.videos, row.watchTimeSeconds, row.uniqueChannels]),
    top_channels: results.top_channels.map((row) => [
      ...[row.channel, row.videos, row.watchTimeSeconds, row.channelUrl],
    ]),
    day_time_heatmap: heatmap.videos.flatMap((hours, day) =>
      hours.flatMap((videos, hour) => (videos === 0 ? [] : [[day, hour, videos]])),
    ),
    topics_leaderboard: results.topics_leaderboard.map((row) => [
      ...[row.topic, row.videos, row.recentVideos, row.previousVideos],
    ]),
    session_analysis: [
      [
        sessions.totalSessions,
        Math.round(totalMs),
        ...sessions.sessionsByLength.map((length) => length.sessions),
      ],
    ],
    channel_relationships: results.channel_relationships.map((row) => [
      ...[row.channel1, row.channel2, row.coSessions, row.coWatchScore],
    ]),
    topic_evolution: results.topic_evolution.topics.map((row) => [row.topic, row.totalVideos]),
    // Grouping sets come in their order: what is not grouped by is null, and sorts last.
    viewing_patterns: [
      ...patterns.hourly.map(({ hour, videos }) => [hour, null, null, null, videos]),
      ...patterns.daily.map(({ dayOfWeek, videos }) => [null, dayOfWeek, null, null, videos]),
      ...patterns.weekly.map(({ weekOfMonth, videos }) => [null, null, weekOfMonth, null, videos]),
      ...patterns.monthly.map(({ month, videos }) => [null, null, null, month, videos]),
    ].filter((row) => row.at(-1) !== 0),
    kpi: [
      [
        ...[kpi.totalVideos, kpi.uniqueChannels, kpi.totalWatchTimeSeconds],
        ...[kpi.ytdVideos, kpi.qtdVideos, kpi.mtdVideos],
      ],
    ],
    enhanced_channel_metrics: results.enhanced_channel_metrics.map((row) => [
      ...[row.channel, row.videos, row.watchTimeSeconds, row.firstWatchedAt, row.lastWatchedAt],
    ]),
  };
}

function requireSameNumbers(rows: Rows, results: AggregationResults): void {
  for (const [type, expected] of Object.entries(expectedRows(results))) {
    // Entries forget that the key is one of the ten.
    const actual = rows[type as AggregationType].map((row, index) =>
      row.slice(0, expected[index]?.length),
    );
    if (isDeepStrictEqual(actual, expected)) continue;
    throw new Error(`Engine and DuckDB differ in ${type}.`);
  }
}
