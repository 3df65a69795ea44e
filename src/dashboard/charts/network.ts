/** A pair of names, and how close they are. */
export interface Edge {
  from: string;
  to: string;
  weight: number;
}

export interface PlacedNode {
  name: string;
  /** Clockwise from the top, in radians. */
  angle: number;
}

/**
 * Names of all ends of edges on a circle, so that those connected stand together: group by group,
 * in each the closest next to each other as far as a circle allows.
 */
export function placeNodes(edges: readonly Edge[]): PlacedNode[] {
  const neighbours = neighboursByName(edges);
  const names: string[] = [];
  const seen = new Set<string>();
  for (const { from } of edges) visit(from, neighbours, seen, names);
  return names.map((name, index) => ({ name, angle: (index / names.length) * 2 * Math.PI }));
}

function neighboursByName(edges: readonly Edge[]): Map<string, Edge[]> {
  const neighbours = new Map<string, Edge[]>();
  const add = (from: string, to: string, weight: number) => {
    const list = neighbours.get(from);
    if (list === undefined) neighbours.set(from, [{ from, to, weight }]);
    else list.push({ from, to, weight });
  };
  for (const { from, to, weight } of edges) {
    add(from, to, weight);
    add(to, from, weight);
  }
  for (const list of neighbours.values()) list.sort((a, b) => b.weight - a.weight);
  return neighbours;
}

/** Depth first, the closest first. */
function visit(
  name: string,
  neighbours: ReadonlyMap<string, readonly Edge[]>,
  seen: Set<string>,
  names: string[],
): void {
  if (seen.has(name)) return;
  seen.add(name);
  names.push(name);
  for (const { to } of neighbours.get(name) ?? []) visit(to, neighbours, seen, names);
}

export function pointAt(angle: number, radius: number): { x: number; y: number } {
  return { x: radius * Math.sin(angle), y: -radius * Math.cos(angle) };
}
