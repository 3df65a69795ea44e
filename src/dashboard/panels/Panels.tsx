import type { ReactNode } from "react";
import type { FilterOptions } from "../../engine";
import { ChannelTablePanel } from "./ChannelTablePanel";
import { HeatmapPanel } from "./HeatmapPanel";
import { KpiPanel } from "./KpiPanel";
import { MonthlyTrendPanel } from "./MonthlyTrendPanel";
import { RelationshipsPanel } from "./RelationshipsPanel";
import { SessionsPanel } from "./SessionsPanel";
import { TopChannelsPanel } from "./TopChannelsPanel";
import { TopicEvolutionPanel } from "./TopicEvolutionPanel";
import { TopicsPanel } from "./TopicsPanel";
import { ViewingPatternsPanel } from "./ViewingPatternsPanel";

/** All panels, each of one aggregation. */
export function Panels({ filters }: { filters: FilterOptions }): ReactNode {
  return (
    <div className="panels">
      <KpiPanel filters={filters} />
      <MonthlyTrendPanel filters={filters} />
      <TopChannelsPanel filters={filters} />
      <TopicEvolutionPanel filters={filters} />
      <TopicsPanel filters={filters} />
      <HeatmapPanel filters={filters} />
      <SessionsPanel filters={filters} />
      <ViewingPatternsPanel filters={filters} />
      <RelationshipsPanel filters={filters} />
      <ChannelTablePanel filters={filters} />
    </div>
  );
}
