import type { AggregationResults } from "../../src/engine";

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const BARS = "▁▂▃▄▅▆▇█";
const numbers = new Intl.NumberFormat("en-US", { maximumFractionDigits: 1 });

/** The ten aggregations of one filter, a line or two each, for a terminal. */
export function summarize(results: AggregationResults): string {
  const lines: [keyof AggregationResults, string][] = [
    ["kpi", kpi(results.kpi)],
    ["monthly_trend", monthlyTrend(results.monthly_trend)],
    ["top_channels", topChannels(results.top_channels)],
    ["day_time_heatmap", heatmap(results.day_time_heatmap)],
    ["topics_leaderboard", topics(results.topics_leaderboard)],
    ["session_analysis", sessions(results.session_analysis)],
    ["viewing_patterns", patterns(results.viewing_patterns)],
    ["enhanced_channel_metrics", channels(results.enhanced_channel_metrics)],
    ["channel_relationships", relationships(results.channel_relationships)],
    ["topic_evolution", evolution(results.topic_evolution)],
  ];
  const width = Math.max(...lines.map(([type]) => type.length));
  return lines.map(([type, line]) => `  ${type.padEnd(width)}  ${line}`).join("\n");
}

/** Values as a line of bars, at most 60 wide: neighbours are summed where there are more. */
export function sparkline(values: readonly number[], maxWidth = 60): string {
  const perBar = Math.max(1, Math.ceil(values.length / maxWidth));
  const sums: number[] = [];
  values.forEach((value, index) => {
    const bar = Math.floor(index / perBar);
    sums[bar] = (sums[bar] ?? 0) + value;
  });
  const top = Math.max(...sums, 1);
  return sums.map((sum) => BARS[Math.ceil((sum / top) * (BARS.length - 1))] ?? "").join("");
}

function count(value: number): string {
  return numbers.format(value);
}

function names(rows: readonly { name: string; value: string }[]): string {
  return rows.length === 0 ? "none" : rows.map((row) => `${row.name} ${row.value}`).join(" · ");
}

function kpi(result: AggregationResults["kpi"]): string {
  const delta = result.ytdYoyDelta;
  const change = delta === null ? "" : ` (${delta < 0 ? "" : "+"}${count(delta)} % on last year)`;
  const hours = count(result.totalWatchTimeSeconds / 3600);
  return (
    `${count(result.totalVideos)} videos of ${count(result.uniqueChannels)} channels, ` +
    `${hours} h; this year ${count(result.ytdVideos)}${change}`
  );
}

function monthlyTrend(result: AggregationResults["monthly_trend"]): string {
  const first = result[0];
  const last = result.at(-1);
  if (first === undefined || last === undefined) return "no dated videos";
  return `${first.month} ${sparkline(result.map((row) => row.videos))} ${last.month}`;
}

function topChannels(result: AggregationResults["top_channels"]): string {
  return names(result.slice(0, 3).map((row) => ({ name: row.channel, value: count(row.videos) })));
}

function heatmap(result: AggregationResults["day_time_heatmap"]): string {
  let busiest = { day: 0, hour: 0, videos: 0 };
  result.videos.forEach((hours, day) => {
    hours.forEach((videos, hour) => {
      if (videos > busiest.videos) busiest = { day, hour, videos };
    });
  });
  if (busiest.videos === 0) return "no dated videos";
  return `busiest: ${DAYS[busiest.day] ?? ""}, ${String(busiest.hour)}:00, ${count(busiest.videos)} videos`;
}

function topics(result: AggregationResults["topics_leaderboard"]): string {
  const arrows = { up: "↑", down: "↓", stable: "→" };
  return names(
    result
      .slice(0, 4)
      .map((row) => ({ name: row.topic, value: `${count(row.videos)} ${arrows[row.trend]}` })),
  );
}

function sessions(result: AggregationResults["session_analysis"]): string {
  return (
    `${count(result.totalSessions)} sessions of ${count(result.averageVideosPerSession)} videos, ` +
    `${count(result.averageDurationMinutes)} min on average; ` +
    `longest ${count(result.longestSession?.durationMinutes ?? 0)} min`
  );
}

function patterns(result: AggregationResults["viewing_patterns"]): string {
  return `0:00 ${sparkline(result.hourly.map((row) => row.videos))} 23:00`;
}

function channels(result: AggregationResults["enhanced_channel_metrics"]): string {
  const loyal = [...result].sort((a, b) => b.loyaltyScore - a.loyaltyScore).slice(0, 3);
  return (
    "most loyal to " +
    names(loyal.map((row) => ({ name: row.channel, value: count(row.loyaltyScore) })))
  );
}

function relationships(result: AggregationResults["channel_relationships"]): string {
  const pair = result[0];
  if (pair === undefined) return "no two channels share sessions often";
  return (
    `${String(result.length)} pairs; closest: ${pair.channel1} and ${pair.channel2}, ` +
    `${count(pair.coWatchScore)} % of sessions`
  );
}

function evolution(result: AggregationResults["topic_evolution"]): string {
  return names(
    result.topics.slice(0, 3).map((row) => ({ name: row.topic, value: sparkline(row.videos, 16) })),
  );
}
