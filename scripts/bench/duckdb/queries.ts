/**
 * The ten aggregations as SQL, for all time and without restrictions: what each of them counts,
 * ranks and pairs. Left out is what needs no records any more: percentages, deltas, trends, empty
 * months and hours, loyalty scores, overlaps of topics, and correlations (their counts by hour are
 * here). Rows that pass the filter, sessions and ranks are made once for all ten, and local times
 * when the table is filled; the engine makes those, too.
 */
import type { AggregationType } from "../../../src/engine/index";

const MAX_TOP_CHANNELS = 50;
const MAX_CANDIDATES = 300;
const MAX_PAIRS = 50;

/**
 * Fills `records` from `raw`, where topics are joined by U+001F. In order of time and with channels
 * as an ENUM, which halves the times of what follows.
 */
export function loadSql(timeZone: string): string {
  return `
    CREATE TYPE channel AS ENUM (
      SELECT DISTINCT channel_title FROM raw WHERE channel_title IS NOT NULL ORDER BY channel_title
    );
    CREATE TABLE records AS SELECT
      epoch_ms(watched_ms) AS watched_at,
      epoch_ms(watched_ms) AT TIME ZONE 'UTC' AT TIME ZONE '${timeZone}' AS local_at,
      channel_title::channel AS channel_title, channel_url, product,
      string_split(topics, chr(31)) AS topics,
      seconds
    FROM raw ORDER BY watched_ms;
    DROP TABLE raw;`;
}

/** What several of the ten look at. */
export function sharedSql(asOf: string): string[] {
  return [
    `CREATE OR REPLACE TEMP VIEW chosen AS SELECT *, rowid AS id FROM records
     WHERE watched_at IS NULL OR local_at < DATE '${asOf}' + INTERVAL 1 DAY`,
    // Windows sort what they carry: two narrow ones and a join take a third of the time of wide ones.
    `CREATE OR REPLACE TEMP TABLE dated AS
     WITH ends AS (
       SELECT id, watched_at, lag(watched_at) OVER (ORDER BY watched_at) AS before
       FROM chosen WHERE watched_at IS NOT NULL
     ), numbered AS (
       SELECT id, sum((before IS NULL OR watched_at - before > INTERVAL 30 MINUTE)::INTEGER)
         OVER (ORDER BY watched_at ROWS UNBOUNDED PRECEDING)::INTEGER AS session
       FROM ends
     )
     SELECT watched_at, local_at, channel_title, topics, seconds, session
     FROM chosen JOIN numbered USING (id)`,
    `CREATE OR REPLACE TEMP TABLE sessions AS
     SELECT session, min(watched_at) AS started_at, max(watched_at) AS ended_at,
       min(local_at) AS local_start, count(*)::INTEGER AS videos,
       count(DISTINCT channel_title)::INTEGER AS channels
     FROM dated GROUP BY session`,
    `CREATE OR REPLACE TEMP TABLE ranked AS
     SELECT channel_title, videos, row_number() OVER (ORDER BY videos DESC, channel_title) AS rank
     FROM (SELECT channel_title, count(*)::INTEGER AS videos FROM dated
       WHERE channel_title IS NOT NULL GROUP BY channel_title)`,
    `CREATE OR REPLACE TEMP TABLE appearances AS
     SELECT channel_title, count(*)::INTEGER AS sessions
     FROM (SELECT DISTINCT session, channel_title FROM dated WHERE channel_title IS NOT NULL)
     GROUP BY channel_title`,
    `CREATE OR REPLACE TEMP TABLE pairs AS
     WITH seen AS (
       SELECT DISTINCT session, channel_title FROM dated JOIN ranked USING (channel_title)
       WHERE rank <= ${MAX_CANDIDATES}
     ), together AS (
       SELECT a.channel_title AS channel1, b.channel_title AS channel2,
         count(*)::INTEGER AS co_sessions
       FROM seen a JOIN seen b ON a.session = b.session AND a.channel_title < b.channel_title
       GROUP BY ALL HAVING count(*) >= 2
     )
     SELECT channel1, channel2, co_sessions,
       100.0 * co_sessions / least(one.sessions, two.sessions) AS score
     FROM together
     JOIN appearances one ON one.channel_title = channel1
     JOIN appearances two ON two.channel_title = channel2`,
  ];
}

