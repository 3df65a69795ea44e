import { useCallback, useMemo, useSyncExternalStore } from "react";
import type { FilterOptions } from "../../engine/query";
import { filtersFromSearch, searchFromFilters } from "./urlFilters";

export interface FilterControl {
  filters: FilterOptions;
  /** Changes some of the filters, as a step that the browser's back button undoes. */
  change: (changes: Partial<FilterOptions>) => void;
}

const CHANGED = "filterschanged";

/** The page's filters, kept in its address. */
export function useFilters(): FilterControl {
  const search = useSyncExternalStore(subscribe, () => window.location.search);
  const filters = useMemo(() => filtersFromSearch(search), [search]);
  const change = useCallback((changes: Partial<FilterOptions>) => {
    const before = filtersFromSearch(window.location.search);
    const { pathname } = window.location;
    const next = `${pathname}${searchFromFilters({ ...before, ...changes })}`;
    window.history.pushState(null, "", next);
    window.dispatchEvent(new Event(CHANGED));
  }, []);
  return { filters, change };
}

function subscribe(listener: () => void): () => void {
  window.addEventListener("popstate", listener);
  window.addEventListener(CHANGED, listener);
  return () => {
    window.removeEventListener("popstate", listener);
    window.removeEventListener(CHANGED, listener);
  };
}
