import { useId, type ReactNode } from "react";
import type { AggregationType } from "../../engine/query";
import type { AggregationState, DownloadProgress } from "../../react";
import { useFormats } from "../shared/formats";
import { PANEL_TITLES } from "../shared/vocabulary";
import { SourceBadge } from "./SourceBadge";

type SuccessData<T extends AggregationType> = Extract<
  AggregationState<T>,
  { status: "success" }
>["data"];

/**
 * The frame of a panel, and all its states but the one with data: waiting, empty, failed. While
 * newer data is on its way the earlier stays and a bar at the top moves.
 */
export function Panel<T extends AggregationType>({
  type,
  state,
  isEmpty,
  emptyText = "Nothing watched within these filters.",
  size = "half",
  children,
}: {
  type: T;
  state: AggregationState<T>;
  isEmpty: (data: SuccessData<T>) => boolean;
  emptyText?: string;
  size?: "half" | "full" | "third" | "two-thirds";
  children: (data: SuccessData<T>) => ReactNode;
}): ReactNode {
  const id = useId();
  return (
    <section
      className={`panel ${size}`}
      aria-labelledby={id}
      aria-busy={state.loading}
      data-panel={type}
      data-status={state.status}
      data-source={state.source ?? undefined}
      data-stale={state.isStale}
    >
      {state.status === "success" && state.loading && <div className="working" />}
      <header>
        <h2 id={id}>{PANEL_TITLES[type]}</h2>
        <SourceBadge state={state} />
      </header>
      <PanelBody state={state} isEmpty={isEmpty} emptyText={emptyText}>
        {children}
      </PanelBody>
    </section>
  );
}

function PanelBody<T extends AggregationType>({
  state,
  isEmpty,
  emptyText,
  children,
}: {
  state: AggregationState<T>;
  isEmpty: (data: SuccessData<T>) => boolean;
  emptyText: string;
  children: (data: SuccessData<T>) => ReactNode;
}): ReactNode {
  switch (state.status) {
    case "pending":
      return <Waiting progress={state.progress} />;
    case "error":
      return (
        <div className="panel-message" role="alert">
          <p>This could not be loaded: {state.error.message}</p>
          <p className="faint">
            Your records are safe; it is tried again by itself. ({state.error.code})
          </p>
        </div>
      );
    case "success":
      if (isEmpty(state.data)) {
        return <p className="panel-message faint">{emptyText}</p>;
      }
      return children(state.data);
  }
}

function Waiting({ progress }: { progress: DownloadProgress | null }): ReactNode {
  const { number } = useFormats();
  return (
    <div className="skeleton">
      <div />
      <div />
      <div />
      {progress !== null && (
        <p className="faint">
          Computing in this browser: {number(progress.loaded)}
          {progress.total !== null && ` of ${number(progress.total)}`} records loaded
        </p>
      )}
    </div>
  );
}
