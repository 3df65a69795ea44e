import { GridRows } from "@visx/grid";
import { Group } from "@visx/group";
import { scaleBand, scaleLinear } from "@visx/scale";
import { Bar } from "@visx/shape";
import { memo, useMemo, type ReactNode } from "react";
import { NameAxis, ValueAxis } from "./axes";
import { Chart } from "./Chart";
import { useActive, type Active } from "./useActive";

export interface BarDatum {
  /** Below the bar, where there is room. */
  tick: string;
  /** In full, when looked at. */
  name: string;
  value: number;
}

const MARGIN = { top: 8, right: 4, bottom: 24, left: 40 };
const TICK_WIDTH = 66;

interface BarChartProps {
  label: string;
  data: readonly BarDatum[];
  format: (value: number) => string;
  formatTick: (value: number) => string;
  /** What stands below while no bar is looked at. */
  summary: string;
  height?: number;
}

/** Upright bars, one for each datum. */
export const BarChart = memo(function BarChart(props: BarChartProps): ReactNode {
  const { label, data, format, summary, height = 200 } = props;
  const active = useActive(data.length);
  const datum = active.index === null ? undefined : data[active.index];
  const table = useMemo(
    () => ({ columns: ["Name", label], rows: data.map((bar) => [bar.name, format(bar.value)]) }),
    [label, data, format],
  );
  return (
    <Chart
      label={label}
      height={height}
      active={active}
      readout={datum === undefined ? summary : `${datum.name}: ${format(datum.value)}`}
      table={table}
    >
      {(width) => <Bars {...props} width={width} height={height} active={active} />}
    </Chart>
  );
});

function Bars({
  data,
  formatTick,
  width,
  height,
  active,
}: BarChartProps & { width: number; height: number; active: Active }): ReactNode {
  const innerWidth = Math.max(width - MARGIN.left - MARGIN.right, 1);
  const innerHeight = height - MARGIN.top - MARGIN.bottom;
  const x = scaleBand({
    domain: data.map((_, index) => index),
    range: [0, innerWidth],
    padding: data.length > 60 ? 0.1 : 0.25,
  });
  const greatest = Math.max(1, ...data.map(({ value }) => value));
  const y = scaleLinear({ domain: [0, greatest], range: [innerHeight, 0], nice: 4 });
  return (
    <Group left={MARGIN.left} top={MARGIN.top}>
      <GridRows scale={y} width={innerWidth} numTicks={4} className="grid" />
      {data.map(({ name, value }, index) => (
        <BarWithTarget
          key={name}
          x={x(index) ?? 0}
          y={y(value)}
          width={x.bandwidth()}
          height={innerHeight}
          isActive={active.index === index}
          onActive={() => active.set(index)}
        />
      ))}
      <ValueAxis scale={y} format={formatTick} />
      <NameAxis
        scale={x}
        top={innerHeight}
        width={innerWidth}
        names={data.map(({ tick }) => tick)}
        nameWidth={TICK_WIDTH}
      />
    </Group>
  );
}

/** A bar, and all the height of its column to point at. */
function BarWithTarget({
  x,
  y,
  width,
  height,
  isActive,
  onActive,
}: {
  x: number;
  y: number;
  width: number;
  height: number;
  isActive: boolean;
  onActive: () => void;
}): ReactNode {
  return (
    <Group>
      <Bar
        className={isActive ? "bar active" : "bar"}
        x={x}
        y={y}
        width={width}
        height={height - y}
        rx={Math.min(3, width / 3)}
      />
      <rect
        x={x}
        y={0}
        width={width}
        height={height}
        fill="transparent"
        onPointerEnter={onActive}
        onPointerDown={onActive}
      />
    </Group>
  );
}
