import type { Selection } from "./select";

/** A gap of more than this starts a new session. */
const MAX_GAP_MS = 1_800_000;

/** The sessions of a window: where each starts among the selection's dated rows. */
export interface Sessions {
  count: number;
  starts: Uint32Array;
  /** The row after the last. */
  end: number;
}

export function findSessions({ dated }: Selection, start: number): Sessions {
  const { times, count: end } = dated;
  const starts = new Uint32Array(end - start);
  let count = 0;
  let previous = -Infinity;
  for (let row = start; row < end; row++) {
    const time = times[row]!;
    if (time - previous > MAX_GAP_MS) starts[count++] = row;
    previous = time;
  }
  return { count, starts, end };
}

/** The row after a session's last. */
export function sessionEnd(sessions: Sessions, session: number): number {
  return session + 1 < sessions.count ? sessions.starts[session + 1]! : sessions.end;
}
