import { useMemo, useState, type ReactNode } from "react";
import type { FilterOptions, MonthlyTrend } from "../../engine";
import { useAggregation } from "../../react";
import { BarChart } from "../charts/BarChart";
import { Choice } from "../filters/Choice";
import { useFormats } from "../shared/formats";
import { Panel } from "./Panel";

const MEASURES = ["videos", "watchTimeSeconds", "uniqueChannels"] as const;
type Measure = (typeof MEASURES)[number];
const MEASURE_LABELS: Record<Measure, string> = {
  videos: "Videos",
  watchTimeSeconds: "Time",
  uniqueChannels: "Channels",
};

/** Videos, watch time or channels of every month. */
export function MonthlyTrendPanel({ filters }: { filters: FilterOptions }): ReactNode {
  const state = useAggregation("monthly_trend", filters);
  return (
    <Panel
      type="monthly_trend"
      state={state}
      isEmpty={(data) => data.length === 0}
      size="two-thirds"
    >
      {(data) => <Trend data={data} />}
    </Panel>
  );
}

function Trend({ data }: { data: MonthlyTrend }): ReactNode {
  const { month, number, count, compact, duration } = useFormats();
  const [measure, setMeasure] = useState<Measure>("videos");
  const bars = useMemo(
    () =>
      data.map((row) => ({ tick: month(row.month), name: month(row.month), value: row[measure] })),
    [data, measure, month],
  );
  const format = measure === "watchTimeSeconds" ? duration : number;
  const total = data.reduce((sum, row) => sum + row[measure], 0);
  const average = format(Math.round(total / data.length));
  return (
    <>
      <Choice
        legend="Measure"
        options={MEASURES}
        labels={MEASURE_LABELS}
        value={measure}
        onChange={setMeasure}
      />
      <BarChart
        label={`${MEASURE_LABELS[measure]} by month`}
        data={bars}
        format={format}
        formatTick={measure === "watchTimeSeconds" ? duration : compact}
        summary={`${count(data.length, "month")}, ${average} a month on average`}
        height={230}
      />
    </>
  );
}
