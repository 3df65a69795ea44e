import { lowerBound } from "../columns/lowerBound";
import type { Selection } from "./select";

/** A gap of more than this starts a new session. */
const MAX_GAP_MS = 1_800_000;

/** The sessions of a window: where each starts among the selection's dated rows. */
export interface Sessions {
  count: number;
  /** First row of each session; the last element is the row after the last session. */
  starts: Uint32Array;
}

/** The sessions of the rows from `start` on; `start` may fall into the middle of one. */
export function sessionsFrom(selection: Selection, start: number): Sessions {
  const { count: end } = selection.dated;
  if (start >= end) return { count: 0, starts: Uint32Array.of(end) };
  const allStarts = selection.memo.once("session starts", () => findStarts(selection));
  const next = lowerBound(allStarts, allStarts.length, start + 1);
  const starts = allStarts.slice(next - 1);
  starts[0] = start;
  return { count: starts.length - 1, starts };
}

function findStarts({ dated: { times, count } }: Selection): Uint32Array {
  const starts = new Uint32Array(count + 1);
  let sessions = 0;
  let previous = -Infinity;
  for (let row = 0; row < count; row++) {
    const time = times[row]!;
    // Written always, kept where it is a start: cheaper than a branch that is hard to foresee.
    starts[sessions] = row;
    sessions += Number(time - previous > MAX_GAP_MS);
    previous = time;
  }
  starts[sessions] = count;
  return starts.slice(0, sessions + 1);
}
