import type { ReactNode } from "react";
import type { FilterOptions, KpiMetrics } from "../../engine";
import { useAggregation } from "../../react";
import { useFormats } from "../shared/formats";
import { Panel } from "./Panel";

/** Totals of the filter, and the year, quarter and month so far against a year before. */
export function KpiPanel({ filters }: { filters: FilterOptions }): ReactNode {
  const state = useAggregation("kpi", filters);
  return (
    <Panel type="kpi" state={state} isEmpty={() => false} size="full">
      {(data) => <Cards data={data} />}
    </Panel>
  );
}

function Cards({ data }: { data: KpiMetrics }): ReactNode {
  const { number, duration } = useFormats();
  return (
    <dl className="cards">
      <Card name="Videos" value={number(data.totalVideos)} />
      <Card name="Channels" value={number(data.uniqueChannels)} />
      <Card name="Watch time" value={duration(data.totalWatchTimeSeconds)} />
      <Card name="This year" value={number(data.ytdVideos)} change={data.ytdYoyDelta} />
      <Card name="This quarter" value={number(data.qtdVideos)} change={data.qtdYoyDelta} />
      <Card name="This month" value={number(data.mtdVideos)} change={data.mtdYoyDelta} />
    </dl>
  );
}

function Card({
  name,
  value,
  change,
}: {
  name: string;
  value: string;
  /** In percent against the same days a year before; null without any. */
  change?: number | null;
}): ReactNode {
  return (
    <div className="card">
      <dt>{name}</dt>
      <dd>
        <span className="figure">{value}</span>
        {change !== undefined && <YearOnYear change={change} />}
      </dd>
    </div>
  );
}

function YearOnYear({ change }: { change: number | null }): ReactNode {
  const formats = useFormats();
  if (change === null) return <span className="change">nothing a year before</span>;
  const direction = change > 0 ? "up" : change < 0 ? "down" : "";
  const arrow = change > 0 ? "▲ " : change < 0 ? "▼ " : "";
  return (
    <span className={`change ${direction}`}>
      <span aria-hidden="true">{arrow}</span>
      {formats.change(change)} <span className="faint">on last year</span>
    </span>
  );
}
