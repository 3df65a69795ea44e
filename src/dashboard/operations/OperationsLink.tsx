import type { ReactNode } from "react";
import { api } from "../../../convex/_generated/api";
import { useIsIdle } from "../shared/useIsIdle";
import { useQuietQuery } from "../shared/useQuietQuery";
import { OPERATIONS_FRAGMENT, type View } from "./useView";

/** Whether the signed-in user holds the admin claim; undefined while it is not known. */
export function useIsAdmin(): boolean | undefined {
  // Nobody's charts wait for this.
  const isIdle = useIsIdle();
  return useQuietQuery(api.operations.isAdmin, isIdle);
}

/** The way to the operations view and back, for who may see it. */
export function OperationsLink({ view }: { view: View }): ReactNode {
  const isAdmin = useIsAdmin();
  if (isAdmin !== true) return null;
  return view === "operations" ? (
    <a className="button" href="#">
      Watch history
    </a>
  ) : (
    <a className="button" href={OPERATIONS_FRAGMENT}>
      Operations
    </a>
  );
}
