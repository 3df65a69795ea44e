import { useMemo, type ReactNode } from "react";
import type { FilterOptions, ViewingPatterns } from "../../engine";
import { useAggregation } from "../../react";
import { BarChart } from "../charts/BarChart";
import { useFormats } from "../shared/formats";
import { Panel } from "./Panel";

interface Bin {
  name: string;
  tick: string;
  videos: number;
  percentage: number;
}

/** Videos by hour, weekday, week of the month and month of the year. */
export function ViewingPatternsPanel({ filters }: { filters: FilterOptions }): ReactNode {
  const state = useAggregation("viewing_patterns", filters);
  const isEmpty = ({ daily }: ViewingPatterns) => daily.every(({ videos }) => videos === 0);
  return (
    <Panel type="viewing_patterns" state={state} isEmpty={isEmpty}>
      {(data) => <Patterns data={data} />}
    </Panel>
  );
}

function Patterns({ data }: { data: ViewingPatterns }): ReactNode {
  const { hour, weekday, monthOfYear } = useFormats();
  const hourly = useMemo(
    () => data.hourly.map((bin) => ({ ...bin, name: hour(bin.hour), tick: hour(bin.hour) })),
    [data, hour],
  );
  const daily = useMemo(
    () =>
      data.daily.map((bin) => ({
        ...bin,
        name: weekday(bin.dayOfWeek, "long"),
        tick: weekday(bin.dayOfWeek),
      })),
    [data, weekday],
  );
  const weekly = useMemo(
    () =>
      data.weekly.map((bin) => ({
        ...bin,
        name: `Week ${String(bin.weekOfMonth)}`,
        tick: String(bin.weekOfMonth),
      })),
    [data],
  );
  const monthly = useMemo(
    () =>
      data.monthly.map((bin) => ({
        ...bin,
        name: monthOfYear(bin.month),
        tick: monthOfYear(bin.month),
      })),
    [data, monthOfYear],
  );
  return (
    <div className="small-charts">
      <Pattern title="Hour of the day" bins={hourly} />
      <Pattern title="Day of the week" bins={daily} />
      <Pattern title="Week of the month" bins={weekly} />
      <Pattern title="Month of the year" bins={monthly} />
    </div>
  );
}

function Pattern({ title, bins }: { title: string; bins: readonly Bin[] }): ReactNode {
  const { percent } = useFormats();
  const bars = useMemo(
    () => bins.map(({ name, tick, percentage }) => ({ name, tick, value: percentage })),
    [bins],
  );
  const fullest = bins.reduce((a, b) => (b.videos > a.videos ? b : a));
  return (
    <div>
      <h3>{title}</h3>
      <BarChart
        label={`Share of videos by ${title.toLowerCase()}`}
        data={bars}
        format={percent}
        formatTick={percent}
        summary={`Most: ${fullest.name}, ${percent(fullest.percentage)}`}
        height={140}
      />
    </div>
  );
}
