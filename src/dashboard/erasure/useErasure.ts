import { useConvex } from "convex/react";
import { ConvexError } from "convex/values";
import { useCallback, useState } from "react";
import { api } from "../../../convex/_generated/api";
import { messageOf } from "../../importer";
import { useQuietQuery } from "../shared/useQuietQuery";

/** An erasure of all data of the user as the page shows it. */
export type ErasureState =
  | { phase: "idle" }
  /** The server has not answered yet. */
  | { phase: "asked" }
  /** Documents; there are some more than expected, and 0 are where there are only few. */
  | { phase: "running"; deleted: number; expected: number }
  | { phase: "done" }
  | { phase: "failed"; message: string };

export interface ErasureControl {
  state: ErasureState;
  isErasing: boolean;
  /** Erases everything: there is no way back. */
  start: () => void;
  /** Puts away what became of it. */
  dismiss: () => void;
}

/** What this page knows beyond the server's word. */
type Known = Extract<ErasureState, { phase: "idle" | "asked" | "failed" }> | { phase: "begun" };

const IDLE: Known = { phase: "idle" };
const BEGUN: Known = { phase: "begun" };

/** Erases everything of the user, and follows an erasure wherever it was begun. */
export function useErasure(): ErasureControl {
  const client = useConvex();
  const progress = useQuietQuery(api.account.erasure);
  const [known, setKnown] = useState<Known>(IDLE);
  // Also one that another page has begun: its end is to be told here as well.
  const isUnderWay = progress !== undefined && progress !== null;
  if (isUnderWay && known.phase !== "begun") setKnown(BEGUN);
  const start = useCallback(() => {
    setKnown({ phase: "asked" });
    client.mutation(api.account.eraseMyData, {}).then(
      // It may have ended already.
      () => setKnown((now) => (now.phase === "asked" ? BEGUN : now)),
      (error: unknown) => setKnown({ phase: "failed", message: describeFailure(error) }),
    );
  }, [client]);
  const dismiss = useCallback(() => setKnown(IDLE), []);
  const state = stateOf(known, progress);
  const isErasing = state.phase === "asked" || state.phase === "running";
  return { state, isErasing, start, dismiss };
}

function stateOf(
  known: Known,
  progress: { deleted: number; expected: number } | null | undefined,
): ErasureState {
  if (progress !== undefined && progress !== null) {
    return { phase: "running", deleted: progress.deleted, expected: progress.expected };
  }
  if (known.phase !== "begun") return known;
  return progress === null ? { phase: "done" } : { phase: "running", deleted: 0, expected: 0 };
}

/** What went wrong, and what to do: a call that failed has changed nothing. */
function describeFailure(error: unknown): string {
  const data: unknown = error instanceof ConvexError ? error.data : null;
  const code = typeof data === "object" && data !== null && "code" in data ? data.code : null;
  if (code === "UNAUTHENTICATED") {
    return "You are not signed in any more. Load the page again, sign in, and erase your data then.";
  }
  return `The server could not begin: ${messageOf(error)} Try again in a while; if it fails again, ask whoever runs this service.`;
}
