import { useMutation } from "convex/react";
import type { FunctionReturnType } from "convex/server";
import type { ReactNode } from "react";
import { api } from "../../../convex/_generated/api";
import type { FilterOptions } from "../../engine";
import { AGGREGATION_TYPES, type AggregationType } from "../../engine/query";
import { useAggregations, type AggregationState, type AggregationStates } from "../../react";
import { useFormats } from "../shared/formats";
import { Menu } from "../shared/Menu";
import { ORIGIN_LABELS, originOf, PANEL_TITLES } from "../shared/vocabulary";
import { useIsConnected } from "./useIsConnected";

export type Status = FunctionReturnType<typeof api.aggregations.status>;

/**
 * Where what is shown comes from and how fresh it is.
 *
 * @param filters of what is shown; null where no aggregations are.
 */
export function StatusStrip({
  filters,
  status,
}: {
  filters: FilterOptions | null;
  status: Status | undefined;
}): ReactNode {
  const { count } = useFormats();
  const isConnected = useIsConnected();
  return (
    <section className="status-strip" aria-label="Status">
      {!isConnected && (
        <span className="offline" role="status">
          Not connected; what you see stays, and is brought up to date once the server answers
        </span>
      )}
      {filters !== null && <Sources filters={filters} />}
      {status !== undefined && (
        <>
          <span data-status="records">{count(status.recordCount, "record")}</span>
          <span data-status="pending">
            {status.pendingChanges === 0
              ? "no changes waiting"
              : `${count(status.pendingChanges, "change")} waiting`}
          </span>
          {status.lastError !== null && (
            <span className="offline">Last recompute failed: {status.lastError}</span>
          )}
          <TimeZone timeZone={status.timeZone} />
        </>
      )}
    </section>
  );
}

function Sources({ filters }: { filters: FilterOptions }): ReactNode {
  const states = useAggregations(AGGREGATION_TYPES, filters);
  return (
    <>
      <Menu label={summaryOf(states)}>
        <SourceList states={states} />
      </Menu>
      <ComputedAt states={states} />
    </>
  );
}

function summaryOf(states: AggregationStates<AggregationType>): string {
  const all = Object.values(states);
  const count = (isCounted: (state: AggregationState<AggregationType>) => boolean) =>
    all.filter(isCounted).length;
  const parts = ORIGIN_LABELS.map((label) => {
    const shown = count((state) => originOf(state) === label);
    return shown > 0 ? `${String(shown)} ${label}` : "";
  });
  const waiting = count((state) => originOf(state) === null);
  parts.push(waiting > 0 ? `${String(waiting)} waiting` : "");
  return parts.filter((part) => part !== "").join(", ");
}

function SourceList({ states }: { states: AggregationStates<AggregationType> }): ReactNode {
  const { time } = useFormats();
  return (
    <table className="sources">
      <caption>Where each panel comes from</caption>
      <tbody>
        {AGGREGATION_TYPES.map((type) => {
          const { computedAt, isStale, status } = states[type];
          return (
            <tr key={type}>
              <th scope="row">{PANEL_TITLES[type]}</th>
              <td>{originOf(states[type]) ?? status}</td>
              <td>{computedAt === null ? "" : time(computedAt)}</td>
              <td>{isStale ? "updating" : ""}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** The oldest of what is shown. */
function ComputedAt({ states }: { states: AggregationStates<AggregationType> }): ReactNode {
  const { dateTime } = useFormats();
  const times = Object.values(states)
    .map(({ computedAt }) => computedAt)
    .filter((at) => at !== null);
  if (times.length === 0) return null;
  const oldest = Math.min(...times);
  return (
    <span>
      computed <time dateTime={new Date(oldest).toISOString()}>{dateTime(oldest)}</time>
    </span>
  );
}

/** The zone days are counted in, and a way to the browser's own where it is another. */
function TimeZone({ timeZone }: { timeZone: string }): ReactNode {
  const setTimeZone = useMutation(api.settings.setTimeZone);
  const own = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <span>
      times in {timeZone}
      {own !== timeZone && (
        <button
          type="button"
          className="button quiet"
          onClick={() => void setTimeZone({ timeZone: own })}
        >
          Use {own}
        </button>
      )}
    </span>
  );
}
