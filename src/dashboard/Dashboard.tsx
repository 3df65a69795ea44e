import { useQuery } from "convex/react";
import type { ReactNode } from "react";
import { api } from "../../convex/_generated/api";
import type { FilterOptions } from "../engine";
import { useAggregation } from "../react";
import { FilterBar } from "./filters/FilterBar";
import { useFilters } from "./filters/useFilters";
import { DropZone } from "./import/DropZone";
import { ImportButton } from "./import/ImportButton";
import { ImportReport } from "./import/ImportReport";
import { useImport } from "./import/useImport";
import { Welcome } from "./import/Welcome";
import { ChannelTablePanel } from "./panels/ChannelTablePanel";
import { HeatmapPanel } from "./panels/HeatmapPanel";
import { KpiPanel } from "./panels/KpiPanel";
import { MonthlyTrendPanel } from "./panels/MonthlyTrendPanel";
import { RelationshipsPanel } from "./panels/RelationshipsPanel";
import { SessionsPanel } from "./panels/SessionsPanel";
import { TopChannelsPanel } from "./panels/TopChannelsPanel";
import { TopicEvolutionPanel } from "./panels/TopicEvolutionPanel";
import { TopicsPanel } from "./panels/TopicsPanel";
import { ViewingPatternsPanel } from "./panels/ViewingPatternsPanel";
import { FormatsProvider } from "./shared/formats";
import { ThemeButton } from "./shared/theme";
import { StatusStrip } from "./status/StatusStrip";

const BROWSER_TIME_ZONE = new Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The whole page of a signed-in user. */
export function Dashboard(): ReactNode {
  const control = useFilters();
  const status = useQuery(api.aggregations.status, {});
  const importing = useImport();
  const isBusy = importing.state.phase === "running";
  const isWelcoming = useIsWithoutRecords() && !isBusy;
  const button = <ImportButton onFile={importing.start} isBusy={isBusy} />;
  return (
    <FormatsProvider timeZone={status?.timeZone ?? BROWSER_TIME_ZONE}>
      <a className="skip-link" href="#panels">
        Skip to the charts
      </a>
      <header className="page-header">
        <h1>Watch history</h1>
        <ThemeButton />
        {!isWelcoming && button}
      </header>
      <FilterBar {...control} />
      <main id="panels">
        <StatusStrip filters={control.filters} status={status} />
        <ImportReport {...importing} />
        {isWelcoming ? <Welcome>{button}</Welcome> : <Panels filters={control.filters} />}
      </main>
      <DropZone onFile={importing.start} />
    </FormatsProvider>
  );
}

const EVERYTHING = { timeframe: "All", product: "All", topics: [], channels: [] } as const;

/** Known for certain: neither while loading nor while changes wait. */
function useIsWithoutRecords(): boolean {
  const { data, isStale } = useAggregation("kpi", EVERYTHING);
  return data !== undefined && !isStale && data.totalVideos === 0;
}

function Panels({ filters }: { filters: FilterOptions }): ReactNode {
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
