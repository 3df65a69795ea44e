import type { ReactNode } from "react";
import type { ImportReceipt } from "../../importer";
import { useFormats } from "../shared/formats";
import { ProgressBar } from "../shared/ProgressBar";
import { ReceiptDetails } from "./ReceiptDetails";
import { ReplaceUndated } from "./ReplaceUndated";
import type { ImportControl, ImportState } from "./useImport";

/** How far an import is, and what it came to. */
export function ImportReport({
  state,
  startWithAds,
  startReplacing,
  stop,
  dismiss,
}: ImportControl): ReactNode {
  switch (state.phase) {
    case "idle":
      return null;
    case "running":
      return <Running state={state} onStop={stop} />;
    case "done":
      return (
        <Done state={state} onKeepAds={startWithAds} onReplace={startReplacing} onClose={dismiss} />
      );
    case "failed":
      return (
        <section className="report failed" aria-label="Import" role="alert">
          <h2>{state.fileName} was not imported</h2>
          <p>{state.message}</p>
          <CloseButton onClose={dismiss} />
        </section>
      );
  }
}

function Running({
  state,
  onStop,
}: {
  state: Extract<ImportState, { phase: "running" }>;
  onStop: () => void;
}): ReactNode {
  const { percent, count } = useFormats();
  const { fileName, size, bytesRead, tally, waiting, isStopping } = state;
  const share = size === 0 ? 1 : bytesRead / size;
  return (
    <section className="report" aria-label="Import">
      <h2>Importing {fileName}</h2>
      <ProgressBar label="Read of the file" value={share} max={1} />
      <p>
        {percent(100 * share)} read, {count(tally.entries, "entry", "entries")};{" "}
        {count(tally.inserted + tally.undated, "new record")}, {count(tally.alreadyThere, "record")}{" "}
        already there
      </p>
      {waiting !== null && <p>Waiting: {waiting}.</p>}
      <button type="button" className="button" onClick={onStop} disabled={isStopping}>
        {isStopping ? "Stopping …" : "Stop"}
      </button>
    </section>
  );
}

const TITLES: Record<ImportReceipt["outcome"], (fileName: string) => string> = {
  complete: (fileName) => `Imported ${fileName}`,
  "ended-early": (fileName) => `${fileName} ends early`,
  refused: (fileName) => `${fileName} is no watch history`,
  stopped: (fileName) => `Import of ${fileName} stopped`,
  failed: (fileName) => `Import of ${fileName} failed`,
};

function Done({
  state: { receipt, removed },
  onKeepAds,
  onReplace,
  onClose,
}: {
  state: Extract<ImportState, { phase: "done" }>;
  onKeepAds: () => void;
  onReplace: () => void;
  onClose: () => void;
}): ReactNode {
  const { count } = useFormats();
  const ads = receipt.skipped.find(({ reason }) => reason === "ad")?.count ?? 0;
  const isComplete = receipt.outcome === "complete";
  const canGoOn = receipt.outcome === "failed" || receipt.outcome === "ended-early";
  return (
    <section
      className={isComplete ? "report" : "report failed"}
      aria-label="Import"
      role={isComplete ? "status" : "alert"}
    >
      <h2>{TITLES[receipt.outcome](receipt.fileName)}</h2>
      {removed !== null && <p>{count(removed, "watch", "watches")} without a time removed first</p>}
      <ReceiptDetails receipt={receipt} />
      {canGoOn && (
        <p>
          What was imported before stays. Import the file again to go on: nothing is added twice.
        </p>
      )}
      {isComplete && ads > 0 && (
        <p>
          {count(ads, "watch", "watches")} marked as advertisements {ads === 1 ? "was" : "were"}{" "}
          left out. Some programs mark all watches so.{" "}
          <button type="button" className="button" onClick={onKeepAds}>
            Import them, too
          </button>
        </p>
      )}
      <ReplaceUndated receipt={receipt} onReplace={onReplace} />
      <CloseButton onClose={onClose} />
    </section>
  );
}

function CloseButton({ onClose }: { onClose: () => void }): ReactNode {
  return (
    <button type="button" className="button" onClick={onClose}>
      Close
    </button>
  );
}
