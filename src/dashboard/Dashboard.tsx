import { lazy, Suspense, useCallback, useEffect, useState, type ReactNode } from "react";
import { api } from "../../convex/_generated/api";
import { exportTimeZone } from "../importer";
import { AccountMenu } from "./erasure/AccountMenu";
import { ErasureReport } from "./erasure/ErasureReport";
import { useErasure, type ErasureControl } from "./erasure/useErasure";
import { FilterBar } from "./filters/FilterBar";
import { useFilters } from "./filters/useFilters";
import type { ChosenFile } from "./import/chosenFiles";
import { DropZone } from "./import/DropZone";
import { ImportButton } from "./import/ImportButton";
import { ImportHistory } from "./import/ImportHistory";
import { ImportReport } from "./import/ImportReport";
import { useHasRecords } from "./import/useHasRecords";
import { useImport, type ImportControl } from "./import/useImport";
import { Welcome } from "./import/Welcome";
import { OperationsLink } from "./operations/OperationsLink";
import { useView, type View } from "./operations/useView";
import { Panels } from "./panels/Panels";
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
  const erasure = useErasure();
  const importing = useImportBesides(erasure, status);
  const content = useContent(status, importing);
  const isHistory = view === "history" && !erasure.isErasing;
  const { filters } = control;
  return (
    <FormatsProvider timeZone={status?.timeZone ?? BROWSER_TIME_ZONE}>
      <a className="skip-link" href="#panels">
        Skip to the charts
      </a>
      <Header view={view} erasure={erasure} importing={importing} />
      {isHistory && <FilterBar {...control} />}
      <main id="panels">
        {isHistory && (
          <StatusStrip filters={content === "panels" ? filters : null} status={status} />
        )}
        <ErasureReport {...erasure} />
        <ImportReport {...importing} />
        {view === "operations" && (
          <Suspense fallback={<p aria-busy>Loading …</p>}>
            <Operations />
          </Suspense>
        )}
        {isHistory && content === "welcome" && <Welcome />}
        {isHistory && content === "panels" && <Panels filters={filters} />}
      </main>
    </FormatsProvider>
  );
}

function Header({
  view,
  erasure,
  importing: { state, start },
}: {
  view: View;
  erasure: ErasureControl;
  importing: ImportControl;
}): ReactNode {
  const { isErasing } = erasure;
  const isBusy = state.phase === "running";
  return (
    <>
      <header className="page-header">
        <h1>{view === "operations" ? "Operations" : "Watch history"}</h1>
        <ThemeButton />
        <OperationsLink view={view} />
        <AccountMenu erasure={erasure} isImporting={isBusy} />
        <ImportHistory />
        {!isErasing && <ImportButton onFiles={start} isBusy={isBusy} />}
      </header>
      <DropZone
        onFiles={start}
        refusal={isErasing ? "Nothing can be imported while your data is being erased" : null}
      />
    </>
  );
}

/** Where the user's aggregations stand; the last that was known while there is no connection. */
function useStatus(): Status | undefined {
  const latest = useQuietQuery(api.aggregations.status);
  const [known, setKnown] = useState(latest);
  if (latest !== undefined && latest !== known) setKnown(latest);
  return latest ?? known;
}

/** Imports that an erasure breaks off, wherever that was begun: nothing is to be sent after it. */
function useImportBesides(
  { isErasing, dismiss }: ErasureControl,
  status: Status | undefined,
): ImportControl {
  const importing = useImport(exportTimeZone(status?.timeZone, BROWSER_TIME_ZONE));
  const { start: startImport, abandon } = importing;
  useEffect(() => {
    if (isErasing) abandon();
  }, [isErasing, abandon]);
  const start = useCallback(
    (files: readonly ChosenFile[]) => {
      dismiss(); // that everything was erased is over
      startImport(files);
    },
    [dismiss, startImport],
  );
  return { ...importing, start };
}

/**
 * What the page shows of the history. The server's status counts the records that are aggregated:
 * where the browser computes, there may be others. Of a user without records nothing is asked for:
 * it would be stored.
 */
function useContent(
  status: Status | undefined,
  { state }: ImportControl,
): "panels" | "welcome" | "nothing" {
  const mayBeNew = status?.recordCount === 0 && status.pendingChanges === 0;
  const hasRecords = useHasRecords(mayBeNew);
  if (!mayBeNew || hasRecords === true) return "panels";
  return hasRecords === undefined || state.phase === "running" ? "nothing" : "welcome";
}
