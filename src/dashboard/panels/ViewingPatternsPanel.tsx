import { useMemo, type ReactNode } from "react";
import type { FilterOptions, ViewingPatterns } from "../../engine";
import { useAggregation } from "../../react";
import { BarChart } from "../charts/BarChart";
import { useFormats, type Formats } from "../shared/formats";
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
  const formats = useFormats();
  const bins = useMemo(() => nameBins(data, formats), [data, formats]);
  return (
    <div className="small-charts">
      <Pattern title="Hour of the day" bins={bins.hourly} />
      <Pattern title="Day of the week" bins={bins.daily} />
      <Pattern title="Week of the month" bins={bins.weekly} />
      <Pattern title="Month of the year" bins={bins.monthly} />
    </div>
  );
}

function nameBins(data: ViewingPatterns, { hour, weekday, monthOfYear }: Formats) {
  const named = (name: string, tick = name) => ({ name, tick });
  return {
    hourly: data.hourly.map((bin) => ({ ...bin, ...named(hour(bin.hour)) })),
    daily: data.daily.map((bin) => ({
      ...bin,
      ...named(weekday(bin.dayOfWeek, "long"), weekday(bin.dayOfWeek)),
    })),
    weekly: data.weekly.map((bin) => ({
      ...bin,
      ...named(`Week ${String(bin.weekOfMonth)}`, String(bin.weekOfMonth)),
    })),
    monthly: data.monthly.map((bin) => ({ ...bin, ...named(monthOfYear(bin.month)) })),
  };
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
