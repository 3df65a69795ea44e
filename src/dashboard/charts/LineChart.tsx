import { GridRows } from "@visx/grid";
import { Group } from "@visx/group";
import { scaleLinear } from "@visx/scale";
import { LinePath } from "@visx/shape";
import { useMemo, type ReactNode } from "react";
import { NameAxis, ValueAxis } from "./axes";
import { Chart } from "./Chart";
import { useActive, type Active } from "./useActive";

export interface LineSeries {
  name: string;
  /** One for each name below; null where there is none, which leaves a gap. */
  values: readonly (number | null)[];
}

interface LineChartProps {
  label: string;
  /** Of the points, below the lines. */
  names: readonly string[];
  series: readonly LineSeries[];
  format: (value: number) => string;
  /** Drawn across, where it is within the picture. */
  limit?: number | null;
  height?: number;
}

const MARGIN = { top: 8, right: 8, bottom: 24, left: 54 };
const NAME_WIDTH = 60;

/** Lines over time, a colour each. */
export function LineChart(props: LineChartProps): ReactNode {
  const { label, names, series, format, height = 150 } = props;
  const active = useActive(names.length);
  const table = useMemo(
    () => ({
      columns: ["Time", ...series.map(({ name }) => name)],
      rows: names.map((name, index) => [
        name,
        ...series.map(({ values }) => shown(values[index], format)),
      ]),
    }),
    [names, series, format],
  );
  return (
    <>
      <Chart
        label={label}
        height={height}
        active={active}
        readout={<Readout {...props} index={active.index} />}
        table={table}
      >
        {(width) => <Lines {...props} width={width} height={height} active={active} />}
      </Chart>
    </>
  );
}

/** The values at the point that is looked at, else the names of the lines. */
function Readout({ names, series, format, index }: LineChartProps & { index: number | null }) {
  return (
    <>
      {index !== null && `${names[index] ?? ""}: `}
      {series.map(({ name, values }, number) => (
        <span key={name} className={`line-name series-${String(number)}`}>
          <i className="swatch" /> {name}
          {index !== null && ` ${shown(values[index], format)}`}{" "}
        </span>
      ))}
    </>
  );
}

function Lines({
  names,
  series,
  format,
  limit = null,
  width,
  height,
  active,
}: LineChartProps & { width: number; height: number; active: Active }): ReactNode {
  const innerWidth = Math.max(width - MARGIN.left - MARGIN.right, 1);
  const innerHeight = height - MARGIN.top - MARGIN.bottom;
  const last = Math.max(names.length - 1, 1);
  const x = scaleLinear({ domain: [0, last], range: [0, innerWidth] });
  const greatest = Math.max(
    0,
    ...series.flatMap(({ values }) => values.map((value) => value ?? 0)),
  );
  const y = scaleLinear({ domain: [0, greatest || 1], range: [innerHeight, 0], nice: 4 });
  const top = y.domain()[1] ?? 0;
  return (
    <Group left={MARGIN.left} top={MARGIN.top}>
      <GridRows scale={y} width={innerWidth} numTicks={4} className="grid" />
      {limit !== null && limit <= top && (
        <line className="limit" x1={0} x2={innerWidth} y1={y(limit)} y2={y(limit)} />
      )}
      {series.map(({ name, values }, number) => (
        <Line key={name} values={values} number={number} x={x} y={y} />
      ))}
      {active.index !== null && (
        <line className="cursor" x1={x(active.index)} x2={x(active.index)} y2={innerHeight} />
      )}
      <ValueAxis scale={y} format={format} />
      <NameAxis
        scale={x}
        top={innerHeight}
        width={innerWidth}
        names={names}
        nameWidth={NAME_WIDTH}
      />
      <PointerTarget
        width={innerWidth}
        height={innerHeight}
        onMove={(share) => active.set(Math.round(share * last))}
      />
    </Group>
  );
}

/** All of the picture, to point at. */
function PointerTarget({
  width,
  height,
  onMove,
}: {
  width: number;
  height: number;
  /** Told how far to the right, from 0 to 1. */
  onMove: (share: number) => void;
}): ReactNode {
  return (
    <rect
      width={width}
      height={height}
      fill="transparent"
      onPointerMove={(event) => {
        const box = event.currentTarget.getBoundingClientRect();
        onMove((event.clientX - box.left) / box.width);
      }}
    />
  );
}

type Scale = ReturnType<typeof scaleLinear<number>>;

/** A line, with a dot where a value stands alone between gaps. */
function Line({
  values,
  number,
  x,
  y,
}: {
  values: LineSeries["values"];
  number: number;
  x: Scale;
  y: Scale;
}): ReactNode {
  const isKnown = (index: number) => typeof values[index] === "number";
  return (
    <Group className={`series-${String(number)}`}>
      <LinePath
        className="line"
        data={[...values]}
        defined={(value) => value !== null}
        x={(_, index) => x(index)}
        y={(value) => y(value ?? 0)}
      />
      {values.map(
        (value, index) =>
          value !== null &&
          !isKnown(index - 1) &&
          !isKnown(index + 1) && (
            <circle key={index} className="line-dot" cx={x(index)} cy={y(value)} r={2.5} />
          ),
      )}
    </Group>
  );
}

function shown(value: number | null | undefined, format: (value: number) => string): string {
  return value === null || value === undefined ? "none" : format(value);
}