/** The queries of each aggregation; the bench compares the first of each with the engine. */
export function panelSql(asOf: string): Record<AggregationType, string[]> {
  const day = `DATE '${asOf}'`;
  return {
    kpi: [kpiSql(day)],
    monthly_trend: [
      `SELECT strftime(local_at, '%Y-%m') AS month, count(*)::INTEGER,
         sum(coalesce(seconds, 300))::DOUBLE, count(DISTINCT channel_title)::INTEGER
       FROM dated GROUP BY month ORDER BY month`,
    ],
    top_channels: [
      `SELECT channel_title, count(*)::INTEGER AS videos, sum(coalesce(seconds, 300))::DOUBLE,
         min(channel_url)
       FROM chosen WHERE channel_title IS NOT NULL
       GROUP BY channel_title ORDER BY videos DESC, channel_title LIMIT ${MAX_TOP_CHANNELS}`,
    ],
    day_time_heatmap: [
      `SELECT dayofweek(local_at)::INTEGER AS weekday, hour(local_at)::INTEGER AS hour,
         count(*)::INTEGER
       FROM dated GROUP BY ALL ORDER BY ALL`,
    ],
    topics_leaderboard: [topicsSql(day)],
    session_analysis: [
      `SELECT count(*)::INTEGER, sum(epoch_ms(ended_at) - epoch_ms(started_at))::DOUBLE,
         count(*) FILTER (videos = 1)::INTEGER, count(*) FILTER (videos BETWEEN 2 AND 4)::INTEGER,
         count(*) FILTER (videos BETWEEN 5 AND 9)::INTEGER,
         count(*) FILTER (videos BETWEEN 10 AND 19)::INTEGER,
         count(*) FILTER (videos >= 20)::INTEGER
       FROM sessions`,
      `SELECT hour(local_start) AS hour, count(*)::INTEGER FROM sessions GROUP BY hour`,
      `SELECT * FROM sessions ORDER BY started_at DESC LIMIT 20`,
      `SELECT * FROM sessions ORDER BY ended_at - started_at DESC, videos DESC LIMIT 1`,
    ],
    viewing_patterns: [
      `SELECT hour(local_at)::INTEGER AS hour, dayofweek(local_at)::INTEGER AS weekday,
         ((day(local_at) - 1) // 7 + 1)::INTEGER AS week, month(local_at)::INTEGER AS month,
         count(*)::INTEGER
       FROM dated GROUP BY GROUPING SETS ((1), (2), (3), (4)) ORDER BY 1, 2, 3, 4`,
    ],
    enhanced_channel_metrics: channelSql(day),
    channel_relationships: [
      `SELECT channel1, channel2, co_sessions, score FROM pairs WHERE score >= 10
       ORDER BY score DESC, co_sessions DESC, channel1, channel2 LIMIT ${MAX_PAIRS}`,
      `SELECT channel_title, hour(local_at) AS hour, count(*)::INTEGER
       FROM dated JOIN ranked USING (channel_title)
       WHERE rank <= ${MAX_CANDIDATES} GROUP BY ALL`,
    ],
    topic_evolution: [
      `SELECT topic, count(*)::INTEGER AS videos FROM (SELECT unnest(topics) AS topic FROM dated)
       GROUP BY topic ORDER BY videos DESC, topic LIMIT 25`,
      `SELECT topic, strftime(local_at, '%Y-%m') AS month, count(*)::INTEGER
       FROM (SELECT unnest(topics) AS topic, local_at FROM dated) GROUP BY ALL`,
    ],
  };
}

function kpiSql(day: string): string {
  const count = (unit: string, years: number) => {
    const until = `${day} - INTERVAL ${years} YEAR`;
    const from = `date_trunc('${unit}', ${day}) - INTERVAL ${years} YEAR`;
    return `count(*) FILTER (local_at >= ${from} AND local_at < ${until} + INTERVAL 1 DAY)::INTEGER`;
  };
  const units = ["year", "quarter", "month"];
  return `
    SELECT count(*)::INTEGER, count(DISTINCT channel_title)::INTEGER,
      sum(coalesce(seconds, 300))::DOUBLE,
      ${units.map((unit) => count(unit, 0)).join(", ")},
      ${units.map((unit) => count(unit, 1)).join(", ")}
    FROM chosen`;
}

function topicsSql(day: string): string {
  const between = (from: string, to: string) =>
    `count(*) FILTER (local_at >= ${day} - INTERVAL ${from} + INTERVAL 1 DAY
       AND local_at < ${day} - INTERVAL ${to} + INTERVAL 1 DAY)::INTEGER`;
  return `
    SELECT topic, count(*)::INTEGER AS videos, ${between("1 MONTH", "0 MONTH")},
      ${between("2 MONTH", "1 MONTH")}
    FROM (SELECT unnest(topics) AS topic, local_at FROM chosen)
    GROUP BY topic ORDER BY videos DESC, topic LIMIT 100`;
}

function channelSql(day: string): string[] {
  const ofTop = `dated JOIN ranked USING (channel_title) WHERE rank <= ${MAX_TOP_CHANNELS}`;
  return [
    `SELECT channel_title, any_value(ranked.videos) AS videos,
       sum(coalesce(seconds, 300))::DOUBLE, epoch_ms(min(watched_at))::DOUBLE,
       epoch_ms(max(watched_at))::DOUBLE,
       count(DISTINCT date_trunc('month', local_at)), mode(hour(local_at)),
       mode(dayofweek(local_at)), count(*) FILTER (local_at >= ${day} - INTERVAL 29 DAY)
     FROM ${ofTop} GROUP BY channel_title ORDER BY videos DESC, channel_title`,
    `SELECT DISTINCT channel_title, unnest(topics) FROM ${ofTop}`,
    `SELECT channel_title, min(channel_url), min(watched_at), any_value(appearances.sessions)
     FROM chosen JOIN ranked USING (channel_title) JOIN appearances USING (channel_title)
     WHERE rank <= ${MAX_TOP_CHANNELS} GROUP BY channel_title`,
    `SELECT channel, partner FROM (
       SELECT channel1 AS channel, channel2 AS partner, score, co_sessions FROM pairs
       UNION ALL SELECT channel2, channel1, score, co_sessions FROM pairs
     ) JOIN ranked ON channel_title = channel WHERE rank <= ${MAX_TOP_CHANNELS}
     QUALIFY row_number() OVER
       (PARTITION BY channel ORDER BY score DESC, co_sessions DESC, partner) <= 5`,
  ];
}
