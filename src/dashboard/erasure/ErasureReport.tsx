import type { ReactNode } from "react";
import { useFormats } from "../shared/formats";
import { ProgressBar } from "../shared/ProgressBar";
import { useIsConnected } from "../status/useIsConnected";
import type { ErasureControl, ErasureState } from "./useErasure";

/** How far an erasure is, and how it ended. */
export function ErasureReport({
  state,
  dismiss,
}: Pick<ErasureControl, "state" | "dismiss">): ReactNode {
  switch (state.phase) {
    case "idle":
      return null;
    case "asked":
    case "running":
      return <UnderWay state={state} />;
    case "done":
      return (
        <section className="report" aria-label="Erasure" role="status">
          <h2>Everything was erased</h2>
          <p>Nothing of your history, its results, your settings or receipts is left.</p>
          <CloseButton onClose={dismiss} />
        </section>
      );
    case "failed":
      return (
        <section className="report failed" aria-label="Erasure" role="alert">
          <h2>Nothing was erased</h2>
          <p>{state.message}</p>
          <CloseButton onClose={dismiss} />
        </section>
      );
  }
}

function UnderWay({
  state,
}: {
  state: Extract<ErasureState, { phase: "asked" | "running" }>;
}): ReactNode {
  const isConnected = useIsConnected();
  const { deleted, expected } = state.phase === "running" ? state : { deleted: 0, expected: 0 };
  return (
    <section className="report" aria-label="Erasure" aria-busy>
      <h2>Erasing your data</h2>
      <ProgressBar label="Erased" value={expected > 0 ? deleted : null} max={expected} />
      <p>
        <Amount deleted={deleted} expected={expected} />
      </p>
      {!isConnected && <p className="warning">Not connected; it goes on, and shows here again.</p>}
      <p className="faint">
        It goes on if you leave this page. Nothing can be imported until it has ended.
      </p>
    </section>
  );
}

/** Only records are expected; what was made of them is deleted after them. */
function Amount({ deleted, expected }: { deleted: number; expected: number }): ReactNode {
  const { number, count } = useFormats();
  if (deleted < expected) return `${number(deleted)} of ${count(expected, "record")} erased`;
  if (expected === 0) return "Looking for what there is …";
  return `All ${count(expected, "record")} erased; results, settings and receipts are next`;
}

function CloseButton({ onClose }: { onClose: () => void }): ReactNode {
  return (
    <button type="button" className="button" onClick={onClose}>
      Close
    </button>
  );
}
