import { AxisBottom, AxisLeft } from "@visx/axis";
import type { scaleBand, scaleLinear } from "@visx/scale";
import type { ReactNode } from "react";

type LinearScale = ReturnType<typeof scaleLinear<number>>;
type BandScale = ReturnType<typeof scaleBand<number>>;

const VALUE_TICKS = 4;

/** Values on the left. */
export function ValueAxis({
  scale,
  format,
}: {
  scale: LinearScale;
  format: (value: number) => string;
}): ReactNode {
  return (
    <AxisLeft
      scale={scale}
      numTicks={VALUE_TICKS}
      hideAxisLine
      hideTicks
      tickFormat={(value) => format(Number(value))}
      axisClassName="axis"
    />
  );
}

/** Names below, as many as have room. */
export function NameAxis({
  scale,
  top,
  width,
  names,
  nameWidth,
}: {
  scale: LinearScale | BandScale;
  top: number;
  width: number;
  names: readonly string[];
  /** Room for one, in pixels. */
  nameWidth: number;
}): ReactNode {
  const every = Math.max(1, Math.ceil((names.length * nameWidth) / width));
  return (
    <AxisBottom
      scale={scale}
      top={top}
      tickValues={names.map((_, index) => index).filter((index) => index % every === 0)}
      tickFormat={(index) => names[Number(index)] ?? ""}
      hideTicks
      axisClassName="axis"
    />
  );
}
