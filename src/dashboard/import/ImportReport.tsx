import type { ReactNode } from "react";
import type { ImportTally } from "../../importer";
import { useFormats } from "../shared/formats";
import type { ImportControl } from "./useImport";

/** How far an import is, and what it came to. */
export function ImportReport({ state, cancel, dismiss }: ImportControl): ReactNode {
  const { percent } = useFormats();
  switch (state.phase) {
    case "idle":
      return null;
    case "running": {
      const share = state.size === 0 ? 1 : state.bytesRead / state.size;
      return (
        <section className="import-report" aria-label="Import">
          <h2>Importing {state.fileName}</h2>
          <progress value={share} aria-label="Read of the file" />
          <p>{percent(100 * share)} read</p>
          <Tally tally={state.tally} />
          <button type="button" className="button" onClick={cancel}>
            Stop
          </button>
        </section>
      );
    }
    case "done":
      return (
        <section className="import-report" aria-label="Import" role="status">
          <h2>Imported {state.fileName}</h2>
          <Tally tally={state.tally} />
          <button type="button" className="button" onClick={dismiss}>
            Close
          </button>
        </section>
      );
    case "failed":
      return (
        <section className="import-report failed" aria-label="Import" role="alert">
          <h2>Import of {state.fileName} ended early</h2>
          <p>{state.message}</p>
          <p>
            What was imported before stays. Import the file again to go on: nothing is added twice.
          </p>
          <Tally tally={state.tally} />
          <button type="button" className="button" onClick={dismiss}>
            Close
          </button>
        </section>
      );
  }
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
