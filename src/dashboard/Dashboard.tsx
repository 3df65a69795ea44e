import { lazy, Suspense, useState, type ReactNode } from "react";
import { api } from "../../convex/_generated/api";
import type { FilterOptions } from "../engine";
import { exportTimeZone } from "../importer";
import { useAggregation } from "../react";
import { FilterBar } from "./filters/FilterBar";
import { useFilters } from "./filters/useFilters";
import { DropZone } from "./import/DropZone";
import { ImportButton } from "./import/ImportButton";
import { ImportHistory } from "./import/ImportHistory";
import { ImportReport } from "./import/ImportReport";
import { useImport } from "./import/useImport";
import { Welcome } from "./import/Welcome";
import { OperationsLink } from "./operations/OperationsLink";
import { useView } from "./operations/useView";
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
import { useQuietQuery } from "./shared/useQuietQuery";
import { StatusStrip, type Status } from "./status/StatusStrip";

const BROWSER_TIME_ZONE = new Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Few people see it, so few load it. */
const Operations = lazy(() => import("./operations/Operations"));

/** The whole page of a signed-in user. */
export function Dashboard(): ReactNode {
  const status = useStatus();
  const view = useView();
  const control = useFilters();
  const importing = useImport(exportTimeZone(status?.timeZone, BROWSER_TIME_ZONE));
  const isBusy = importing.state.phase === "running";
  const button = <ImportButton onFile={importing.start} isBusy={isBusy} />;
  const panels = <Panels filters={control.filters} />;
  const mayBeNew = status?.recordCount === 0 && status.pendingChanges === 0 && !isBusy;
  return (
    <FormatsProvider timeZone={status?.timeZone ?? BROWSER_TIME_ZONE}>
      <a className="skip-link" href="#panels">
        Skip to the charts
      </a>
      <header className="page-header">
        <h1>{view === "operations" ? "Operations" : "Watch history"}</h1>
        <ThemeButton />
        <OperationsLink view={view} />
        <ImportHistory />
        {button}
      </header>
      {view === "history" && <FilterBar {...control} />}
      <main id="panels">
        {view === "history" && <StatusStrip filters={control.filters} status={status} />}
        <ImportReport {...importing} />
        {view === "operations" ? (
          <Suspense fallback={<p aria-busy>Loading …</p>}>
            <Operations />
          </Suspense>
        ) : mayBeNew ? (
          <WelcomeIfNew>{panels}</WelcomeIfNew>
        ) : (
          panels
        )}
      </main>
      <DropZone onFile={importing.start} />
    </FormatsProvider>
  );
}

/** Where the user's aggregations stand; the last that was known while there is no connection. */
function useStatus(): Status | undefined {
  const latest = useQuietQuery(api.aggregations.status);
  const [known, setKnown] = useState(latest);
  if (latest !== undefined && latest !== known) setKnown(latest);
  return latest ?? known;
}

const EVERYTHING = { timeframe: "All", product: "All", topics: [], channels: [] } as const;

/**
 * The welcome of who has no records, else the panels. The server's status counts the records that
 * are aggregated: where the browser computes, there may be others.
 */
function WelcomeIfNew({ children }: { children: ReactNode }): ReactNode {
  const { data, isStale } = useAggregation("kpi", EVERYTHING);
  const isNew = data !== undefined && !isStale && data.totalVideos === 0;
  return isNew ? <Welcome /> : children;
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
