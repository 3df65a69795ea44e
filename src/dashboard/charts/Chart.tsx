import { useParentSize } from "@visx/responsive";
import type { ReactNode } from "react";
import { useIsIdle } from "../shared/useIsIdle";
import type { Active } from "./useActive";

/** A chart's data once more, for who reads it by ear. */
export interface ChartTable {
  columns: readonly string[];
  rows: readonly (readonly string[])[];
}

const FIRST_WIDTH = 600;

/**
 * The frame of a chart: as wide as its place, reachable by keyboard, with a line below that reads
 * out what is looked at, and the data as a table that only screen readers see.
 */
export function Chart({
  label,
  height,
  active,
  readout,
  table,
  children,
}: {
  label: string;
  height: number;
  active: Active;
  readout: ReactNode;
  table: ChartTable;
  children: (width: number) => ReactNode;
}): ReactNode {
  const { parentRef, width } = useParentSize({
    debounceTime: 0,
    initialSize: { width: FIRST_WIDTH, height },
  });
  const isIdle = useIsIdle();
  return (
    <figure className="chart">
      <div
        ref={parentRef}
        className="chart-area"
        style={{ height }}
        role="group"
        aria-label={`${label}; arrow keys read out the values`}
        tabIndex={0}
        onKeyDown={active.onKeyDown}
        onPointerLeave={() => active.set(null)}
        onBlur={() => active.set(null)}
      >
        <svg width={width} height={height} aria-hidden="true">
          {children(width)}
        </svg>
      </div>
      <figcaption className="readout" aria-live="polite">
        {readout}
      </figcaption>
      {isIdle && <HiddenTable caption={label} table={table} />}
    </figure>
  );
}

function HiddenTable({ caption, table }: { caption: string; table: ChartTable }): ReactNode {
  return (
    <div className="visually-hidden">
      <table>
        <caption>{caption}</caption>
        <thead>
          <tr>
            {table.columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.map((row) => (
            <tr key={row[0]}>
              {row.map((cell, index) => (
                <td key={table.columns[index]}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
