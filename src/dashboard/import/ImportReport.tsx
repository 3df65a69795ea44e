import type { ReactNode } from "react";
import type { ImportTally } from "../../importer";
import { useFormats } from "../shared/formats";
import type { ImportControl, ImportState } from "./useImport";

/** How far an import is, and what it came to. */
export function ImportReport({ state, cancel, dismiss }: ImportControl): ReactNode {
  switch (state.phase) {
    case "idle":
      return null;
    case "running":
      return <Running state={state} onStop={cancel} />;
    case "done":
      return <Report title={`Imported ${state.fileName}`} tally={state.tally} onClose={dismiss} />;
    case "failed":
      return (
        <Report
          title={`Import of ${state.fileName} ended early`}
          tally={state.tally}
          message={state.message}
          onClose={dismiss}
        />
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
  const { percent } = useFormats();
  const share = state.size === 0 ? 1 : state.bytesRead / state.size;
  return (
    <section className="import-report" aria-label="Import">
      <h2>Importing {state.fileName}</h2>
      <progress value={share} aria-label="Read of the file" />
      <p>{percent(100 * share)} read</p>
      <Tally tally={state.tally} />
      <button type="button" className="button" onClick={onStop}>
        Stop
      </button>
    </section>
  );
}

function Report({
  title,
  tally,
  message,
  onClose,
}: {
  title: string;
  tally: ImportTally;
  /** Why it ended early, where it did. */
  message?: string;
  onClose: () => void;
}): ReactNode {
  const hasFailed = message !== undefined;
  return (
    <section
      className={hasFailed ? "import-report failed" : "import-report"}
      aria-label="Import"
      role={hasFailed ? "alert" : "status"}
    >
      <h2>{title}</h2>
      {hasFailed && <p>{message}</p>}
      {hasFailed && (
        <p>
          What was imported before stays. Import the file again to go on: nothing is added twice.
        </p>
      )}
      <Tally tally={tally} />
      <button type="button" className="button" onClick={onClose}>
        Close
      </button>
    </section>
  );
}

function Tally({ tally }: { tally: ImportTally }): ReactNode {
  const { number } = useFormats();
  const rows: [string, number][] = [
    ["entries read", tally.entries],
    ["new records", tally.inserted],
    ["already there", tally.duplicates],
    ...Object.entries(tally.skipped).map(([reason, count]): [string, number] => [
      `skipped: ${SKIP_REASONS[reason] ?? reason}`,
      count,
    ]),
    ...Object.entries(tally.rejected).map(([reason, count]): [string, number] => [
      `refused: ${reason}`,
      count,
    ]),
    ["of the records, without a time", tally.undated],
  ];
  return (
    <dl className="facts">
      {rows.map(([name, count]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{number(count)}</dd>
        </div>
      ))}
    </dl>
  );
}

const SKIP_REASONS: Record<string, string> = {
  ad: "advertisements",
  "not-a-video": "not a video",
  malformed: "unreadable entries",
};
