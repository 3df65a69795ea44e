import { useSyncExternalStore } from "react";

/** The views of the page; the address's fragment names the one that is shown. */
export type View = "history" | "operations";

export const OPERATIONS_FRAGMENT = "#operations";

function subscribe(listener: () => void): () => void {
  window.addEventListener("hashchange", listener);
  return () => window.removeEventListener("hashchange", listener);
}

export function useView(): View {
  return useSyncExternalStore(subscribe, () =>
    window.location.hash === OPERATIONS_FRAGMENT ? "operations" : "history",
  );
}
