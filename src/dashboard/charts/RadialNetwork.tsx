import { Group } from "@visx/group";
import { scaleLinear } from "@visx/scale";
import { memo, useMemo, type ReactNode } from "react";
import { Chart, type ChartTable } from "./Chart";
import { placeNodes, pointAt, type Edge, type PlacedNode } from "./network";
import { useActive } from "./useActive";

const MAX_LABEL = 18;
const LABEL_ROOM = 130;
const NARROW = 480;

interface RadialNetworkProps {
  label: string;
  edges: readonly Edge[];
  height: number;
  /** What is said of the node looked at; null for none. */
  readout: (name: string | null) => string;
  table: ChartTable;
}

/** Names on a circle, close ones joined by a curve; the one looked at stands out with its own. */
export const RadialNetwork = memo(function RadialNetwork(props: RadialNetworkProps): ReactNode {
  const { label, edges, height, readout, table } = props;
  const nodes = useMemo(() => placeNodes(edges), [edges]);
  const active = useActive(nodes.length);
  const name = active.index === null ? null : (nodes[active.index]?.name ?? null);
  return (
    <Chart label={label} height={height} active={active} readout={readout(name)} table={table}>
      {(width) => {
        const hasLabels = width >= NARROW;
        const room = hasLabels ? LABEL_ROOM : 12;
        const radius = Math.max(Math.min(width, height) / 2 - room, 40);
        return (
          <Group left={width / 2} top={height / 2}>
            <Links edges={edges} nodes={nodes} radius={radius} active={name} />
            <Nodes
              nodes={nodes}
              radius={radius}
              active={name}
              related={relatedTo(name, edges)}
              hasLabels={hasLabels}
              onActive={active.set}
            />
          </Group>
        );
      }}
    </Chart>
  );
});

function relatedTo(name: string | null, edges: readonly Edge[]): Set<string> | null {
  if (name === null) return null;
  const own = edges.filter(({ from, to }) => from === name || to === name);
  return new Set(own.flatMap(({ from, to }) => [from, to]));
}

function Links({
  edges,
  nodes,
  radius,
  active,
}: {
  edges: readonly Edge[];
  nodes: readonly PlacedNode[];
  radius: number;
  active: string | null;
}): ReactNode {
  const angles = new Map(nodes.map(({ name, angle }) => [name, angle]));
  const thickness = scaleLinear({ domain: [0, 100], range: [1, 5] });
  return edges.map(({ from, to, weight }) => {
    const isActive = active === from || active === to;
    const start = pointAt(angles.get(from) ?? 0, radius);
    const end = pointAt(angles.get(to) ?? 0, radius);
    return (
      <path
        key={JSON.stringify([from, to])}
        className={active === null ? "link" : isActive ? "link active" : "link faded"}
        d={`M${start.x},${start.y}Q0,0,${end.x},${end.y}`}
        strokeWidth={thickness(weight)}
      />
    );
  });
}

function Nodes({
  nodes,
  radius,
  active,
  related,
  hasLabels,
  onActive,
}: {
  nodes: readonly PlacedNode[];
  radius: number;
  active: string | null;
  related: ReadonlySet<string> | null;
  hasLabels: boolean;
  onActive: (index: number) => void;
}): ReactNode {
  return nodes.map(({ name, angle }, index) => {
    const { x, y } = pointAt(angle, radius);
    const isFaded = related !== null && !related.has(name);
    const isActive = active === name;
    return (
      <g
        key={name}
        className={`node${isActive ? " active" : ""}${isFaded ? " faded" : ""}`}
        transform={`translate(${x},${y})`}
        onPointerEnter={() => onActive(index)}
        onPointerDown={() => onActive(index)}
      >
        <circle r={12} fill="transparent" />
        <circle r={isActive ? 6 : 4} className="dot" />
        {hasLabels && <NodeLabel name={name} angle={angle} />}
      </g>
    );
  });
}

/** Written outwards, upright on both halves of the circle. */
function NodeLabel({ name, angle }: { name: string; angle: number }): ReactNode {
  const isLeft = angle > Math.PI;
  const degrees = (angle * 180) / Math.PI - 90;
  const letters = Array.from(name);
  const text = letters.length > MAX_LABEL ? `${letters.slice(0, MAX_LABEL - 1).join("")}…` : name;
  return (
    <text
      className="tick"
      transform={`rotate(${isLeft ? degrees + 180 : degrees})`}
      x={isLeft ? -10 : 10}
      textAnchor={isLeft ? "end" : "start"}
      dominantBaseline="central"
    >
      {text}
    </text>
  );
}
