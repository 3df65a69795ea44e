import type { ReactNode } from "react";
import type { AggregationType } from "../../engine/query";
import type { AggregationState } from "../../react";
import { useFormats } from "../shared/formats";
import { originOf } from "../shared/vocabulary";

/** Where a panel's data came from, and whether newer data is on its way. */
export function SourceBadge({ state }: { state: AggregationState<AggregationType> }): ReactNode {
  const { dateTime } = useFormats();
  if (state.status !== "success") return null;
  return (
    <span
      className={`badge ${state.source} ${state.isStale ? "stale" : ""}`}
      title={`Computed ${dateTime(state.computedAt)}`}
    >
      {state.isStale ? "updating" : originOf(state)}
    </span>
  );
}
