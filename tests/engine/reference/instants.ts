/** Where random watches fall in time: around the edges of windows, offset changes and each other. */
import fc from "fast-check";
import { firstDayOf } from "./filters";
import { addDays, addMonths, midnight } from "./localTime";
import { offsetChanges } from "./zones";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const EARLIEST = Date.UTC(2005, 0, 1);

/** How a watch's time is found once zone and `asOf` are known; shrinks without them. */
export type TimeSpec =
  | { kind: "undated" }
  | { kind: "after the watch before"; gapMs: number }
  | { kind: "beside an edge"; edge: number; offsetMs: number }
  | { kind: "before asOf"; days: number; offsetMs: number };

export interface Anchors {
  /** Instants at which windows begin and end, and the nearest offset changes. */
  edges: number[];
  /** Midnight at the end of `asOf`. */
  end: number;
}

const nearby = fc.oneof(
  fc.constantFrom(0, -1, 1, -HOUR_MS, HOUR_MS, -HOUR_MS - 1, HOUR_MS - 1, -MINUTE_MS, MINUTE_MS),
  fc.integer({ min: -3 * HOUR_MS, max: 3 * HOUR_MS }),
  fc.integer({ min: -2 * DAY_MS, max: 2 * DAY_MS }),
);

const sessionGap = fc.oneof(
  fc.constantFrom(0, 1, 30 * MINUTE_MS, 30 * MINUTE_MS - 1, 30 * MINUTE_MS + 1),
  fc.integer({ min: 0, max: 35 * MINUTE_MS }),
  fc.constantFrom(HOUR_MS, 5 * HOUR_MS, 3 * DAY_MS),
);

export const timeSpec: fc.Arbitrary<TimeSpec> = fc.oneof(
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("undated" as const) }) },
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant("after the watch before" as const),
      gapMs: sessionGap,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("beside an edge" as const),
      edge: fc.nat({ max: 1000 }),
      offsetMs: nearby,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("before asOf" as const),
      days: fc.integer({ min: -3, max: 900 }),
      offsetMs: fc.nat({ max: DAY_MS - 1 }),
    }),
  },
);

/** Every instant at which a window of aggregations.md begins or ends, and the changes around them. */
export function anchorsOf(timeZone: string, asOf: string): Anchors {
  const firstDays = (["MTD", "QTD", "YTD", "Last6M", "Last12M"] as const).map((timeframe) =>
    firstDayOf(timeframe, asOf),
  );
  const days = [
    addDays(asOf, 1),
    addDays(asOf, -29),
    ...firstDays,
    ...firstDays.map((day) => addMonths(day, -12)),
    addDays(addMonths(asOf, -12), 1),
    addDays(addMonths(asOf, -1), 1),
    addDays(addMonths(asOf, -2), 1),
  ];
  const end = midnight(addDays(asOf, 1), timeZone);
  const changes = offsetChanges(timeZone).filter(
    (change) => change > end - 800 * DAY_MS && change < end + DAY_MS,
  );
  return { edges: [...days.map((day) => midnight(day, timeZone)), ...changes], end };
}

export function resolveTimes(specs: readonly TimeSpec[], anchors: Anchors): (number | null)[] {
  const { edges, end } = anchors;
  let latest = edges[0]!;
  return specs.map((spec) => {
    if (spec.kind === "undated") return null;
    latest = Math.max(EARLIEST, instantOf(spec, latest, edges, end));
    return latest;
  });
}

function instantOf(
  spec: Exclude<TimeSpec, { kind: "undated" }>,
  latest: number,
  edges: readonly number[],
  end: number,
): number {
  switch (spec.kind) {
    case "after the watch before":
      return latest + spec.gapMs;
    case "beside an edge":
      return edges[spec.edge % edges.length]! + spec.offsetMs;
    case "before asOf":
      return end - spec.days * DAY_MS + spec.offsetMs - DAY_MS;
  }
}
