import { Group } from "@visx/group";
import { scaleLinear } from "@visx/scale";
import { AreaStack } from "@visx/shape";
import { memo, useMemo, type ReactNode } from "react";
import { NameAxis, ValueAxis } from "./axes";
import { Chart, type ChartTable } from "./Chart";
import { useActive, type Active } from "./useActive";

export interface ShareSeries {
  name: string;
  values: readonly number[];
}

const MARGIN = { top: 6, right: 28, bottom: 24, left: 44 };
const HEIGHT = 320;
const TICK_WIDTH = 72;

interface StackedSharesProps {
  label: string;
  /** Names of the points in time, short and in full. */
  ticks: readonly string[];
  series: readonly ShareSeries[];
  readout: (index: number | null) => string;
  table: ChartTable;
}

/** Areas stacked to the whole, one a series, over time. */
export const StackedShares = memo(function StackedShares(props: StackedSharesProps): ReactNode {
  const active = useActive(props.ticks.length);
  return (
    <Chart
      label={props.label}
      height={HEIGHT}
      active={active}
      readout={props.readout(active.index)}
      table={props.table}
    >
      {(width) => <Areas {...props} width={width} active={active} />}
    </Chart>
  );
});

function Areas({
  ticks,
  series,
  width,
  active,
}: StackedSharesProps & { width: number; active: Active }): ReactNode {
  const innerWidth = Math.max(width - MARGIN.left - MARGIN.right, 1);
  const innerHeight = HEIGHT - MARGIN.top - MARGIN.bottom;
  const last = Math.max(ticks.length - 1, 1);
  const x = scaleLinear({ domain: [0, last], range: [0, innerWidth] });
  const y = scaleLinear({ domain: [0, 1], range: [innerHeight, 0] });
  const points = useMemo(() => pointsOf(series, ticks.length), [series, ticks]);
  return (
    <Group left={MARGIN.left} top={MARGIN.top}>
      <Stack points={points} series={series} x={x} y={y} />
      {active.index !== null && <Cursor x={x(active.index)} height={innerHeight} />}
      <ValueAxis scale={y} format={(share) => `${String(Math.round(share * 100))} %`} />
      <NameAxis
        scale={x}
        top={innerHeight}
        width={innerWidth}
        names={ticks}
        nameWidth={TICK_WIDTH}
      />
      <PointTargets
        count={ticks.length}
        width={innerWidth}
        height={innerHeight}
        onActive={active.set}
      />
    </Group>
  );
}

function Stack({
  points,
  series,
  x,
  y,
}: {
  points: number[][];
  series: readonly ShareSeries[];
  x: (index: number) => number;
  y: (share: number) => number;
}): ReactNode {
  return (
    <AreaStack<number[], number>
      keys={series.map((_, index) => index)}
      data={points}
      value={(point, key) => point[key] ?? 0}
      x={(_, index) => x(index)}
      y0={([from]) => y(from)}
      y1={([, to]) => y(to)}
      offset="expand"
    >
      {({ stacks, path }) =>
        stacks.map((stack) => (
          <path
            key={stack.key}
            className={`area series-${String(stack.key)}`}
            d={path(stack) ?? ""}
          />
        ))
      }
    </AreaStack>
  );
}

function Cursor({ x, height }: { x: number; height: number }): ReactNode {
  return <line className="cursor" x1={x} x2={x} y1={0} y2={height} />;
}

/** One point in time: a value for each series. A single month is drawn as a band of two. */
function pointsOf(series: readonly ShareSeries[], count: number): number[][] {
  const points = Array.from({ length: count }, (_, index) =>
    series.map(({ values }) => values[index] ?? 0),
  );
  return points.length === 1 ? [points[0]!, [...points[0]!]] : points;
}

function PointTargets({
  count,
  width,
  height,
  onActive,
}: {
  count: number;
  width: number;
  height: number;
  onActive: (index: number) => void;
}): ReactNode {
  const step = width / Math.max(count - 1, 1);
  return Array.from({ length: count }, (_, index) => (
    <rect
      key={index}
      x={index * step - step / 2}
      width={step}
      height={height}
      fill="transparent"
      onPointerEnter={() => onActive(index)}
      onPointerDown={() => onActive(index)}
    />
  ));
}
