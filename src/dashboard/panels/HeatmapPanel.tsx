import type { ReactNode } from "react";
import type { DayTimeHeatmap, FilterOptions } from "../../engine";
import { useAggregation } from "../../react";
import { Heatmap } from "../charts/Heatmap";
import { useFormats } from "../shared/formats";
import { Panel } from "./Panel";

/** Videos by weekday and hour. */
export function HeatmapPanel({ filters }: { filters: FilterOptions }): ReactNode {
  const state = useAggregation("day_time_heatmap", filters);
  const isEmpty = ({ videos }: DayTimeHeatmap) => videos.flat().every((count) => count === 0);
  return (
    <Panel type="day_time_heatmap" state={state} isEmpty={isEmpty} size="full">
      {(data) => <Week videos={data.videos} />}
    </Panel>
  );
}

function Week({ videos }: { videos: DayTimeHeatmap["videos"] }): ReactNode {
  const { weekday, hour, number } = useFormats();
  const cells = videos.flat();
  const fullest = cells.indexOf(Math.max(...cells));
  const day = weekday(Math.floor(fullest / 24), "long");
  return (
    <Heatmap
      label="Videos by weekday and hour"
      rows={videos}
      rowName={weekday}
      columnName={hour}
      format={number}
      summary={`Most on ${day} at ${hour(fullest % 24)}`}
    />
  );
}
