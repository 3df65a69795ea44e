import { useCallback, useMemo, type ReactNode } from "react";
import type { FilterOptions, TopicEvolution } from "../../engine";
import { useAggregation } from "../../react";
import { StackedShares, type ShareSeries } from "../charts/StackedShares";
import { useFormats, type Formats } from "../shared/formats";
import { Panel } from "./Panel";

/** Topics drawn by themselves; the rest together, so that each area can be told apart. */
const MAX_SERIES = 7;
const REST = "All other topics";

/** Shares of topics over the months. */
export function TopicEvolutionPanel({ filters }: { filters: FilterOptions }): ReactNode {
  const state = useAggregation("topic_evolution", filters);
  return (
    <Panel
      type="topic_evolution"
      state={state}
      isEmpty={(data) => data.topics.length === 0}
      size="two-thirds"
    >
      {(data) => <Evolution data={data} />}
    </Panel>
  );
}

function Evolution({ data }: { data: TopicEvolution }): ReactNode {
  const formats = useFormats();
  const series = useMemo(() => seriesOf(data), [data]);
  const months = useMemo(() => data.months.map(formats.month), [data, formats]);
  const readout = useCallback(
    (index: number | null) => describe(data, series, formats, index),
    [data, series, formats],
  );
  const table = useMemo(
    () => ({
      columns: ["Month", ...series.map(({ name }) => name)],
      rows: months.map((month, index) => [
        month,
        ...series.map(({ values }) => formats.number(values[index] ?? 0)),
      ]),
    }),
    [series, months, formats],
  );
  return (
    <>
      <StackedShares
        label="Shares of topics by month"
        ticks={months}
        series={series}
        readout={readout}
        table={table}
      />
      <Legend data={data} series={series} />
    </>
  );
}

function seriesOf({ topics, months }: TopicEvolution): ShareSeries[] {
  const shown = topics.length === MAX_SERIES + 1 ? topics : topics.slice(0, MAX_SERIES);
  const rest = topics.slice(shown.length);
  const series = shown.map(({ topic, videos }) => ({ name: topic, values: videos }));
  if (rest.length === 0) return series;
  const sums = months.map((_, month) =>
    rest.reduce((sum, { videos }) => sum + (videos[month] ?? 0), 0),
  );
  return [...series, { name: REST, values: sums }];
}

function describe(
  data: TopicEvolution,
  series: readonly ShareSeries[],
  { month, number, count }: Formats,
  index: number | null,
): string {
  if (index === null) return count(data.months.length, "month");
  const total = series.reduce((sum, { values }) => sum + (values[index] ?? 0), 0);
  const shares = series
    .map(({ name, values }) => ({ name, share: (100 * (values[index] ?? 0)) / Math.max(total, 1) }))
    .sort((a, b) => b.share - a.share)
    .slice(0, 3)
    .map(({ name, share }) => `${name} ${String(Math.round(share))} %`);
  const videos = number(data.monthVideos[index] ?? 0);
  return `${month(data.months[index]!)}: ${videos} videos; ${shares.join(", ")}`;
}

function Legend({
  data,
  series,
}: {
  data: TopicEvolution;
  series: readonly ShareSeries[];
}): ReactNode {
  const { percent, change, month } = useFormats();
  const topics = new Map(data.topics.map((topic) => [topic.topic, topic]));
  return (
    <ul className="legend">
      {series.map(({ name }, index) => {
        const topic = topics.get(name);
        return (
          <li key={name}>
            <span className={`swatch series-${String(index)}`} aria-hidden="true" />
            <strong>{name}</strong>
            {topic !== undefined && (
              <span className="faint">
                {percent(topic.averageShare)} of videos, most in {month(topic.peakMonth)}
                {topic.growthRate !== null && `, ${change(topic.growthRate)} in three months`}
              </span>
            )}
          </li>
        );
      })}
    </ul>
  );
}
