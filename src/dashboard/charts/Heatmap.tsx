import { Group } from "@visx/group";
import { scaleBand, scaleLinear } from "@visx/scale";
import { memo, useMemo, type ReactNode } from "react";
import { Chart } from "./Chart";
import { useActive, type Active } from "./useActive";

const ROW_HEIGHT = 26;
const MARGIN = { top: 4, left: 40, bottom: 22 };
/** Opacity of a cell with one video, and of one without. */
const FAINTEST = 0.12;
const EMPTY = 0.05;

interface HeatmapProps {
  label: string;
  rows: readonly (readonly number[])[];
  rowName: (row: number, style: "short" | "long") => string;
  columnName: (column: number) => string;
  format: (value: number) => string;
  summary: string;
}

/** A grid of cells, the darker the more. */
export const Heatmap = memo(function Heatmap(props: HeatmapProps): ReactNode {
  const { label, rows, rowName, columnName, format, summary } = props;
  const columnCount = rows[0]?.length ?? 0;
  const active = useActive(rows.length * columnCount, columnCount);
  const height = MARGIN.top + rows.length * ROW_HEIGHT + MARGIN.bottom;
  const readout = useMemo(() => {
    if (active.index === null) return summary;
    const row = Math.floor(active.index / columnCount);
    const column = active.index % columnCount;
    const value = format(rows[row]?.[column] ?? 0);
    return `${rowName(row, "long")}, ${columnName(column)}: ${value}`;
  }, [active.index, columnCount, rows, rowName, columnName, format, summary]);
  const table = useMemo(() => {
    const columns = [
      "Day",
      ...Array.from({ length: columnCount }, (_, index) => columnName(index)),
    ];
    return {
      columns,
      rows: rows.map((cells, row) => [rowName(row, "long"), ...cells.map(format)]),
    };
  }, [rows, columnCount, rowName, columnName, format]);
  return (
    <Chart label={label} height={height} active={active} readout={readout} table={table}>
      {(width) => <Cells {...props} width={width} active={active} columnCount={columnCount} />}
    </Chart>
  );
});

function Cells({
  rows,
  rowName,
  columnName,
  width,
  active,
  columnCount,
}: HeatmapProps & { width: number; active: Active; columnCount: number }): ReactNode {
  const x = scaleBand({
    domain: Array.from({ length: columnCount }, (_, index) => index),
    range: [MARGIN.left, Math.max(width, MARGIN.left + columnCount)],
    padding: 0.08,
  });
  const greatest = Math.max(1, ...rows.flat());
  const shade = scaleLinear({ domain: [0, greatest], range: [FAINTEST, 1] });
  const opacityOf = (value: number) => (value === 0 ? EMPTY : shade(value));
  return (
    <Group top={MARGIN.top}>
      {rows.map((cells, row) => (
        <Group key={rowName(row, "long")} top={row * ROW_HEIGHT}>
          <text className="tick" x={0} y={ROW_HEIGHT / 2} dominantBaseline="central">
            {rowName(row, "short")}
          </text>
          {cells.map((value, column) => (
            <Cell
              key={column}
              x={x(column) ?? 0}
              width={x.bandwidth()}
              opacity={opacityOf(value)}
              index={row * columnCount + column}
              active={active}
            />
          ))}
        </Group>
      ))}
      {[0, 6, 12, 18].map((column) => (
        <text key={column} className="tick" x={x(column) ?? 0} y={rows.length * ROW_HEIGHT + 14}>
          {columnName(column)}
        </text>
      ))}
    </Group>
  );
}

function Cell({
  x,
  width,
  opacity,
  index,
  active,
}: {
  x: number;
  width: number;
  opacity: number;
  index: number;
  active: Active;
}): ReactNode {
  return (
    <rect
      className={active.index === index ? "cell active" : "cell"}
      x={x}
      y={1}
      width={width}
      height={ROW_HEIGHT - 2}
      rx={3}
      fillOpacity={opacity}
      onPointerEnter={() => active.set(index)}
      onPointerDown={() => active.set(index)}
    />
  );
}
